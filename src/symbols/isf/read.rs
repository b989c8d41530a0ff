//! From the file to types and names.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeSeed;

use super::Isf;
use super::json::{BaseType, Entries, EnumType, NamesInto, SymbolEntry, Table, TypeRef, UserType};
use crate::symbols::demangle::{undecorate, undecorate_public};
use crate::symbols::error::SymbolError;
use crate::symbols::index::{Builder, NameIndex, NewSymbol};
use crate::symbols::pdb::Identity;
use crate::symbols::source::SymbolKind;
use crate::symbols::types::table::TypeTable;
use crate::symbols::types::{Base, BaseKind, Enum, Field, Function, Type, TypeId, Udt, UdtKind};
use crate::util::cancel::{Cancelled, Stop, Stoppable, stopped};

/// The largest file, and the largest table once unpacked; a kernel's has 6 MB.
const MAX_FILE: u64 = 256 << 20;
const MAX_TABLE: usize = 512 << 20;
/// The most memory that unpacking xz may take, which its headers choose; `xz -9` takes 65 MiB.
const MAX_DICTIONARY: u64 = 128 << 20;
/// So much is unpacked between two questions whether to go on.
const PIECE: usize = 64 << 10;
const XZ_MAGIC: &[u8] = b"\xfd7zXZ\0";
const GZIP_MAGIC: &[u8] = b"\x1f\x8b";

/// So many entries are turned into names or types between two questions.
const STEP: usize = 256;

pub(super) fn open(path: &Path, stop: Stop<'_>) -> Result<Isf, SymbolError> {
    let bad = |reason: String| SymbolError::Isf { path: path.to_owned(), reason };
    let table: Table = parse(path, stop, PhantomData)?;
    let pdb = table
        .metadata
        .windows
        .as_ref()
        .and_then(|windows| windows.pdb.as_ref())
        .ok_or_else(|| bad("it names no PDB, so it is not of a Windows module".to_owned()))?;
    let guid = pdb.guid.parse().map_err(|e| bad(format!("its PDB's GUID is {e}")))?;
    let identity = Identity { guid, age: pdb.age };
    let stopped = |error: io::Error| unreadable(path, error);
    Ok(Isf {
        path: path.to_owned(),
        identity,
        names: names(&table.symbols, stop).map_err(stopped)?,
        types: Reader::default().read(&table, stop).map_err(stopped)?,
    })
}

/// The names of a table, to see whether it is the wanted one before its types are read.
pub(super) fn open_names(path: &Path, stop: Stop<'_>) -> Result<NameIndex, SymbolError> {
    let mut symbols = None;
    let outcome = parse(path, stop, NamesInto(&mut symbols));
    // That the object does not end behind its names is no fault of the table.
    match (symbols, outcome) {
        (Some(symbols), _) => names(&symbols, stop).map_err(|error| unreadable(path, error)),
        (None, Ok(())) => Ok(NameIndex::default()),
        (None, Err(error)) => Err(error),
    }
}

fn unreadable(path: &Path, source: io::Error) -> SymbolError {
    SymbolError::Io { path: path.to_owned(), action: "read", source }
}

/// The JSON is read while it is unpacked, so that what stops the one stops the other.
fn parse<T>(
    path: &Path,
    stop: Stop<'_>,
    what: impl for<'de> DeserializeSeed<'de, Value = T>,
) -> Result<T, SymbolError> {
    let bad = |reason: String| SymbolError::Isf { path: path.to_owned(), reason };
    let file = crate::util::files::open_found(path).map_err(|error| unreadable(path, error))?;
    let packed = Stoppable::new(BufReader::new(file.take(MAX_FILE)), stop);
    let text = unpack(packed).map_err(|e| bad(format!("it cannot be unpacked: {e}")))?;
    let text = Limited { input: Stoppable::new(text, stop), left: MAX_TABLE };
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(PIECE, text));
    let value = what.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    value.map_err(|error| match stop() {
        true => unreadable(path, stopped()),
        false if error.is_io() => bad(format!("it cannot be unpacked: {error}")),
        false => bad(format!("it is not Volatility 3 JSON: {error}")),
    })
}

