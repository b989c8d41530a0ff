//! PEB: what a process knows of itself, in its own memory.

use crate::debuggee::{Lack, Object, Scope};

/// The PEB of a process, read with a scope that sees its memory ([`Scope::of_process`]).
#[derive(Clone)]
pub struct Peb<'s>(Object<'s>);

/// A module of its loader's list.
#[derive(Clone)]
pub struct LoadedModule<'s>(Object<'s>);

/// More text than the environment of a process has.
const MAX_ENVIRONMENT: usize = 1 << 20;

impl<'s> Peb<'s> {
    /// The PEB at an address.
    ///
    /// # Errors
    /// Where no layout of `_PEB` is at hand, or the dump contradicts it.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Peb<'s>, Lack> {
        scope.object("nt!_PEB", address).map(Peb)
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A number that it has under this name, which is Windows' own: `NtGlobalFlag`, `ProcessHeap` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// The loader's data.
    pub fn loader(&self) -> Result<Object<'s>, Lack> {
        self.0.field("Ldr")?.pointee_as("nt!_PEB_LDR_DATA")
    }

    /// What the process was started with.
    pub fn parameters(&self) -> Result<Object<'s>, Lack> {
        self.0.field("ProcessParameters")?.pointee_as("nt!_RTL_USER_PROCESS_PARAMETERS")
    }

    /// A text of what it was started with: `CommandLine`, `ImagePathName` ...
    pub fn parameter(&self, member: &str) -> Result<String, Lack> {
        self.parameters()?.field(member)?.text()
    }

    /// Its command line.
    pub fn command_line(&self) -> Result<String, Lack> {
        self.parameter("CommandLine")
    }

    /// Its modules in the order in which they were loaded; what is wrong with the list comes last.
    ///
    /// # Errors
    /// Where the loader's data or the types are not known.
    pub fn modules(&self) -> Result<impl Iterator<Item = Result<LoadedModule<'s>, Lack>> + use<'s>, Lack> {
        let head = self.loader()?.field("InLoadOrderModuleList")?;
        let entries = head.list("nt!_LDR_DATA_TABLE_ENTRY", "InLoadOrderLinks")?;
        Ok(entries.map(|entry| entry.map(LoadedModule)))
    }

    /// Its environment, `NAME=value` each.
    ///
    /// # Errors
    /// Where it cannot be read to its end.
    pub fn environment(&self) -> Result<Vec<String>, Lack> {
        let block = self.parameters()?.field("Environment")?;
        let (mut at, mut all) = (block.u64()?, Vec::new());
        if at == 0 {
            return Err(Lack::Null { what: block.what() });
        }
        let scope = self.0.scope();
        let mut read = 0;
        while read < MAX_ENVIRONMENT {
            scope.check()?;
            let (text, size) = wide_text(scope, at, &block)?;
            if text.is_empty() {
                return Ok(all);
            }
            all.push(text);
            at = at.wrapping_add(size);
            read = read.saturating_add(usize::try_from(size).unwrap_or(MAX_ENVIRONMENT));
        }
        Err(Lack::Shape { what: block.what(), wanted: "environment that ends" })
    }

    /// A variable of its environment, whose name is compared as Windows does, in either case.
    ///
    /// # Errors
    /// As [`Peb::environment`]; [`Lack::NoName`] where it has no such variable.
    pub fn variable(&self, name: &str) -> Result<String, Lack> {
        let value = |text: String| {
            let (key, value) = text.split_once('=')?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        };
        let found = self.environment()?.into_iter().find_map(value);
        found.ok_or_else(|| Lack::NoName { name: name.to_owned() })
    }
}

/// A text that ends with a zero, and how many bytes it takes.
fn wide_text(scope: &Scope<'_>, from: u64, what: &Object<'_>) -> Result<(String, u64), Lack> {
    use crate::memory::Memory;
    let mut units = Vec::new();
    let mut at = from;
    loop {
        let read = scope.memory().u16(at);
        let unit =
            read.map_err(|why| Lack::Unreadable { what: format!("what {} points to", what.what()), why })?;
        at = at.wrapping_add(2);
        if unit == 0 || units.len() >= MAX_ENVIRONMENT {
            return Ok((String::from_utf16_lossy(&units), at.wrapping_sub(from)));
        }
        units.push(unit);
    }
}

impl LoadedModule<'_> {
    /// Where it lies.
    pub fn base(&self) -> Result<u64, Lack> {
        self.0.field("DllBase")?.u64()
    }

    /// The link-time stamp of its header, as a `time_t`.
    pub fn time_stamp(&self) -> Result<u64, Lack> {
        self.0.field("TimeDateStamp")?.u64()
    }

    /// Its path.
    pub fn path(&self) -> Result<String, Lack> {
        self.0.field("FullDllName")?.text()
    }

    /// Its file's name.
    pub fn name(&self) -> Result<String, Lack> {
        self.0.field("BaseDllName")?.text()
    }
}
