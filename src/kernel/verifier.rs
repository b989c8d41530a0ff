//! MM_DRIVER_VERIFIER_DATA: what Driver Verifier checks and has counted.

use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;
use crate::util::bounded::utf16_lossy;

/// What Driver Verifier keeps of all drivers together.
pub struct Verifier<'s> {
    data: Result<Object<'s>, Lack>,
    scope: &'s Scope<'s>,
}

/// The list of drivers to be verified is a registry value of a few names; the buffer has at most so many bytes.
const MOST_NAMES: u64 = 0x2000;

impl<'s> Verifier<'s> {
    /// That of the kernel; where it stands is asked with each fact.
    pub fn of(scope: &'s Scope<'s>) -> Verifier<'s> {
        Verifier { data: scope.global_of("nt!MmVerifierData", "nt!_MM_DRIVER_VERIFIER_DATA"), scope }
    }

    /// Its flags (`verifier /flags`).
    pub fn flags(&self) -> Result<u64, Lack> {
        self.counter("Level")
    }

    /// A counter, by the name of its member.
    pub fn counter(&self, member: &str) -> Result<u64, Lack> {
        self.data.as_ref().map_err(Lack::clone)?.field(member)?.u64()
    }

    /// Which drivers are to be verified, as the registry has it (`VerifyDrivers`): names with blanks between them, or `*`;
    /// empty where none are.
    pub fn wanted(&self) -> Result<String, Lack> {
        let variable = |name: &str| {
            let place = self.scope.target().variable(name);
            place.map(|(address, _)| address).ok_or_else(|| Lack::NoName { name: name.to_owned() })
        };
        let unreadable = |what: &str, why| Lack::Unreadable { what: what.to_owned(), why };
        let (length, buffer) = ("nt!MmVerifyDriverBufferLength", "nt!MmVerifyDriverBuffer");
        let bytes = self.scope.memory().u32(variable(length)?).map_err(|why| unreadable(length, why))?;
        // All bits are set where the value is not in the registry.
        let bytes = u64::from(bytes);
        let size = usize::try_from(bytes).ok().filter(|_| bytes <= MOST_NAMES).unwrap_or(0);
        let mut text = vec![0; size];
        self.scope.memory().read(variable(buffer)?, &mut text).map_err(|why| unreadable(buffer, why))?;
        let text = utf16_lossy(&text);
        Ok(text.trim_matches(|c: char| c == '\0' || c.is_whitespace()).to_owned())
    }
}