fn go_on(at: usize, stop: Stop<'_>) -> io::Result<()> {
    if at.is_multiple_of(STEP) && stop() { Err(stopped()) } else { Ok(()) }
}

/// A reader that refuses more than a table can hold.
struct Limited<R> {
    input: R,
    left: usize,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(into)?;
        self.left =
            self.left.checked_sub(read).ok_or_else(|| io::Error::other("more than 512 MB of text"))?;
        Ok(read)
    }
}

fn unpack<'p>(mut packed: impl BufRead + 'p) -> io::Result<Box<dyn Read + 'p>> {
    let head = packed.fill_buf()?;
    Ok(if head.starts_with(XZ_MAGIC) {
        let stream = liblzma::stream::Stream::new_stream_decoder(MAX_DICTIONARY, 0)?;
        Box::new(liblzma::bufread::XzDecoder::new_stream(packed, stream))
    } else if head.starts_with(GZIP_MAGIC) {
        Box::new(flate2::bufread::GzDecoder::new(packed))
    } else {
        Box::new(packed)
    })
}

fn names(symbols: &Entries<SymbolEntry>, stop: Stop<'_>) -> io::Result<NameIndex> {
    let mut builder = Builder::default();
    for (at, (name, entry)) in symbols.0.iter().enumerate() {
        go_on(at, stop)?;
        let Ok(rva) = u32::try_from(entry.address) else {
            continue;
        };
        // Whoever made the table took an underscore off already, but not off names with a size.
        let plain = if name.contains('@') { undecorate_public(name) } else { undecorate(name) };
        builder.add(&NewSymbol {
            name: plain.as_deref().unwrap_or(name),
            decorated: plain.is_some().then_some(name),
            rva,
            size: 0,
            kind: SymbolKind::PublicCode,
            ty: 0,
            place: None,
        });
    }
    builder.finish_until(stop).map_err(|Cancelled| stopped())
}

#[derive(Default)]
struct Reader {
    types: TypeTable,
    bases: HashMap<String, Base>,
    pointer: u8,
}

impl Reader {
    fn read(mut self, table: &Table, stop: Stop<'_>) -> io::Result<TypeTable> {
        self.pointer = 8;
        for (name, base) in &table.base_types.0 {
            if name == "pointer" {
                self.pointer = u8::try_from(base.size).unwrap_or(8);
            }
            self.bases.insert(name.clone(), base_of(name, base));
        }
        for (at, (name, entry)) in table.enums.0.iter().enumerate() {
            go_on(at, stop)?;
            self.enumeration(name, entry);
        }
        for (at, (name, entry)) in table.user_types.0.iter().enumerate() {
            go_on(at, stop)?;
            self.structure(name, entry);
        }
        self.types.settle_arrays();
        Ok(self.types)
    }

    fn named_base(&self, name: &str) -> Base {
        self.bases.get(name).copied().unwrap_or(Base::new(BaseKind::None, 0))
    }

    fn enumeration(&mut self, name: &str, entry: &EnumType) {
        let base = self.named_base(&entry.base);
        let id = self.types.declare_enum(name, base);
        let mut values = entry.constants.0.clone();
        // The table sorts by name; by value is closer to the source.
        values.sort_by_key(|&(_, value)| value);
        let definition = Enum {
            name: shown_name(name),
            base: self.types.base(base),
            size: u8::try_from(entry.size).unwrap_or(4),
            complete: true,
            values,
        };
        self.types.define(id, name, Type::Enum(Arc::new(definition)));
    }

