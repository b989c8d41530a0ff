//! What a view of the structures of a driver needs: that driver's symbols.

use crate::command::CommandError;
use crate::debuggee::{Lack, Scope};
use crate::words::Message;

/// Why a command cannot show the structures of a driver: what is lacking, and where it is found.
pub fn untold(scope: &Scope<'_>, module: &str, why: Lack) -> CommandError {
    let is_symbols = matches!(why, Lack::NoTypes { .. } | Lack::NoName { .. } | Lack::NoMember { .. });
    let target = scope.target();
    match why {
        Lack::Stopped => CommandError::Cancelled,
        why if !is_symbols => CommandError::Missing(format!("{why}{}", triage(scope))),
        _ if target.modules().named(module).is_none() => CommandError::Missing(format!(
            "{module} is not among the modules of this dump: there is nothing of it to show"
        )),
        why => {
            let text = format!("{why}: Microsoft's public symbols of {module} tell it{}", triage(scope));
            CommandError::Missing(text).hinting(Message::new("hint.symbols").with("module", module))
        }
    }
}

/// A triage dump holds what the crash is about: the memory of drivers is seldom in it.
fn triage(scope: &Scope<'_>) -> &'static str {
    let is_triage = scope.target().dump().is_ok_and(|dump| dump.triage().is_some());
    if is_triage { "; this is a triage dump, which seldom holds a driver's own structures" } else { "" }
}
