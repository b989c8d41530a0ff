//! Who made a module, for rows: a word for JSON, and how its name is shown.

use crate::debuggee::{Lack, Maker, MakerEvidence, Module, Origin, Target};
use crate::kernel::DriverObject;
use crate::output::{Record, Role};

/// A word for JSON.
pub fn word(maker: Maker) -> &'static str {
    match maker {
        Maker::Windows => "windows",
        Maker::Copy => "copy",
        Maker::ThirdParty => "third_party",
        Maker::Unknown => "unknown",
    }
}

/// A short word for a column.
pub fn short(maker: Maker) -> &'static str {
    match maker {
        Maker::Windows => "Windows",
        Maker::Copy => "copy",
        Maker::ThirdParty => "third party",
        Maker::Unknown => "?",
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

/// The module that an address lies in, and who made it.
pub fn of_address(target: &Target, address: u64) -> Option<(&Module, Maker)> {
    let module = target.modules().at(address)?;
    Some((module, target.origin(module).maker))
}

/// The module that is the image of a driver, and who made it.
pub fn of_driver<'t>(
    target: &'t Target,
    driver: &Result<DriverObject<'_>, Lack>,
) -> Option<(&'t Module, Maker)> {
    of_address(target, driver.as_ref().ok()?.image().ok()?.0)
}

/// A record with whose a thing is: `module` and `maker` for JSON; in the line the module where `named`, and that it is not
/// Windows' own.
pub fn whose(record: Record, owner: Option<(&Module, Maker)>, named: bool) -> Record {
    let Some((module, maker)) = owner else {
        return record.field("module", None::<&str>).field("maker", None::<&str>);
    };
    let record = record.field("module", module.name.as_str()).field("maker", word(maker));
    let is_foreign = maker == Maker::ThirdParty;
    match (named, is_foreign) {
        (true, true) => record.role(Role::Dim, format!("  ({}, third party)", module.name)),
        (true, false) => record.role(Role::Dim, format!("  ({})", module.name)),
        (false, true) => record.role(Role::Dim, "  (third party)"),
        (false, false) => record,
    }
}
