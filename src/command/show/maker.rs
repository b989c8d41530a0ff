//! Who made a module, for rows: a word for JSON, and how its name is shown.

use crate::debuggee::{Maker, MakerEvidence, Origin};
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

/// By what it is known, a word for JSON.
pub fn evidence(evidence: &MakerEvidence) -> &'static str {
    match evidence {
        MakerEvidence::Company(_) => "company",
        MakerEvidence::Name => "name",
        MakerEvidence::Stamp => "stamp",
        MakerEvidence::Nothing => "nothing",
    }
}

/// Who made it and by what that is known, in words.
pub fn sentence(origin: &Origin) -> String {
    let who = match origin.maker {
        Maker::Windows => "Windows",
        Maker::Copy => "a copy of the storage driver, for writing dumps",
        Maker::ThirdParty => "third party",
        Maker::Unknown => "not known",
    };
    let why = match (&origin.evidence, origin.maker) {
        (MakerEvidence::Company(company), _) => return format!("{who}: {company}, by its version resource"),
        (MakerEvidence::Name, Maker::ThirdParty) => "by its name, which is none of Windows' own",
        (MakerEvidence::Name, _) => "by its name",
        (MakerEvidence::Stamp, _) => {
            "its name is none of Windows' own, its time stamp is a hash as those of Windows' own builds"
        }
        (MakerEvidence::Nothing, _) => "a program's module without a version resource",
    };
    format!("{who}, {why}")
}
