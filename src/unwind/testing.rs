//! A host made of a few byte ranges, for tests of the unwinder.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::host::{CodeModule, FunctionEntry, Lookup, StackRange, SymbolHint, UnwindHost};

/// Memory as single bytes, modules and function entries as lists.
#[derive(Debug, Default, Clone)]
pub(crate) struct Flat {
    memory: BTreeMap<u64, u8>,
    pub(crate) modules: Vec<CodeModule>,
    pub(crate) entries: Vec<FunctionEntry>,
    /// Modules (by base) whose function table is readable.
    pub(crate) tables: Vec<u64>,
    pub(crate) stacks: Vec<StackRange>,
    pub(crate) named: Vec<u64>,
    pub(crate) symbols: Vec<SymbolHint>,
}

impl Flat {
    pub(crate) fn put(&mut self, va: u64, bytes: &[u8]) {
        self.memory.extend((0..).zip(bytes).map(|(offset, &byte)| (va.wrapping_add(offset), byte)));
    }

    pub(crate) fn put_u64(&mut self, va: u64, value: u64) {
        self.put(va, &value.to_le_bytes());
    }

    pub(crate) fn module(&mut self, name: &str, base: u64, size: u64, with_table: bool) {
        self.modules.push(CodeModule { base, size, name: name.to_owned() });
        if with_table {
            self.tables.push(base);
        }
    }

    /// Adds a function with its unwind data at `unwind`, all offsets from `base`.
    pub(crate) fn function(&mut self, base: u64, begin: u32, end: u32, unwind: u32, info: &[u8]) {
        self.entries.push(FunctionEntry { image_base: base, begin, end, unwind });
        self.put(base + u64::from(unwind), info);
    }
}

impl UnwindHost for Flat {
    fn read(&self, va: u64, buf: &mut [u8]) -> bool {
        for (offset, out) in (0u64..).zip(buf.iter_mut()) {
            match self.memory.get(&va.wrapping_add(offset)) {
                Some(&byte) => *out = byte,
                None => return false,
            }
        }
        true
    }

    fn module_at(&self, va: u64) -> Option<Cow<'_, CodeModule>> {
        self.modules.iter().find(|module| module.contains(va)).map(Cow::Borrowed)
    }

    fn function_entry(&self, va: u64) -> Lookup {
        if let Some(&entry) = self.entries.iter().find(|entry| entry.covers(va)) {
            return Lookup::Entry(entry);
        }
        match self.module_at(va) {
            None => Lookup::NoModule,
            Some(module) if self.tables.contains(&module.base) => Lookup::Leaf,
            Some(_) => Lookup::NoData,
        }
    }

    fn symbol(&self, va: u64) -> Option<SymbolHint> {
        self.symbols.iter().filter(|symbol| symbol.address <= va).max_by_key(|symbol| symbol.address).cloned()
    }

    fn stacks(&self) -> Vec<StackRange> {
        self.stacks.clone()
    }

    fn named_addresses(&self) -> Vec<u64> {
        self.named.clone()
    }
}