    fn structure(&mut self, name: &str, entry: &UserType) {
        let kind = udt_kind(&entry.kind);
        let id = self.types.declare(kind, name);
        let mut fields: Vec<(u8, Field)> = Vec::new();
        for (field, at) in &entry.fields.0 {
            let Some(ty) = self.reference(&at.ty) else {
                continue;
            };
            let name = match is_made_up(field) {
                true => String::new(),
                false => field.clone(),
            };
            let offset = at.offset;
            fields.push((at.ty.bit_position, Field { name, offset, ty }));
        }
        fields.sort_by_key(|(bit, field)| (field.offset, *bit));
        let definition = Udt {
            kind,
            name: shown_name(name),
            size: entry.size,
            elements: u32::try_from(fields.len()).unwrap_or(u32::MAX),
            complete: true,
            fields: fields.into_iter().map(|(_, field)| field).collect(),
            bases: Vec::new(),
            statics: Vec::new(),
            methods: Vec::new(),
        };
        self.types.define(id, name, Type::Udt(Arc::new(definition)));
    }

    /// The type that a reference means. The JSON reader limits how deep references nest.
    fn reference(&mut self, reference: &TypeRef) -> Option<TypeId> {
        let name = reference.name.as_deref();
        Some(match reference.kind.as_str() {
            "base" => {
                let base = self.named_base(name?);
                self.types.base(base)
            }
            "pointer" => {
                let target = match &reference.subtype {
                    Some(subtype) => self.reference(subtype)?,
                    None => self.types.base(Base::new(BaseKind::Void, 0)),
                };
                self.types.pointer(target, self.pointer)
            }
            "array" => {
                let element = self.reference(reference.subtype.as_deref()?)?;
                self.types.array(element, reference.count)
            }
            "bitfield" => {
                let base = self.reference(reference.holder.as_deref()?)?;
                self.types.bitfield(base, reference.bit_position, reference.bit_length)
            }
            "enum" => {
                let int = Base::new(BaseKind::Int, 4);
                self.types.declare_enum(name?, int)
            }
            "function" => {
                let result = self.types.base(Base::new(BaseKind::Void, 0));
                let function = Function { result, parameters: Vec::new(), class: None };
                self.types.single(Type::Function(Arc::new(function)))
            }
            kind => self.types.declare(udt_kind(kind), name?),
        })
    }
}

fn udt_kind(word: &str) -> UdtKind {
    match word {
        "union" => UdtKind::Union,
        "class" => UdtKind::Class,
        _ => UdtKind::Struct,
    }
}

/// Names that the table's maker invented for what has none.
fn is_made_up(name: &str) -> bool {
    ["__anonymous_", "__unnamed_", "unnamed_field_", "<unnamed-"].iter().any(|start| name.starts_with(start))
}

fn shown_name(name: &str) -> String {
    match is_made_up(name) {
        // The compiler's own word, of which the table's maker made this one.
        true if name.starts_with("__anonymous_") => "<anonymous-tag>".to_owned(),
        true => "<unnamed-tag>".to_owned(),
        false => name.to_owned(),
    }
}

