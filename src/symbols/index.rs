//! All names of a module in one sorted table: by address and by name, in memory and in a file.

mod coarse;
mod sort;
mod store;

use coarse::Coarse;
use sort::{STEP, collect_until, sort_until};

use super::symbol::{Symbol, SymbolKind};
use super::types::TypeId;
use crate::symbols::wildcard::Wildcard;
use crate::util::cancel::{Cancelled, Stop};

/// The most names of one module; the largest known private PDBs hold about two million.
pub(crate) const MAX_NAMES: usize = 1 << 23;
/// The longest name that is kept; C++ templates get there, the rest is cut.
const MAX_NAME_LEN: usize = 4096;

/// Where a function's or variable's own record is: number of the compiled module, and the record's place in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordPlace {
    /// Number of the compiled module in the debug-information stream.
    pub module: u16,
    /// Offset in bytes in the module's stream.
    pub offset: u32,
}

/// A symbol on its way into the table.
#[derive(Debug, Clone)]
pub struct NewSymbol<'a> {
    /// The name, undecorated.
    pub name: &'a str,
    /// The decorated name, where it differs.
    pub decorated: Option<&'a str>,
    /// Where it is.
    pub rva: u32,
    /// Its size in bytes; 0 where unknown.
    pub size: u32,
    /// What it stands for.
    pub kind: SymbolKind,
    /// Its type; 0 where unknown.
    pub ty: u32,
    /// Its own record.
    pub place: Option<RecordPlace>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Text {
    at: u32,
    len: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    rva: u32,
    size: u32,
    ty: u32,
    name: Text,
    decorated: Text,
    kind: SymbolKind,
    place: Option<RecordPlace>,
}

/// The table of names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct NameIndex {
    /// By address, the most telling first.
    rows: Vec<Row>,
    /// The addresses of `rows` alone, and a coarse table over them: what a look-up searches.
    rvas: Vec<u32>,
    coarse: Coarse,
    /// Rows in the order of their names without regard to case.
    by_name: Vec<u32>,
    /// Type definitions by name, and the type.
    typedefs: Vec<(Text, u32)>,
    text: String,
}

/// Collects symbols for a [`NameIndex`].
#[derive(Debug, Default)]
pub struct Builder {
    rows: Vec<Row>,
    typedefs: Vec<(Text, u32)>,
    text: String,
}

impl Builder {
    /// Whether no symbol was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn intern(&mut self, text: &str) -> Option<Text> {
        let mut len = text.len().min(MAX_NAME_LEN);
        while !text.is_char_boundary(len) {
            len -= 1;
        }
        let at = u32::try_from(self.text.len()).ok()?;
        self.text.push_str(text.get(..len)?);
        Some(Text { at, len: u16::try_from(len).ok()? })
    }

    /// Adds a symbol. Names past the limit and empty names are left out.
    pub fn add(&mut self, symbol: &NewSymbol<'_>) {
        if self.rows.len() >= MAX_NAMES || symbol.name.is_empty() {
            return;
        }
        let Some(name) = self.intern(symbol.name) else {
            return;
        };
        let decorated = symbol.decorated.and_then(|text| self.intern(text));
        self.rows.push(Row {
            rva: symbol.rva,
            size: symbol.size,
            ty: symbol.ty,
            name,
            decorated: decorated.unwrap_or(Text { at: 0, len: 0 }),
            kind: symbol.kind,
            place: symbol.place,
        });
    }

    /// Adds a type definition.
    pub fn add_typedef(&mut self, name: &str, ty: u32) {
        if self.typedefs.len() < MAX_NAMES
            && let Some(name) = self.intern(name)
        {
            self.typedefs.push((name, ty));
        }
    }

    /// Sorts what was added. A public name that repeats a private one at the same address is merged into it.
    pub fn finish(self) -> NameIndex {
        self.finish_until(&|| false).unwrap_or_default()
    }

    /// As [`Builder::finish`], unless `stop` says, asked many times a second, that nobody wants it any more.
    ///
    /// # Errors
    /// It was stopped.
    pub fn finish_until(self, stop: Stop<'_>) -> Result<NameIndex, Cancelled> {
        let Builder { rows, mut typedefs, text } = self;
        let rows = without_repeats(by_address(rows, stop)?, &text, stop)?;
        let rvas: Vec<u32> = collect_until(rows.iter().map(|row| row.rva), stop)?;
        let by_name = by_name(&rows, &text, stop)?;
        typedefs = sort_until(typedefs, |a, b| get(&text, a.0).cmp(get(&text, b.0)), stop)?;
        Ok(NameIndex { coarse: Coarse::new(&rvas), rvas, by_name, rows, typedefs, text })
    }
}

