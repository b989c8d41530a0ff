//! `s -sa`, `s -su`: any printable text.

use super::bare;
use super::scan::{Stretch, stretches};
use super::search::Search;
use crate::command::{CommandError, Context};
use crate::memory::VirtualMemory;
use crate::output::{Action, Field, Line, Record, Role};
use std::ops::ControlFlow;

/// Characters in a line.
const PER_LINE: usize = 32;
/// Longer text is shown in pieces of this many characters.
const MAX_CHARACTERS: usize = 0x1000;

/// Shows every run of printable characters.
///
/// # Errors
/// As [`Out::emit`](crate::command::line::Out::emit).
pub fn search(
    search: &Search,
    unit: usize,
    memory: &VirtualMemory,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let mut run = Run::default();
    let mut outcome = Ok(());
    stretches(search, memory, context, &mut |stretch, context| {
        outcome = feed(&mut run, &stretch, unit, search, context);
        if outcome.is_ok() && !stretch.continues {
            outcome = run.end(search, unit, context);
        }
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome?;
    run.end(search, unit, context)
}

/// The text found so far.
#[derive(Default)]
struct Run {
    start: u64,
    text: String,
    /// The first half of a code unit, at the end of a stretch.
    half: Option<(u64, u8)>,
}

fn feed(
    run: &mut Run,
    stretch: &Stretch<'_>,
    unit: usize,
    search: &Search,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    for (offset, &byte) in stretch.bytes.iter().enumerate() {
        let at = stretch.address + offset as u64;
        if unit == 1 {
            run.push(at, printable(byte), search, unit, context)?;
            continue;
        }
        match run.half.take() {
            None if printable(byte).is_some() => run.half = Some((at, byte)),
            None => run.push(at, None, search, unit, context)?,
            Some((start, low)) if byte == 0 => run.push(start, printable(low), search, unit, context)?,
            Some((start, _)) => {
                run.push(start, None, search, unit, context)?;
                // The text may begin at this byte instead.
                run.half = printable(byte).map(|_| (at, byte));
            }
        }
    }
    Ok(())
}

fn printable(byte: u8) -> Option<char> {
    (0x20..=0x7e).contains(&byte).then(|| char::from(byte))
}

impl Run {
    fn push(
        &mut self,
        at: u64,
        character: Option<char>,
        search: &Search,
        unit: usize,
        context: &mut Context<'_>,
    ) -> Result<(), CommandError> {
        let Some(character) = character else {
            return self.end(search, unit, context);
        };
        if self.text.len() >= MAX_CHARACTERS {
            self.end(search, unit, context)?;
        }
        if self.text.is_empty() {
            self.start = at;
        }
        self.text.push(character);
        Ok(())
    }

    /// Shows the text if it is long enough, and begins anew.
    fn end(&mut self, search: &Search, unit: usize, context: &mut Context<'_>) -> Result<(), CommandError> {
        let text = std::mem::take(&mut self.text);
        if text.len() < search.min_characters || text.is_empty() {
            return Ok(());
        }
        let record =
            Record::new("text").field("address", Field::Hex(self.start)).field("text", text.as_str());
        if search.addresses_only {
            let link = Action::Memory(self.start);
            return context.out.emit(record.line(Line::new().link(Role::Address, bare(self.start), link)));
        }
        let mut record = record;
        for (index, piece) in text.as_bytes().chunks(PER_LINE).enumerate() {
            let address = self.start + (index * PER_LINE * unit) as u64;
            let piece: String = piece.iter().copied().map(char::from).collect();
            record = record.line(Line::new().address(address).text("  \"").value(piece).text("\""));
        }
        context.out.emit(record)
    }
}
