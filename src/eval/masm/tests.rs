use super::*;
use crate::memory::{ReadError, Reason};
use crate::session::Radix;

struct Host;

impl EvalHost for Host {
    fn register(&self, name: &str) -> Option<u64> {
        match name {
            "rsp" => Some(0x1000),
            "$t1" => Some(5),
            "$ip" => Some(0x77),
            "edx" => Some(0x8000_0000),
            _ => None,
        }
    }
    fn symbol(&self, name: &str) -> Option<u64> {
        (name == "nt!Foo" || name == "nt").then_some(0xffff_f804_0000_0000)
    }
    fn read(&self, place: &Place, size: usize) -> Result<u64, ReadError> {
        match place.address() {
            Some(0x1000) => Ok(0x1122_3344_5566_7788 & (u64::MAX >> (64 - 8 * size))),
            _ => Err(ReadError::new(place.at, Reason::NoMemory)),
        }
    }
    fn readable(&self, address: u64, length: u64) -> bool {
        address == 0x1000 && length <= 8
    }
    fn radix(&self) -> Radix {
        Radix::Hex
    }
    fn pointer_size(&self) -> usize {
        8
    }
    fn extends_sign(&self) -> bool {
        true
    }
    fn register_size(&self, name: &str) -> usize {
        if name == "edx" { 4 } else { 8 }
    }
}

fn fault(text: &str) -> Fault {
    evaluate(text, &Host).expect_err(text).fault
}

fn value(text: &str) -> u64 {
    evaluate(text, &Host).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn numbers_in_every_radix() {
    assert_eq!(value("10"), 0x10);
    assert_eq!(value("0n10"), 10);
    assert_eq!(value("0t17"), 15);
    assert_eq!(value("0y101"), 5);
    assert_eq!(value("0bh"), 0xb);
    assert_eq!(value("fffff804`7ba00000"), 0xffff_f804_7ba0_0000);
    assert_eq!(value("'ab'"), 0x6162);
}

#[test]
fn operators_bind_as_in_masm() {
    assert_eq!(value("1|2^3&4"), 0);
    assert_eq!(value("6&3==3"), 0);
    assert_eq!(value("-1/2"), 0);
    assert_eq!(value("80000000/2"), 0xffff_ffff_c000_0000);
    assert_eq!(value("~1"), 0);
    assert_eq!(value("1<<41"), 2);
    assert_eq!(value("1!=1"), 0);
    assert_eq!(value("@$t1!=5"), 0);
    assert_eq!(value("0n10*3+(5<<2)"), 50);
    assert_eq!(value("1+2*3"), 7);
    assert_eq!(value("7 and 3 or 8"), 11);
    assert_eq!(value("-1"), u64::MAX);
    assert_eq!(value("not 5"), 0);
    assert_eq!(value("hi(12345678)"), 0x1234);
    assert_eq!(value("8000000000000000 >>> 3f"), u64::MAX);
    assert_eq!(value("5 mod 3"), 2);
    assert_eq!(value("-1 < 0"), 1);
}

#[test]
fn registers_symbols_and_memory() {
    assert_eq!(value("@rsp+8"), 0x1008);
    assert_eq!(value("poi(@rsp)"), 0x1122334455667788);
    assert_eq!(value("dwo(rsp)"), 0x55667788);
    assert_eq!(value("by(@rsp)"), 0x88);
    assert_eq!(value("nt!Foo+10"), 0xffff_f804_0000_0010);
    assert_eq!(value("@$t1*2"), 10);
    assert_eq!(value("."), 0x77);
    assert_eq!(value("$vvalid(@rsp, 8)"), 1);
    assert_eq!(value("$vvalid(0, 8)"), 0);
}

#[test]
fn a_prefix_ends_where_no_operator_follows() {
    assert_eq!(evaluate_prefix("@rsp L40", &Host), Ok((0x1000, " L40")));
    assert_eq!(evaluate_prefix("1000 2000", &Host), Ok((0x1000, " 2000")));
    assert_eq!(evaluate_prefix("@rsp + 8 rest", &Host), Ok((0x1008, " rest")));
}

#[test]
fn errors_name_the_place() {
    assert_eq!(evaluate("@foo", &Host), Err(EvalError::new(Fault::Register, "@foo")));
    assert_eq!(evaluate("nosuch", &Host), Err(EvalError::new(Fault::Unresolved, "nosuch")));
    let Fault::Lack(lack) = fault("poi(5)") else { panic!("no lack") };
    assert!(matches!(*lack, Lack::Unreadable { why: ReadError { address: 5, .. }, .. }), "{lack}");
    assert!(matches!(fault("1/0"), Fault::Operand));
    assert!(matches!(fault("1 2"), Fault::Extra));
    assert!(matches!(fault("11112222333344445"), Fault::Overflow));
    assert!(matches!(fault(&"(".repeat(5000)), Fault::TooDeep));
    assert!(matches!(fault(&"-".repeat(5000)), Fault::TooDeep));
}

/// What extends its sign, from the documentation and the reference transcripts.
#[test]
fn signs_of_32_bits() {
    assert_eq!(value("80000000"), 0xffff_ffff_8000_0000);
    assert_eq!(value("0`80000000"), 0x8000_0000);
    assert_eq!(value("-80000000"), 0x8000_0000);
    assert_eq!(value("edx"), 0xffff_ffff_8000_0000);
    assert_eq!(value("@edx"), 0x8000_0000);
}

/// What each error blames, from reference transcripts.
#[test]
fn errors_blame_the_token_of_the_reference() {
    for (text, shown) in [
        ("fh", "Couldn't resolve error at 'fh'"),
        ("0y2", "Syntax error at '0y2'"),
        ("1&&1", "Numeric expression missing from '&1'"),
        ("1 mod 0", "Operand error at '0'"),
        ("1+", "Numeric expression missing from '<EOL>'"),
        ("1+*2", "Numeric expression missing from '*2'"),
        ("(1", "Syntax error at '<EOL>'"),
        ("{1}", "Syntax error at '{1}'"),
        ("!1", "Couldn't resolve error at '!1'"),
        ("$foo(1)", "Couldn't resolve error at '$foo(1)'"),
        ("poi", "Numeric expression missing from '<EOL>'"),
        ("poi()", "Numeric expression missing from ')'"),
        ("poi 0", "Memory access error at '0'"),
        ("poi(0)", "Memory access error at ')'"),
        ("@@c++(1", "Syntax error at '@@c++(1'"),
        ("@@c++(1+)", "Syntax error at ')'"),
        ("@@(", "Syntax error at '<EOL>'"),
        ("$scmp(\"a\")", "Syntax error at '(\"a\")'"),
        ("$scmp(\"a\",\"b\"", "Syntax error at '<EOL>'"),
    ] {
        assert_eq!(evaluate(text, &Host).expect_err(text).to_string(), shown);
    }
}

#[test]
fn strings_are_compared_and_matched() {
    assert_eq!(value("$scmp(\"b\",\"a\")"), 1);
    assert_eq!(value("$scmp(\"abc\",\"ABC\")"), 1);
    assert_eq!(value("$sicmp(\"abc\",\"ABC\")"), 0);
    assert_eq!(value("$spat(\"abc\",\"A*\")"), 1);
    assert_eq!(value("$spat(\"aaab\",\"a#b\")"), 1);
    assert_eq!(value("$spat(\"a+b\",\"a+\")"), 0);
}
