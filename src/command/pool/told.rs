//! The address that `!pool` is about where none is typed: the first that the crash or the frame tells and that lies in a block.

use crate::command::{CommandError, Context};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{AddressUse, address_use};
use crate::output::{Cell, Field, Record, Role};
use crate::unwind::{Frame, GENERAL_NAMES};
use crate::words::Message;

/// The address, and what says where it comes from; `None` where nothing that is told lies in a block of the pool.
///
/// # Errors
/// The command was stopped.
pub fn told(context: &Context<'_>) -> Result<Option<(u64, Record)>, CommandError> {
    let session = &*context.session;
    let scope = session.scope();
    let Ok(dump) = session.target.dump() else { return Ok(None) };
    let language = session.settings.language;
    for (number, address) in (1u64..).zip(dump.header().bug_check_parameters) {
        if lies_in_block(&scope, address)? {
            let words = Message::new("pool.told.argument").with("number", number).in_language(language);
            return Ok(Some((address, said(&words).field("argument", number))));
        }
    }
    let first = || session.stack(1).ok().and_then(|stack| stack.frames.into_iter().next());
    let Some(frame) = session.focus.frame.as_ref().map(|selected| selected.frame.clone()).or_else(first)
    else {
        return Ok(None);
    };
    for (name, address) in registers(&frame) {
        if lies_in_block(&scope, address)? {
            let words = Message::new("pool.told.register").with("register", &name).in_language(language);
            return Ok(Some((address, said(&words).field("register", name))));
        }
    }
    Ok(None)
}

fn said(words: &str) -> Record {
    Record::new("pool_told").cell("text", Cell::new(Field::from(words)).role(Role::Dim))
}

/// The registers that are known in a frame.
fn registers(frame: &Frame) -> Vec<(String, u64)> {
    let x64 = GENERAL_NAMES.iter().map(|name| ((*name).to_owned(), frame.register(name)));
    let arm64 = frame.arm64.iter().flat_map(|known| known.recovered()).map(|(name, slot)| (name, Some(slot)));
    x64.chain(arm64).filter_map(|(name, slot)| Some((name, slot?.known()?))).collect()
}

fn lies_in_block(scope: &Scope<'_>, address: u64) -> Result<bool, CommandError> {
    if address >> 63 == 0 {
        return Ok(false);
    }
    match address_use(scope, address, None) {
        Ok(used) => Ok(matches!(used.used, Some(AddressUse::Pool(place)) if place.block().is_some())),
        Err(why @ Lack::Stopped) => Err(why.into()),
        Err(_) => Ok(false),
    }
}
