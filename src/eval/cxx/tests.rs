use super::*;
use crate::debuggee::{FoundType, Place, Store};
use crate::memory::{ReadError, Reason};
use crate::session::Radix;
use crate::symbols::layouts::{Version, choose};
use crate::symbols::types::{Base, BaseKind, TypeSource};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// Memory holds, at each multiple of 8, that address plus 1.
struct Host {
    types: Arc<dyn TypeSource>,
    pointer: usize,
}

impl Host {
    fn new() -> Host {
        static LAYOUT: OnceLock<Arc<dyn TypeSource>> = OnceLock::new();
        let layout =
            LAYOUT.get_or_init(|| Arc::new(choose(Version([10, 0, 19041, 1288]), None).expect("a layout")));
        Host { types: Arc::clone(layout), pointer: 8 }
    }
}

impl EvalHost for Host {
    fn register(&self, name: &str) -> Option<u64> {
        match name {
            "rsp" => Some(0x1000),
            "$proc" => Some(0x8000),
            _ => None,
        }
    }
    fn register_type(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "$proc").then_some("nt!_EPROCESS *".into())
    }
    fn symbol(&self, name: &str) -> Option<u64> {
        (name == "nt!Foo").then_some(0x7000)
    }
    fn find_type(&self, name: &str) -> Option<FoundType> {
        let name = name.strip_prefix("nt!").unwrap_or(name);
        Some(FoundType {
            module: "nt".to_owned(),
            base: 0,
            id: self.types.find(name)?,
            source: Arc::clone(&self.types),
        })
    }
    fn read(&self, place: &Place, size: usize) -> Result<u64, ReadError> {
        if let Store::Held(bytes) = &place.store {
            let part = bytes.get(place.at as usize..place.at as usize + size);
            let part = part.ok_or(ReadError::new(place.at, Reason::EndOfSpace))?;
            return Ok(part.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)));
        }
        match place.address() {
            Some(address) if address < 0x10_0000 => Ok((address + 1) & (u64::MAX >> (64 - 8 * size))),
            _ => Err(ReadError::new(place.at, Reason::NoMemory)),
        }
    }
    fn local(&self, name: &str) -> Option<Result<Typed, EvalError>> {
        // A LIST_ENTRY and an array of two numbers that registers hold.
        let ty = match name {
            "entry" => CType::of(&self.find_type("_LIST_ENTRY")?),
            "pair" => CType::Array(Box::new(CType::U64), 2),
            _ => return None,
        };
        let bytes: Vec<u8> = [0x1234u64, 0x5678].into_iter().flat_map(u64::to_le_bytes).collect();
        Some(Ok(Typed::at(ty, Place::held(&bytes))))
    }
    fn readable(&self, _: u64, _: u64) -> bool {
        true
    }
    fn radix(&self) -> Radix {
        Radix::Hex
    }
    fn pointer_size(&self) -> usize {
        self.pointer
    }
}

fn shown(text: &str) -> String {
    let host = Host::new();
    match evaluate_prefix(text, &host).map(|(value, _)| (value.ty.name(), value.load(&host))) {
        Ok((ty, Ok(value))) => format!("{ty} {value:#x}"),
        Ok((_, Err(fault))) => format!("error: {fault:?}"),
        Err(error) => format!("error: {error}"),
    }
}