/// Sorted rows without the public names that repeat a private one at the same address.
fn without_repeats(rows: Vec<Row>, text: &str, stop: Stop<'_>) -> Result<Vec<Row>, Cancelled> {
    let mut kept: Vec<Row> = Vec::with_capacity(rows.len());
    for piece in rows.chunks(STEP) {
        if stop() {
            return Err(Cancelled);
        }
        for row in piece {
            // A private name keeps the underscore that the public one loses.
            let names = [row.name, row.decorated].map(|name| get(text, name));
            match kept.last_mut().filter(|last| last.rva == row.rva && names.contains(&get(text, last.name)))
            {
                None => kept.push(*row),
                Some(last) if last.decorated.len == 0 => last.decorated = row.decorated,
                Some(_) => {}
            }
        }
    }
    Ok(kept)
}

/// The rows by address, the most telling first, and otherwise as they were added. Small keys are moved about, not rows.
fn by_address(rows: Vec<Row>, stop: Stop<'_>) -> Result<Vec<Row>, Cancelled> {
    let key =
        |(row, number): (&Row, u64)| (u64::from(row.rva) << 32) | (u64::from(rank(row.kind)) << 28) | number;
    let order = collect_until(rows.iter().zip(0..MAX_NAMES as u64).map(key), stop)?;
    let order = sort_until(order, u64::cmp, stop)?;
    collect_until(order.iter().filter_map(|key| rows.get((key & 0xfff_ffff) as usize).copied()), stop)
}

/// Numbers of rows in the order of their names without regard to case. The first letters decide most comparisons.
fn by_name(rows: &[Row], text: &str, stop: Stop<'_>) -> Result<Vec<u32>, Cancelled> {
    let name_of = |number: u32| rows.get(number as usize).map_or("", |row| get(text, row.name));
    let key = |(row, number): (&Row, u32)| (first_letters(get(text, row.name)), number);
    let order = collect_until(rows.iter().zip(0..).map(key), stop)?;
    let compare = |a: &(u128, u32), b: &(u128, u32)| {
        let rest = || fold_cmp(name_of(a.1), name_of(b.1)).then(a.1.cmp(&b.1));
        a.0.cmp(&b.0).then_with(rest)
    };
    collect_until(sort_until(order, compare, stop)?.into_iter().map(|(_, number)| number), stop)
}

/// The first 16 letters without regard to case, ordered as the name is.
fn first_letters(name: &str) -> u128 {
    let mut letters = [0u8; 16];
    for (to, from) in letters.iter_mut().zip(name.bytes()) {
        *to = fold_byte(from);
    }
    u128::from_be_bytes(letters)
}

/// Which of several names at an address stands for it: what says most comes first.
fn rank(kind: SymbolKind) -> u8 {
    match kind {
        SymbolKind::Function => 0,
        SymbolKind::Data => 1,
        SymbolKind::Thunk => 2,
        SymbolKind::PublicCode => 3,
        SymbolKind::PublicData => 4,
        SymbolKind::Export => 5,
        SymbolKind::Label => 6,
        SymbolKind::Inline => 7,
    }
}

fn get(text: &str, at: Text) -> &str {
    let start = at.at as usize;
    text.get(start..start + usize::from(at.len)).unwrap_or("")
}

/// The order of names without regard to case.
fn fold_cmp(a: &str, b: &str) -> std::cmp::Ordering {
    a.bytes().map(fold_byte).cmp(b.bytes().map(fold_byte))
}

/// ASCII letters in lower case.
fn fold_byte(byte: u8) -> u8 {
    byte.to_ascii_lowercase()
}

