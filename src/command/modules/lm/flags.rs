//! The letter between a module's name and the status of its symbols.

use crate::debuggee::{Module, SymbolStatus};
use crate::session::Session;

/// `M`: the PDB is of another build and was taken all the same; `T`: no image could be read that the time stamp could
/// be compared with; `C`: the image has no check sum. A blank for a module whose symbols were not looked for.
pub fn flag(module: &Module, session: &Session) -> char {
    let Some(symbols) = session.target.symbols().loaded(module) else {
        return ' ';
    };
    if symbols.status == SymbolStatus::Deferred {
        return ' ';
    }
    if symbols.forced {
        return 'M';
    }
    match session.target.image(module) {
        Err(_) => 'T',
        Ok(image) => {
            let checksum = module.checksum.unwrap_or(image.headers().check_sum);
            if checksum == 0 { 'C' } else { ' ' }
        }
    }
}
