use std::sync::Arc;

use super::super::words::Style;
use super::*;
use crate::symbols::types::table::TypeTable;
use crate::symbols::types::{Enum, Field, Function, TypeSource, UdtKind};

struct Table(TypeTable);

impl TypeSource for Table {
    fn type_table(&self) -> Option<&TypeTable> {
        Some(&self.0)
    }
    fn type_origin(&self) -> String {
        "test".to_owned()
    }
}

const BASE: u64 = 0xfffff801_00001000;

/// Memory of 0x100 bytes at `BASE`.
fn memory(parts: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0u8; 0x100];
    for (at, part) in parts {
        bytes[*at..*at + part.len()].copy_from_slice(part);
    }
    bytes
}

fn shown(table: TypeTable, id: TypeId, bytes: &[u8], address: u64) -> String {
    let table = Table(table);
    let read = |at: u64, buffer: &mut [u8]| {
        let part = usize::try_from(at.wrapping_sub(BASE))
            .ok()
            .and_then(|from| bytes.get(from..)?.get(..buffer.len()));
        part.is_some_and(|part| {
            buffer.copy_from_slice(part);
            true
        })
    };
    let name = |at: u64| (at == BASE).then(|| "nt!Func+0".to_owned());
    let view = View::new(&table, &read, &name, &|_| None);
    value(&view, id, address, Style::PLAIN).text
}

fn structure(table: &mut TypeTable, name: &str, size: u64) -> TypeId {
    let id = table.declare(UdtKind::Struct, name);
    let udt = Udt {
        kind: UdtKind::Struct,
        name: name.to_owned(),
        size,
        elements: 1,
        complete: true,
        fields: vec![Field { name: "X".to_owned(), offset: 0, ty: id }],
        bases: Vec::new(),
        statics: Vec::new(),
        methods: Vec::new(),
    };
    table.define(id, name, Type::Udt(Arc::new(udt)));
    id
}

/// The texts are those of the table of forms in the command specification.
#[test]
fn structures_with_a_form_of_their_own() {
    let at = |offset: u64| (BASE + offset).to_le_bytes();
    let string = [&[8u8, 0, 10, 0, 0, 0, 0, 0][..], &at(0x40)].concat();
    let wide: Vec<u8> = r"\A驱b".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let lost = [&[8u8, 0, 8, 0, 0, 0, 0, 0][..], &0x1000u64.to_le_bytes()].concat();
    let list = [at(0x10), at(0x20)].concat();
    let narrow = [0x40_1010u32, 0x40_1020].into_iter().flat_map(u32::to_le_bytes).collect();
    let cases: [(&str, u64, Vec<u8>, &str); 8] = [
        // By the size of its pointers: that of a 32-bit image.
        ("_LIST_ENTRY", 8, narrow, "_LIST_ENTRY [ 0x00401010 - 0x00401020 ]"),
        ("_UNICODE_STRING", 16, string, "_UNICODE_STRING \"\\A驱b\""),
        ("_UNICODE_STRING", 16, vec![0; 16], "_UNICODE_STRING \"\""),
        (
            "_UNICODE_STRING",
            16,
            lost,
            "_UNICODE_STRING \"--- memory read error at address 0x00000000`00001000 ---\"",
        ),
        ("_LIST_ENTRY", 16, list, "_LIST_ENTRY [ 0xfffff801`00001010 - 0xfffff801`00001020 ]"),
        (
            "_LARGE_INTEGER",
            8,
            0x01d7_07f2_3d2f_2418u64.to_le_bytes().to_vec(),
            "_LARGE_INTEGER 0x01d707f2`3d2f2418",
        ),
        ("_LARGE_INTEGER", 8, vec![0; 8], "_LARGE_INTEGER 0x0"),
        ("_GUID", 16, (0u8..16).collect(), "_GUID {03020100-0504-0706-0809-0a0b0c0d0e0f}"),
    ];
    for (name, size, bytes, want) in cases {
        let mut table = TypeTable::default();
        let id = structure(&mut table, name, size);
        let memory = memory(&[(0, &bytes), (0x40, &wide)]);
        assert_eq!(shown(table, id, &memory, BASE), want);
    }
    let mut table = TypeTable::default();
    let id = structure(&mut table, "_KEVENT", 24);
    assert_eq!(shown(table, id, &memory(&[]), BASE), "_KEVENT");
}