impl NameIndex {
    /// How many symbols there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn symbol(&self, row: &Row) -> Symbol<'_> {
        Symbol {
            name: get(&self.text, row.name),
            decorated: (row.decorated.len > 0).then(|| get(&self.text, row.decorated)),
            rva: row.rva,
            size: (row.size > 0).then_some(row.size),
            kind: row.kind,
            ty: (row.ty > 0).then_some(TypeId(row.ty)),
        }
    }

    /// The row at or before `rva`, the first of those that share its address.
    fn row_at(&self, rva: u32) -> Option<&Row> {
        let after = self.coarse.at_or_before(&self.rvas, rva);
        let at = *self.rvas.get(after.checked_sub(1)?)?;
        self.rows.get(self.first_at(at, after))
    }

    /// The first row of address `at`, given the row after its last.
    fn first_at(&self, at: u32, after: usize) -> usize {
        let mut first = after;
        while let Some(before) = first.checked_sub(1)
            && self.rvas.get(before) == Some(&at)
        {
            first = before;
        }
        first
    }

    /// The symbol at or before `rva`.
    pub fn nearest(&self, rva: u32) -> Option<Symbol<'_>> {
        self.row_at(rva).map(|row| self.symbol(row))
    }

    /// The first symbol after `rva`.
    pub fn following(&self, rva: u32) -> Option<Symbol<'_>> {
        let after = self.coarse.at_or_before(&self.rvas, rva);
        self.rows.get(after).map(|row| self.symbol(row))
    }

    /// All symbols at `rva`.
    pub fn exact(&self, rva: u32) -> Vec<Symbol<'_>> {
        let from = self.rvas.partition_point(|&at| at < rva);
        let rows = self.rows.get(from..).unwrap_or(&[]);
        rows.iter().take_while(|row| row.rva == rva).map(|row| self.symbol(row)).collect()
    }

    /// Symbols of that name in any case; those of the same case first. A decorated name finds its symbol too.
    pub fn by_name(&self, name: &str) -> Vec<Symbol<'_>> {
        let row = |&i: &u32| self.rows.get(i as usize);
        let name_of = |i: &u32| row(i).map_or("", |row| get(&self.text, row.name));
        let from = self.by_name.partition_point(|i| fold_cmp(name_of(i), name) == std::cmp::Ordering::Less);
        let mut found: Vec<Symbol<'_>> = self
            .by_name
            .get(from..)
            .unwrap_or(&[])
            .iter()
            .take_while(|i| name_of(i).eq_ignore_ascii_case(name))
            .filter_map(|i| Some(self.symbol(row(i)?)))
            .collect();
        if found.is_empty() && name.starts_with(['?', '_']) {
            let decorated = |row: &&Row| get(&self.text, row.decorated) == name;
            found.extend(self.rows.iter().filter(decorated).map(|row| self.symbol(row)));
        }
        found.sort_by_key(|symbol| symbol.name != name);
        found
    }

    /// Symbols whose name matches, by address.
    pub fn matching(&self, pattern: &Wildcard) -> Vec<Symbol<'_>> {
        if let Some(literal) = pattern.literal() {
            let mut found = self.by_name(literal);
            found.sort_by_key(|symbol| symbol.rva);
            return found;
        }
        self.rows
            .iter()
            .filter(|row| pattern.is_match(get(&self.text, row.name)))
            .map(|row| self.symbol(row))
            .collect()
    }

    /// The record of the function that covers `rva`, with its start and size.
    pub fn function_at(&self, rva: u32) -> Option<(RecordPlace, u32, u32)> {
        // A label or a public name inside a function may stand between, so step back over a few.
        let after = self.coarse.at_or_before(&self.rvas, rva);
        let rows = self.rows.get(..after)?;
        rows.iter()
            .rev()
            .take(64)
            .find(|row| row.kind == SymbolKind::Function && rva.wrapping_sub(row.rva) < row.size.max(1))
            .and_then(|row| Some((row.place?, row.rva, row.size)))
    }

    /// The type that a type definition names.
    pub fn typedef(&self, name: &str) -> Option<TypeId> {
        let at = self.typedefs.binary_search_by(|entry| get(&self.text, entry.0).cmp(name)).ok()?;
        self.typedefs.get(at).map(|entry| TypeId(entry.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn sample() -> NameIndex {
        let mut builder = Builder::default();
        let mut add = |name, decorated, rva, size, kind| {
            let place = Some(RecordPlace { module: 1, offset: rva * 2 });
            builder.add(&NewSymbol { name, decorated, rva, size, kind, ty: 0, place });
        };
        add("Zeta", None, 0x3000, 0, SymbolKind::PublicData);
        add("Shape::Draw", Some("?Draw@Shape@@UEAAXXZ"), 0x1000, 0, SymbolKind::PublicCode);
        add("Shape::Draw", None, 0x1000, 0x40, SymbolKind::Function);
        add("alpha", None, 0x2000, 0x10, SymbolKind::Function);
        add("Alias", None, 0x2000, 0, SymbolKind::PublicCode);
        add("ALPHA", None, 0x2800, 0, SymbolKind::PublicCode);
        builder.add_typedef("PSHAPE", 0x1234);
        builder.finish()
    }

    #[test]
    fn look_ups_by_address() {
        let index = sample();
        assert_eq!(index.nearest(0xfff), None);
        assert_eq!(index.nearest(0x1010).map(|s| s.name), Some("Shape::Draw"));
        assert_eq!(index.nearest(0x2000).map(|s| s.name), Some("alpha"));
        assert_eq!(index.nearest(u32::MAX).map(|s| s.name), Some("Zeta"));
        assert_eq!(index.following(0x2000).map(|s| s.rva), Some(0x2800));
        assert_eq!(index.exact(0x2000).len(), 2);
        assert_eq!(index.function_at(0x103f).map(|f| f.1), Some(0x1000));
        assert_eq!(index.function_at(0x1040), None);
    }

    #[test]
    fn public_and_private_names_are_merged() {
        let index = sample();
        let both = index.exact(0x1000);
        assert_eq!(both.len(), 1);
        assert_eq!(both[0].kind, SymbolKind::Function);
        assert_eq!(both[0].decorated, Some("?Draw@Shape@@UEAAXXZ"));
        assert_eq!(index.by_name("?Draw@Shape@@UEAAXXZ")[0].rva, 0x1000);
    }

    #[test]
    fn names_in_any_case() {
        let index = sample();
        let found: Vec<&str> = index.by_name("ALPHA").iter().map(|s| s.name).collect();
        assert_eq!(found, ["ALPHA", "alpha"]);
        let found: Vec<u32> = index.matching(&Wildcard::new("al*")).iter().map(|s| s.rva).collect();
        assert_eq!(found, [0x2000, 0x2000, 0x2800]);
        assert_eq!(index.typedef("PSHAPE"), Some(TypeId(0x1234)));
        assert_eq!(index.typedef("PSHAP"), None);
    }
}