/// Types and values as the reference engine gives them for the same expressions.
#[test]
fn types_follow_c() {
    for (text, expected) in [
        ("5", "int 0x5"),
        ("0x10 + 10", "int 0x1a"),
        ("1 + 2 * 3 - 4 / 2", "int 0x5"),
        ("-1", "int 0xffffffffffffffff"),
        ("5u", "unsigned int 0x5"),
        ("(unsigned char)0x1ff", "unsigned char 0xff"),
        ("(char)0xff", "char 0xffffffffffffffff"),
        ("(long)5", "long 0x5"),
        ("@rsp", "unsigned int64 0x1000"),
        ("@rsp & 0xf00 | 1", "unsigned int64 0x1"),
        ("3 > 2", "bool 0x1"),
        ("-1 < 0 && 2 == 2", "bool 0x1"),
        ("0 ? 5 : 6", "int 0x6"),
        ("sizeof(nt!_LIST_ENTRY)", "unsigned int64 0x10"),
        ("sizeof(unsigned long *)", "unsigned int64 0x8"),
        ("#FIELD_OFFSET(nt!_EPROCESS, ImageFileName)", "long 0x5a8"),
        ("FIELD_OFFSET(nt!_KTHREAD, ApcState.Process)", "long 0xb8"),
        ("@@masm(10+10)", "unsigned int64 0x20"),
        ("@@(10)", "unsigned int64 0x10"),
        ("10ll", "int 0xa"),
        ("10i64", "int64 0xa"),
        ("4294967296", "int64 0x100000000"),
        ("18446744073709551615", "unsigned int64 0xffffffffffffffff"),
        ("0x80000000", "unsigned int 0x80000000"),
        ("1<<31", "int 0xffffffff80000000"),
        ("1<<32", "int 0x0"),
        ("-1>>1", "int 0xffffffffffffffff"),
        ("2147483647+1", "int 0xffffffff80000000"),
        ("1u+1", "unsigned int 0x2"),
        ("'\\n'", "char 0xa"),
        ("'a'+1", "int 0x62"),
        // Small integers stay small.
        ("(unsigned char)0xe1 + (unsigned char)0xf4", "unsigned char 0xd5"),
        ("(int)(char)200", "int 0xffffffffffffffc8"),
        ("sizeof(int[10])", "unsigned int64 0x28"),
        ("sizeof 5", "unsigned int64 0x4"),
        ("static_cast<int>(1.5)", "int 0x1"),
        ("(int)-1.9", "int 0xffffffffffffffff"),
        ("5.0/2 == 2.5", "bool 0x1"),
        ("(bool)5", "bool 0x1"),
        ("!(int *)0", "bool 0x1"),
        ("#RTL_NUMBER_OF(((nt!_EPROCESS*)@$proc)->ImageFileName)", "unsigned int64 0xf"),
        ("#RTL_CONTAINS_FIELD((nt!_EPROCESS*)0, 100, Pcb)", "bool 0x0"),
        ("#RTL_FIELD_SIZE(nt!_EPROCESS, ImageFileName)", "unsigned int64 0xf"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn members_pointers_and_arrays() {
    for (text, expected) in [
        ("@$proc", "struct _EPROCESS * 0x8000"),
        ("@$proc->UniqueProcessId", "void * 0x8441"),
        ("((nt!_EPROCESS*)@$proc)->Pcb.DirectoryTableBase", "unsigned int64 0x8029"),
        ("&@$proc->ActiveProcessLinks", "struct _LIST_ENTRY * 0x8448"),
        ("@$proc->ActiveProcessLinks.Flink", "struct _LIST_ENTRY * 0x8449"),
        ("&@$proc->ActiveProcessLinks.Flink->Blink", "struct _LIST_ENTRY ** 0x8451"),
        ("@$proc + 1", "struct _EPROCESS * 0x8a40"),
        ("(@$proc + 2) - @$proc", "int64 0x2"),
        ("((unsigned long *)@rsp)[2]", "unsigned long 0x1009"),
        ("*(unsigned short *)@rsp", "unsigned short 0x1001"),
        ("@$proc->ImageFileName[2]", "unsigned char 0xab"),
        ("CONTAINING_RECORD(0x8448, nt!_EPROCESS, ActiveProcessLinks)", "struct _EPROCESS * 0x8000"),
        ("nt!Foo", "void * 0x7000"),
        ("&nt!Foo", "void * 0x7000"),
        ("*(nt!_EPROCESS **)&nt!Foo", "struct _EPROCESS * 0x7001"),
        ("((nt!_KPRCB **)&nt!Foo)[1]", "struct _KPRCB * 0x7009"),
        // As in the reference a dot does not follow a pointer, and C's longer names of integers are not known.
        ("@$proc.UniqueProcessId", "error: Type is not struct/class/union for operator. '.UniqueProcessId'"),
        ("(unsigned __int64)1", "error: Couldn't resolve error at 'unsigned __int64)1'"),
        // A module may stand before a basic type; a pointer may be to an array.
        ("(nt!unsigned char)0x1ff", "unsigned char 0xff"),
        ("(*((nt!unsigned char (*)[2][4])0x1000))[1][1]", "unsigned char 0x6"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

/// What each error blames, from reference transcripts of the same expressions.
#[test]
fn errors_blame_the_token_of_the_reference() {
    for (text, expected) in [
        ("1/0", "Operand error at '<EOL>'"),
        ("1.0/0", "Operand error at '<EOL>'"),
        ("sizeof()", "Syntax error at ')'"),
        ("sizeof(foo)", "Couldn't resolve error at 'foo)'"),
        ("*(int*)0x100000000", "Memory access error at '<EOL>'"),
        ("@foo", "Bad register error at '@foo'"),
        ("$t0", "Unexpected character in '$t0'"),
        ("1 = 2", "Type conflict error at '= 2'"),
        ("1+", "Syntax error at '<EOL>'"),
        ("(1", "Unexpected token '<EOL>'"),
        ("1 ? 2", "Unexpected token '<EOL>'"),
        ("foo+1", "Couldn't resolve error at 'foo+1'"),
        ("[1]", "Syntax error at '[1]'"),
        ("#FOO(1)", "Syntax error at '#FOO(1)'"),
        ("#FIELD_OFFSET(", "Syntax error at '('"),
        ("#FIELD_OFFSET(nt!_NOSUCH, a)", "Couldn't resolve error at 'nt!_NOSUCH *)0)->a))'"),
        ("5->a", "Type is not pointer for operator-> '->a'"),
        ("->", "Syntax error at '->'"),
        ("(nt!_LIST_ENTRY)0", "Type conflict error at '<EOL>'"),
        ("((nt!_EPROCESS*)0x100000000)->UniqueProcessId", "Memory access error at 'UniqueProcessId'"),
        // Worked out by the same rules.
        ("@$proc->NoSuch", "Couldn't resolve error at 'NoSuch'"),
        ("*5", "No pointer for operator* '<EOL>'"),
        ("&5", "Type conflict error at '<EOL>'"),
        ("sizeof(void)", "Type conflict error at '(void)'"),
        ("@@masm(1+)", "Numeric expression missing from ')'"),
    ] {
        assert_eq!(shown(text), format!("error: {expected}"), "{text}");
    }
}

/// What is not asked for is not read: above 0x100000 there is no memory.
#[test]
fn one_side_is_enough() {
    for (text, expected) in [
        ("0 && *(int *)0x100000000", "bool 0x0"),
        ("1 || *(int *)0x100000000", "bool 0x1"),
        ("1 ? 5 : *(int *)0x100000000", "int 0x5"),
        ("0 ? *(int *)0x100000000 : 6", "int 0x6"),
        ("sizeof(*(int *)0x100000000 / 0)", "unsigned int64 0x4"),
        ("0 && 1/0", "bool 0x0"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
    assert!(shown("1 && *(int *)0x100000000").contains("Memory access error"));
}

#[test]
fn a_signed_bit_field_has_a_sign() {
    let at = |base, length| Typed {
        ty: CType::Base(base),
        kind: Kind::At { place: Place::memory(0xf8), bits: Some((4, length)) },
    };
    // Memory there holds 0xf9: bits 4 to 7 are 1111.
    let host = Host::new();
    assert_eq!(at(Base::new(BaseKind::Long, 4), 4).load(&host), Ok(u64::MAX));
    assert_eq!(at(Base::new(BaseKind::Long, 4), 5).load(&host), Ok(15));
    assert_eq!(at(Base::new(BaseKind::ULong, 4), 4).load(&host), Ok(15));
}

/// What registers hold has members and elements, but no address.
#[test]
fn what_registers_hold_is_read_from_them() {
    assert_eq!(shown("entry.Flink"), "struct _LIST_ENTRY * 0x1234");
    assert_eq!(shown("entry.Blink"), "struct _LIST_ENTRY * 0x5678");
    assert_eq!(shown("entry.Blink->Flink"), "struct _LIST_ENTRY * 0x5679");
    assert_eq!(shown("pair[1] + 1"), "unsigned int64 0x5679");
    for without in ["&entry", "&entry.Blink", "pair[2]", "pair + 1", "entry + 1"] {
        assert!(shown(without).starts_with("error: "), "{without}: {}", shown(without));
    }
}

#[test]
fn pointers_are_as_wide_as_the_targets() {
    let host = Host { pointer: 4, ..Host::new() };
    let value = |text| {
        evaluate(text, &host).and_then(|value| {
            Ok((value.ty.name(), value.load(&host).map_err(|fault| EvalError::new(fault, text))?))
        })
    };
    assert_eq!(value("sizeof(void *)"), Ok(("unsigned int".to_owned(), 4)));
    assert_eq!(value("((void **)0x1000)[1]"), Ok(("void *".to_owned(), 0x1005)));
    assert_eq!(value("(char *)0xffffffff + 2"), Ok(("char *".to_owned(), 1)));
    assert_eq!(value("(size_t)-1"), Ok(("unsigned long".to_owned(), 0xffff_ffff)));
}

#[test]
fn what_no_person_writes_is_refused() {
    assert!(shown(&"(".repeat(5000)).contains("nested"));
    assert!(shown(&"@@masm(@@c++(".repeat(5000)).contains("nested"));
    assert!(shown(&"-".repeat(5000)).contains("nested"));
    assert!(shown(&"1+".repeat(5000)).starts_with("error: "));
    let nested = (0..12).fold("1".to_owned(), |text, _| format!("#RTL_NUMBER_OF({text})"));
    assert!(shown(&nested).starts_with("error: "));
    assert!(shown(&format!("(int {})5", "*".repeat(5000))).starts_with("error: "));
}