#[test]
fn pointers() {
    let at = |offset: u64| (BASE + offset).to_le_bytes();
    let show = |make: &dyn Fn(&mut TypeTable) -> TypeId, bytes: &[(usize, &[u8])]| {
        let mut table = TypeTable::default();
        let target = make(&mut table);
        let id = table.pointer(target, 8);
        shown(table, id, &memory(bytes), BASE)
    };
    let base = |kind, size| move |table: &mut TypeTable| table.base(Base::new(kind, size));
    let void = base(BaseKind::Void, 0);
    assert_eq!(show(&void, &[]), "(null) ");
    assert_eq!(show(&void, &[(0, &at(8))]), "0xfffff801`00001008 Void");
    let long = base(BaseKind::UInt, 8);
    assert_eq!(show(&long, &[(0, &at(8)), (8, &[0xff, 0xff])]), "0xfffff801`00001008  -> 0xffff");
    let chars = base(BaseKind::Char, 1);
    assert_eq!(show(&chars, &[(0, &at(8)), (8, b"ntfs\0")]), "0xfffff801`00001008  \"ntfs\"");
    let function = |table: &mut TypeTable| {
        let result = table.base(Base::new(BaseKind::Void, 0));
        table.single(Type::Function(Arc::new(Function { result, parameters: Vec::new(), class: None })))
    };
    assert_eq!(show(&function, &[(0, &at(0))]), "0xfffff801`00001000     void  nt!Func+0");
    let list = |table: &mut TypeTable| structure(table, "_LIST_ENTRY", 16);
    assert_eq!(
        show(&list, &[(0, &at(0))]),
        "0xfffff801`00001000 _LIST_ENTRY [ 0xfffff801`00001000 - 0x00000000`00000000 ]"
    );
    assert_eq!(show(&list, &[(0, &0x10u64.to_le_bytes())]), "0x00000000`00000010 _LIST_ENTRY");
}

#[test]
fn arrays_enumerations_and_what_cannot_be_read() {
    let show = |make: &dyn Fn(&mut TypeTable) -> TypeId, bytes: &[u8], address| {
        let mut table = TypeTable::default();
        let id = make(&mut table);
        shown(table, id, &memory(&[(0, bytes)]), address)
    };
    let array = |kind, size, count| {
        move |table: &mut TypeTable| {
            let element = table.base(Base::new(kind, size));
            table.array(element, count)
        }
    };
    assert_eq!(show(&array(BaseKind::UChar, 1, 15), b"System\0x", BASE), "[15]  \"System\"");
    assert_eq!(show(&array(BaseKind::UChar, 1, 4), b"P\x1c\x89)", BASE), "[4]  \"P???\"");
    assert_eq!(show(&array(BaseKind::UInt, 8, 2), &[0x10, 1], BASE), "[2] 0x110");
    assert_eq!(
        show(&array(BaseKind::UChar, 1, 2), &[], 0x2ee),
        "[2]  \"--- memory read error at address 0x00000000`000002ee ---\""
    );
    assert_eq!(show(&array(BaseKind::UInt, 2, 16), &[], 0), "[16] ??");
    let reason = |table: &mut TypeTable| {
        let base = Base::new(BaseKind::Int, 4);
        let id = table.declare_enum("_KWAIT_REASON", base);
        let e = Enum {
            name: "_KWAIT_REASON".to_owned(),
            base: table.base(base),
            size: 4,
            complete: true,
            values: vec![("Executive".to_owned(), 0), ("WrQueue".to_owned(), 15)],
        };
        table.define(id, "_KWAIT_REASON", Type::Enum(Arc::new(e)));
        id
    };
    assert_eq!(show(&reason, &[15], BASE), "0n15 ( WrQueue )");
    assert_eq!(show(&reason, &[0], BASE), "0 ( Executive )");
    assert_eq!(show(&reason, &[77], BASE), "0n77 (No matching name)");
    assert_eq!(show(&reason, &[], 0), "??");
    let bits = |table: &mut TypeTable| {
        let base = table.base(Base::new(BaseKind::ULong, 4));
        table.bitfield(base, 4, 7)
    };
    assert_eq!(show(&bits, &[0x80], BASE), "0y0001000 (0x8)");
    assert_eq!(show(&bits, &[], 0), "??");
}

/// A pointer chain of the type to itself ends.
#[test]
fn chains_end() {
    let mut table = TypeTable::default();
    let void = table.base(Base::new(BaseKind::Void, 0));
    let mut id = void;
    for _ in 0..100 {
        id = table.pointer(id, 8);
    }
    let memory = memory(&[(0, &BASE.to_le_bytes())]);
    let text = shown(table, id, &memory, BASE);
    assert!(text.starts_with("0xfffff801`00001000  -> "), "{text}");
}
