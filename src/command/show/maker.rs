//! Who made a module, for rows: a word for JSON, and how its name is shown.

use crate::debuggee::Maker;
use crate::output::Role;

/// A word for JSON.
pub fn word(maker: Maker) -> &'static str {
    match maker {
        Maker::Windows => "windows",
        Maker::Copy => "copy",
        Maker::ThirdParty => "third_party",
        Maker::Unknown => "unknown",
    }
}

/// How its name, or that of its code, is shown: `usual` where it is not somebody else's.
pub fn role(maker: Option<Maker>, usual: Role) -> Role {
    if maker == Some(Maker::ThirdParty) { Role::ThirdParty } else { usual }
}
