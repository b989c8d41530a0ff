//! Papers: what is handed to others. Parts under titles, made of prose, facts, lists and what commands said, as data; a file a
//! form. No form adds words, so that all of them say the same.

mod blocks;
mod html;
mod markdown;

use super::block::Block;
use super::document::Document;
use super::field::Field;
use super::sanitize::CleanText;
use super::span::Line;

/// A paper.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The tag of its language, `en`.
    pub language: &'static str,
    /// Its title.
    pub title: CleanText,
    /// What stands under the title, in order.
    pub parts: Vec<Part>,
}

/// A part of a paper.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is in JSON.
    pub key: &'static str,
    /// Its title.
    pub title: CleanText,
    /// What stands in it, in order.
    pub matter: Vec<Matter>,
}

/// A piece of a part.
#[derive(Debug, Clone)]
pub enum Matter {
    /// A paragraph.
    Prose {
        /// What it is in JSON.
        key: &'static str,
        /// Its text.
        text: CleanText,
    },
    /// Facts, each with its label.
    Facts(Vec<Stated>),
    /// A list.
    List {
        /// What its items are in JSON.
        key: &'static str,
        /// What stands over it.
        label: CleanText,
        /// The items.
        items: Vec<Item>,
    },
    /// What a command said.
    Said(Said),
}

/// A fact with its label.
#[derive(Debug, Clone)]
pub struct Stated {
    /// What it is in JSON.
    pub key: &'static str,
    /// What it is called.
    pub label: CleanText,
    /// The value.
    pub value: Field,
    /// The value as it is shown.
    pub shown: CleanText,
}

/// One of a list.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it says.
    pub text: CleanText,
    /// The command that shows it.
    pub said: Option<Said>,
}

/// What a command said.
#[derive(Debug, Clone)]
pub struct Said {
    /// What stands over it, if more than the command does.
    pub label: Option<CleanText>,
    /// The command.
    pub command: CleanText,
    /// What it said; nothing where that stands elsewhere or could not be had.
    pub blocks: Vec<Block>,
    /// What is to be known of it: that it failed, that it stands elsewhere, that lines were left out.
    pub note: Option<CleanText>,
}

/// Lines of one output at most, and those before the one that it is about.
const MOST_LINES: usize = 60;
const BEFORE: usize = 40;

impl Part {
    /// A part without matter.
    pub fn new(key: &'static str, title: impl AsRef<str>) -> Part {
        Part { key, title: CleanText::new(title), matter: Vec::new() }
    }

    /// The same with a paragraph.
    #[must_use]
    pub fn prose(mut self, key: &'static str, text: impl AsRef<str>) -> Part {
        self.matter.push(Matter::Prose { key, text: CleanText::new(text) });
        self
    }

    /// The same with facts, if there are any.
    #[must_use]
    pub fn facts(mut self, facts: Vec<Stated>) -> Part {
        if !facts.is_empty() {
            self.matter.push(Matter::Facts(facts));
        }
        self
    }

    /// The same with a list, if it has any items.
    #[must_use]
    pub fn list(mut self, key: &'static str, label: impl AsRef<str>, items: Vec<Item>) -> Part {
        if !items.is_empty() {
            self.matter.push(Matter::List { key, label: CleanText::new(label), items });
        }
        self
    }

    /// The same with what a command said.
    #[must_use]
    pub fn said(mut self, said: Option<Said>) -> Part {
        self.matter.extend(said.map(Matter::Said));
        self
    }
}

impl Stated {
    /// A text with its label.
    pub fn text(key: &'static str, label: impl AsRef<str>, text: impl AsRef<str>) -> Stated {
        let shown = CleanText::new(text);
        Stated { key, label: CleanText::new(label), value: shown.as_str().into(), shown }
    }

    /// A value that is shown as `shown`.
    pub fn value(
        key: &'static str,
        label: impl AsRef<str>,
        value: impl Into<Field>,
        shown: impl AsRef<str>,
    ) -> Stated {
        Stated { value: value.into(), ..Stated::text(key, label, shown) }
    }
}

impl Item {
    /// An item that no command shows.
    pub fn new(text: impl AsRef<str>) -> Item {
        Item { text: CleanText::new(text), said: None }
    }
}

impl Said {
    /// A command whose output is not here, and why.
    pub fn without(command: &str, note: impl AsRef<str>) -> Said {
        let note = Some(CleanText::new(note));
        Said { label: None, command: CleanText::new(command), blocks: Vec::new(), note }
    }

    /// A command with what it said. Of a long output the first lines are kept, or those around the last one that holds `about`;
    /// `left_out` words how many were not.
    pub fn of(
        command: &str,
        document: Document,
        about: Option<&str>,
        left_out: impl FnOnce(usize) -> String,
    ) -> Said {
        let count = document.lines().count();
        let said = Said { label: None, command: CleanText::new(command), blocks: Vec::new(), note: None };
        if count <= MOST_LINES {
            return Said { blocks: document.blocks, ..said };
        }
        let holds = |line: &Line| about.is_some_and(|about| line.plain().contains(about));
        let at = document.lines().enumerate().filter(|(_, line)| holds(line)).last().map_or(0, |(at, _)| at);
        let first = at.saturating_sub(BEFORE).min(count - MOST_LINES);
        let kept: Vec<Line> = document.lines().skip(first).take(MOST_LINES).cloned().collect();
        let note = Some(CleanText::new(left_out(count - MOST_LINES)));
        Said { blocks: kept.into_iter().map(Block::from).collect(), note, ..said }
    }

    /// The same under a label.
    #[must_use]
    pub fn labelled(self, label: impl AsRef<str>) -> Said {
        Said { label: Some(CleanText::new(label)), ..self }
    }

    /// The lines of what was said.
    fn lines(&self) -> impl Iterator<Item = &Line> {
        self.blocks.iter().flat_map(|block| block.lines())
    }
}

#[cfg(test)]
mod tests;
