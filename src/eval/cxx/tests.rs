use super::*;
use crate::debuggee::FoundType;
use crate::session::Radix;
use crate::symbols::layouts::{Version, choose};
use crate::symbols::types::TypeSource;
use std::sync::{Arc, OnceLock};

/// Memory holds, at each multiple of 8, that address plus 1.
struct Host(Arc<dyn TypeSource>);

impl Host {
    fn new() -> Host {
        static LAYOUT: OnceLock<Arc<dyn TypeSource>> = OnceLock::new();
        let layout =
            LAYOUT.get_or_init(|| Arc::new(choose(Version([10, 0, 19041, 1288]), None).expect("a layout")));
        Host(Arc::clone(layout))
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
    fn register_type(&self, name: &str) -> Option<&'static str> {
        (name == "$proc").then_some("nt!_EPROCESS")
    }
    fn symbol(&self, name: &str) -> Option<u64> {
        (name == "nt!Foo").then_some(0x7000)
    }
    fn find_type(&self, name: &str) -> Option<FoundType> {
        let name = name.strip_prefix("nt!").unwrap_or(name);
        Some(FoundType {
            module: "nt".to_owned(),
            base: 0,
            id: self.0.find(name)?,
            source: Arc::clone(&self.0),
        })
    }
    fn memory(&self, address: u64, size: usize) -> Option<u64> {
        (address < 0x10_0000).then(|| (address + 1) & (u64::MAX >> (64 - 8 * size)))
    }
    fn readable(&self, _: u64, _: u64) -> bool {
        true
    }
    fn radix(&self) -> Radix {
        Radix::Hex
    }
    fn pointer_size(&self) -> usize {
        8
    }
}

fn shown(text: &str) -> String {
    let host = Host::new();
    match evaluate(text, &host).and_then(|value| Ok((value.ty.name(), value.load(&host, text)?))) {
        Ok((ty, value)) => format!("{ty} {value:#x}"),
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
        ("@@masm(10+10)", "int64 0x20"),
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
        // A dot does what an arrow does; a module may stand before a basic type; a pointer may be to an array.
        ("@$proc.UniqueProcessId", "void * 0x8441"),
        ("(nt!unsigned char)0x1ff", "unsigned char 0xff"),
        ("(*((nt!unsigned char (*)[2][4])0x1000))[1][1]", "unsigned char 0x6"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn errors_say_what_and_where() {
    for (text, part) in [
        ("@nope", "Bad register"),
        ("nt!NoSuch", "Couldn't resolve"),
        ("1 / 0", "Division by zero"),
        ("@$proc->NoSuch", "no such member"),
        ("*5", "no pointer to a known type"),
        ("*(int *)0x100000000", "Memory access error"),
        ("5 5", "Syntax error"),
        ("(", "Syntax error"),
        ("&5", "has no address"),
        ("sizeof(void)", "size of"),
    ] {
        let found = shown(text);
        assert!(found.starts_with("error: ") && found.contains(part), "{text}: {found}");
    }
    assert!(shown(&"(".repeat(5000)).contains("nested"));
    assert!(shown(&"@@masm(@@c++(".repeat(5000)).contains("nested"));
    assert!(shown(&"-".repeat(5000)).contains("nested"));
    assert!(shown(&format!("(int {})5", "*".repeat(5000))).starts_with("error: "));
}
