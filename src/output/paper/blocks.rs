//! A paper on the screen, and in JSON.

use super::{Item, Matter, Paper, Part, Said, Stated};
use crate::output::{Block, Branch, Line, Record, Role};
use crate::util::width;

/// Columns of prose.
const COLUMNS: usize = 79;
/// What precedes an item.
const LEAD: &str = "  - ";
/// Where the values of facts begin at the furthest.
const WIDEST_LABEL: usize = 24;

impl Paper {
    /// The paper as blocks: a section a part, and in it the commands' own blocks.
    pub fn blocks(&self) -> Vec<Block> {
        let title = Line::new().role(Role::Heading, self.title.as_str());
        let head = Record::new("report")
            .line(title)
            .field("title", self.title.as_str())
            .field("language", self.language);
        let parts = self.parts.iter().map(|part| Block::Section(section(part)));
        std::iter::once(head.into()).chain(parts).collect()
    }
}

fn section(part: &Part) -> Branch {
    let rule = "-".repeat(width::columns(part.title.as_str()));
    let head = Record::new(part.key)
        .field("title", part.title.as_str())
        .line(Line::new())
        .line(Line::new().role(Role::Heading, part.title.as_str()))
        .line(Line::new().role(Role::Dim, rule));
    let blocks = part.matter.iter().enumerate().flat_map(|(index, matter)| {
        let blank = (index > 0).then(|| Block::from(Line::new()));
        blank.into_iter().chain([matter_of(matter)])
    });
    Branch { blocks: blocks.collect(), ..Branch::new(head) }
}

fn matter_of(matter: &Matter) -> Block {
    match matter {
        Matter::Prose { key, text } => Record::new(key).prose("text", text.as_str(), 0, COLUMNS).into(),
        Matter::Facts(facts) => stated(facts).into(),
        Matter::List { key, label, items } => {
            let head =
                Record::new(key).field("label", label.as_str()).line(Line::new().label(label.as_str()));
            // What a command said ends where the next item begins.
            let has_outputs = items.iter().any(|item| item.said.is_some());
            let blocks = items.iter().enumerate().flat_map(|(index, one)| {
                let blank = (index > 0 && has_outputs).then(|| Block::from(Line::new()));
                blank.into_iter().chain(item(one))
            });
            Block::Section(Branch { blocks: blocks.collect(), ..Branch::new(head) })
        }
        Matter::Said(what) => said(what),
    }
}

fn stated(facts: &[Stated]) -> Record {
    let widest = facts.iter().map(|fact| width::columns(fact.label.as_str())).max().unwrap_or(0);
    let column = widest.min(WIDEST_LABEL) + 2;
    facts.iter().fold(Record::new("facts"), |record, fact| {
        let cell = crate::output::Cell::new(fact.value.clone()).shown(fact.shown.as_str()).role(Role::Value);
        record
            .line(Line::new().label(fact.label.as_str()).text("  ").pad_to(column))
            .prose(fact.key, cell, column, COLUMNS)
    })
}

fn item(item: &Item) -> Vec<Block> {
    let command = item.said.as_ref().map(|said| said.command.as_str().to_owned());
    let record = Record::new("item").text(LEAD).prose("text", item.text.as_str(), LEAD.len(), COLUMNS);
    let record = record.field("command", command);
    std::iter::once(record.into()).chain(item.said.as_ref().map(said)).collect()
}

/// A command as it would be typed, and what it says under it.
fn said(said: &Said) -> Block {
    let head = Record::new("output").field("command", said.command.as_str());
    let head = match &said.label {
        Some(label) => head.field("label", label.as_str()).line(Line::new().label(label.as_str())),
        None => head,
    };
    let head = head.line(Line::new().role(Role::Dim, "kd> ").text(said.command.as_str()));
    let note = said.note.as_ref().map(|note| {
        Record::new("note")
            .role(Role::Dim, "(")
            .role(Role::Dim, note.as_str())
            .role(Role::Dim, ")")
            .field("text", note.as_str())
    });
    let blocks = said.blocks.iter().cloned().chain(note.map(Block::from)).collect();
    Block::Section(Branch { blocks, ..Branch::new(head) })
}
