use super::*;
use crate::dump::Machine;
use crate::util::language::Language;

const WINDOWS: Windows = Windows { build: 19041, machine: Machine::Amd64 };

/// Numbers from the public kit's `bugcodes.h`.
#[test]
fn codes_are_found_in_every_block() {
    for (code, name) in [
        (0x1, "APC_INDEX_MISMATCH"),
        (0x7f, "UNEXPECTED_KERNEL_MODE_TRAP"),
        (0xc4, "DRIVER_VERIFIER_DETECTED_VIOLATION"),
        (0xc5, "DRIVER_CORRUPTED_EXPOOL"),
        (0x139, "KERNEL_SECURITY_CHECK_FAILURE"),
        (0xc000_021a, "WINLOGON_FATAL_ERROR"),
        (0x1000_008e, "KERNEL_MODE_EXCEPTION_NOT_HANDLED_M"),
    ] {
        assert_eq!(BugCheck::find(code).map(|check| check.name).as_deref(), Some(name), "{code:#x}");
    }
    for code in [0, 0xfffe, 0x1000_0001, u32::MAX] {
        assert_eq!(BugCheck::find(code), None, "{code:#x}");
    }
}

#[test]
fn small_dump_codes_stand_for_plain_ones_unless_they_are_documented() {
    assert_eq!(BugCheck::of(0x1000_007e).map(|check| check.code()), Some(0x1000_007e));
    assert_eq!(BugCheck::of(0x1000_00d1).map(|check| check.code()), Some(0xd1));
    assert_eq!(BugCheck::of(0xa000_0001), None);
    assert_eq!(decode_user_code(0xa000_0001), Some(1));
}

#[test]
fn statuses_are_known_in_both_widths() {
    for status in [0xc000_0005, 0xffff_ffff_c000_0005] {
        let explained = explain(0x3b, [status, 0, 0, 0], WINDOWS).expect("documented");
        let texts: Vec<_> =
            explained.arguments[0].values.iter().map(|text| text.in_language(Language::English)).collect();
        assert_eq!(texts, ["access violation: an invalid address was read, written or executed"]);
    }
    let explained = explain(0x3b, [0x1_c000_0005, 0, 0, 0], WINDOWS).expect("documented");
    assert!(explained.arguments[0].values.is_empty());
}

/// A case that words a parameter anew takes its kind along.
#[test]
fn kinds_follow_the_wording() {
    // 0x7A: parameter 3 is unused with lock type 3 and no in-page structure, and an address with one.
    let kind =
        |third| explain(0x7a, [3, 0, third, 0], WINDOWS).expect("documented").arguments[2].kind.clone();
    assert_eq!(kind(0), ParameterKind::Unused);
    assert_eq!(kind(0xffff_8000_0000_1000), ParameterKind::Address);
}
