//! What a view of the structures of a driver needs: that driver's symbols.

use crate::command::CommandError;
use crate::debuggee::{Lack, Scope};
use crate::words::Message;

/// Why a command cannot show the structures of a driver: what is lacking, and where it is found.
pub fn untold(scope: &Scope<'_>, module: &str, why: Lack) -> CommandError {
    let of = match &why {
        Lack::Stopped => return CommandError::Cancelled,
        Lack::NoTypes { module } => Some(module.as_str()),
        Lack::NoName { name } | Lack::NoMember { ty: name, .. } => {
            Some(name.split_once('!').map_or(module, |(module, _)| module))
        }
        _ => None,
    };
    let Some(of) = of else { return CommandError::Missing(why.to_string()) };
    if scope.target().modules().named(of).is_none() {
        let text = format!("{of} is not among the modules of this dump: there is nothing of it to show");
        return CommandError::Missing(text);
    }
    let text = format!("{why}: Microsoft's public symbols of {of} tell it{}", triage(scope));
    CommandError::Missing(text).hinting(Message::new("hint.symbols").with("module", of))
}

/// A triage dump holds what the crash is about: the memory of drivers is seldom in it.
fn triage(scope: &Scope<'_>) -> &'static str {
    let is_triage = scope.target().dump().is_ok_and(|dump| dump.triage().is_some());
    if is_triage { "; this is a triage dump, which seldom holds a driver's own structures" } else { "" }
}