fn base_of(name: &str, base: &BaseType) -> Base {
    let kind = match (base.kind.as_str(), base.signed) {
        ("void", _) => BaseKind::Void,
        ("float", _) => BaseKind::Float,
        ("bool", _) => BaseKind::Bool,
        ("char", true) => BaseKind::Char,
        ("char", false) => BaseKind::UChar,
        _ if name.starts_with("wchar") => BaseKind::Wchar,
        _ if name == "HRESULT" => BaseKind::Hresult,
        (_, true) if name.contains("long") && base.size == 4 => BaseKind::Long,
        (_, false) if name.contains("long") && base.size == 4 => BaseKind::ULong,
        (_, true) => BaseKind::Int,
        (_, false) => BaseKind::UInt,
    };
    Base::new(kind, u8::try_from(base.size).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbols::source::SymbolSource;
    use crate::symbols::types::{TypeSource, layout};
    use std::cell::Cell;
    use std::io::Write;

    const TABLE: &str = r#"{
        "metadata": {"format": "6.1.0", "windows": {"pdb": {"GUID": "5278AFF86C341677D7D7835C85B7B844", "age": 2, "database": "x.pdb"}}},
        "base_types": {"unsigned long": {"size": 4, "signed": false, "kind": "int", "endian": "little"},
                       "pointer": {"size": 8, "signed": false, "kind": "int", "endian": "little"}},
        "user_types": {"_B": {"size": 16, "kind": "struct", "fields": {
            "Low": {"offset": 0, "type": {"kind": "bitfield", "bit_position": 0, "bit_length": 3,
                     "type": {"kind": "base", "name": "unsigned long"}}},
            "Next": {"offset": 8, "type": {"kind": "pointer", "subtype": {"kind": "struct", "name": "_B"}}},
            "High": {"offset": 0, "type": {"kind": "bitfield", "bit_position": 3, "bit_length": 29,
                     "type": {"kind": "base", "name": "unsigned long"}}}}},
            "_A": {"size": 32, "kind": "struct", "fields": {
            "Both": {"offset": 0, "type": {"kind": "array", "count": 2, "subtype": {"kind": "struct", "name": "_B"}}}}}},
        "enums": {"_E": {"size": 4, "base": "unsigned long", "constants": {"B": 1, "A": 0}}},
        "symbols": {"KeFoo": {"address": 4096}, "strlwr": {"address": 8192}}}"#;

    fn write(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.json");
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn types_and_names() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(TABLE.as_bytes()).unwrap();
        let mut xz = Vec::new();
        let mut packer = liblzma::write::XzEncoder::new(&mut xz, 6);
        packer.write_all(TABLE.as_bytes()).unwrap();
        packer.finish().unwrap();
        for bytes in [TABLE.as_bytes().to_vec(), gzip.finish().unwrap(), xz] {
            let (_folder, path) = write(&bytes);
            let isf = Isf::open(&path).unwrap();
            assert_eq!(isf.identity().key(), "5278AFF86C341677D7D7835C85B7B8442");
            let both = layout::field(&isf, "_A", "Both[1].Next").unwrap();
            assert_eq!((both.offset, both.size), (24, 8));
            let high = layout::field(&isf, "_B", "High").unwrap();
            assert_eq!(high.bits, Some((3, 29)));
            assert_eq!(isf.nearest(5000).unwrap().name, "KeFoo");
            assert_eq!(isf.by_name("_strlwr")[0].rva, 8192);
            let Some(Type::Enum(e)) = isf.get(isf.find("_E").unwrap()) else { panic!() };
            assert_eq!(e.values, [("A".to_owned(), 0), ("B".to_owned(), 1)]);
        }
    }

    #[test]
    fn what_is_no_table_is_refused_with_a_reason() {
        for (bytes, reason) in [
            (&b"{}"[..], "not Volatility 3 JSON"),
            (b"<html>", "not Volatility 3 JSON"),
            (b"\xfd7zXZ\0broken", "unpacked"),
            (b"\x1f\x8bbroken", "unpacked"),
        ] {
            let (_folder, path) = write(bytes);
            let error = Isf::open(&path).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_large_table_is_left_in_the_middle() {
        let (head, tail) = TABLE.split_once("\"symbols\": {").unwrap();
        let mut text = format!("{head}\"symbols\": {{");
        for at in 0..100_000u32 {
            text += &format!("\"Name{at}\": {{\"address\": {at}}},");
        }
        text += tail;
        let mut xz = Vec::new();
        let mut packer = liblzma::write::XzEncoder::new(&mut xz, 0);
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap();
        for bytes in [text.into_bytes(), xz] {
            let (_folder, path) = write(&bytes);
            let asked = Cell::new(0usize);
            let after = |limit: usize| {
                asked.set(0);
                let stop = || {
                    asked.set(asked.get() + 1);
                    asked.get() > limit
                };
                (open(&path, &stop).err(), open_names(&path, &|| false).is_ok())
            };
            assert!(matches!(after(usize::MAX), (None, true)));
            // Of a hundred questions and more while it is read and as many later, each ends the reading.
            let all = asked.get();
            assert!(all > 400, "{all}");
            for limit in [0, all / 10, all / 3, all / 2, all - 1] {
                let error = after(limit).0.expect("it was stopped").to_string();
                assert!(error.contains("stopped"), "{error}");
                // The layers on the way out may each ask once more, and read nothing.
                assert!(asked.get() <= limit + 10, "{} of {limit}", asked.get());
            }
        }
    }
}
