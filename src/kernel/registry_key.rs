//! CM_KEY_BODY: an open registry key, and by way of its control blocks its path.

use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;

/// An open key.
#[derive(Clone)]
pub struct RegistryKey<'s>(Object<'s>);

/// Keys stand in each other this deep at most (the limit on registry element sizes that Microsoft documents).
const DEEPEST: usize = 512;
/// Bytes of a name: 255 characters are the documented limit, the root's path can be longer.
const LONGEST: usize = 0x400;
/// The root of all keys; paths in the documentation of the kernel begin so (`\REGISTRY\MACHINE`).
const ROOT: &str = "REGISTRY";

impl<'s> RegistryKey<'s> {
    /// The key whose object's body lies at an address.
    ///
    /// # Errors
    /// Where no layout of `_CM_KEY_BODY` is at hand.
    pub fn at(scope: &'s Scope<'s>, body: u64) -> Result<RegistryKey<'s>, Lack> {
        scope.object("nt!_CM_KEY_BODY", body).map(RegistryKey)
    }

    /// Its path, as the registry keeps it: `\REGISTRY\MACHINE\SYSTEM\CONTROLSET001`.
    ///
    /// # Errors
    /// Where the control blocks do not lead to the registry's root, or a name on the way cannot be read: a path without
    /// its beginning would be another key's.
    pub fn path(&self) -> Result<String, Lack> {
        let pointer = self.0.field("KeyControlBlock")?;
        let block = pointer.pointee_as("nt!_CM_KEY_CONTROL_BLOCK")?;
        let mut names = Vec::new();
        for block in block.following("ParentKcb")?.at_most(DEEPEST) {
            names.push(name(&block?)?);
        }
        if !names.last().is_some_and(|root| root.eq_ignore_ascii_case(ROOT)) {
            return Err(Lack::Shape { what: pointer.what(), wanted: "key under the registry's root" });
        }
        names.push(String::new());
        names.reverse();
        Ok(names.join("\\"))
    }
}

/// The name of a control block, of one byte a character where that suffices.
fn name(block: &Object<'_>) -> Result<String, Lack> {
    let block = block.field("NameBlock")?.pointee_as("nt!_CM_NAME_CONTROL_BLOCK")?;
    let length = block.field("NameLength")?;
    let bytes = usize::try_from(length.u64()?).unwrap_or(usize::MAX);
    if bytes > LONGEST {
        return Err(Lack::Shape { what: length.what(), wanted: "length of a key's name" });
    }
    let text = block.field("Name")?;
    let bytes = block.scope().memory().read_vec(text.address(), bytes, LONGEST);
    let bytes = bytes.map_err(|why| Lack::Unreadable { what: text.what(), why })?;
    if block.field("Compressed")?.is_set()? {
        return Ok(bytes.into_iter().map(char::from).collect());
    }
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    Ok(String::from_utf16_lossy(&units))
}
