//! `!for_each_module` and its likes: commands that run once for each thing, in which names stand for it.

pub mod any;
pub mod frame;
pub mod function;
pub mod local;
pub mod module;
pub mod process;
pub mod thread;

use super::loops::{in_loop, turn};
use crate::command::{CommandError, Context};
use crate::debuggee::Lack;
use crate::session::Origin;
use std::borrow::Cow;

/// A name and what it stands for.
type Name = (&'static str, String);

/// The commands that were typed: in quotation marks, in which those of the commands are escaped, or without; `else_run`
/// where none were.
fn commands<'t>(typed: &'t str, else_run: &'t str) -> Cow<'t, str> {
    let quoted = typed.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match quoted {
        _ if typed.is_empty() => else_run.into(),
        Some(text) if text.replace("\\\"", "").contains('"') => typed.into(),
        Some(text) => text.replace("\\\"", "\"").into(),
        None => typed.into(),
    }
}

/// Runs commands for each thing, in which names stand for it; what they stood for before they stand for afterwards.
///
/// An error ends the turn and not the walk: what one module lacks another may have.
///
/// # Errors
/// What ends everything.
fn each<T>(
    things: impl IntoIterator<Item = T>,
    commands: &str,
    context: &mut Context<'_>,
    names: impl Fn(T, &mut Context<'_>) -> Result<Vec<Name>, CommandError>,
) -> Result<(), CommandError> {
    let mut kept = None;
    let outcome = in_loop(context, |context| {
        for thing in things {
            let outcome = names(thing, context).and_then(|names| {
                let aliases = &mut context.session.interpreter.aliases;
                kept.get_or_insert_with(|| aliases.put_aside(names.iter().map(|(name, _)| *name)));
                names.iter().try_for_each(|(name, text)| aliases.set(name, text, Origin::Found))?;
                turn(commands, context)
            });
            match outcome {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => context.tell(error)?,
            }
        }
        Ok(())
    });
    context.session.interpreter.aliases.put_back(kept.unwrap_or_default());
    outcome
}

/// What `wanted` makes of each element of a list, gathered before any command runs: what runs must not change what is
/// walked. Why elements are missing comes beside.
///
/// # Errors
/// [`CommandError::Cancelled`].
fn gather<T, W>(
    list: impl Iterator<Item = Result<T, Lack>>,
    mut wanted: impl FnMut(T) -> Option<W>,
) -> Result<(Vec<W>, Vec<String>), CommandError> {
    let (mut found, mut lacks) = (Vec::new(), Vec::new());
    for element in list {
        match element {
            Ok(element) => found.extend(wanted(element)),
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => lacks.push(why.to_string()),
        }
    }
    Ok((found, lacks))
}

/// Says that not all were walked, if that is so.
///
/// # Errors
/// As [`Context::lack`].
fn say_missing(lacks: &[String], context: &mut Context<'_>) -> Result<(), CommandError> {
    match lacks {
        [] => Ok(()),
        [why] => context.lack(&format!("not all of them are known: {why}")),
        [why, more @ ..] => {
            context.lack(&format!("not all of them are known: {why}, and {} more like that", more.len()))
        }
    }
}

/// An address as a word of a command line.
fn word(address: u64) -> String {
    format!("{address:016x}")
}

/// What stands for something that is not known.
fn unknown() -> String {
    "unknown".to_owned()
}
