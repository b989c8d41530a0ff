//! Names of status codes, exception codes and fast-fail codes.

use crate::util::texts::{Texts, texts};

/// `code,name` of 2,714 status codes, the code in hexadecimal. Source: the values of NTSTATUS in MS-ERREF and the public
/// driver kit's `ntstatus.h`, by way of the `ntstatus` package of PyPI.
static STATUSES: Texts = texts!("ntstatus");

/// The name of a status code, as `STATUS_ACCESS_VIOLATION`; `None` for codes without one.
pub fn status_name(status: u32) -> Option<String> {
    let key = format!("{status:08x}");
    let name =
        STATUSES.get("ntstatus.csv").lines().find_map(|line| line.strip_prefix(&key)?.strip_prefix(','))?;
    Some(name.to_owned())
}

/// The status code in a parameter: 32 bits, perhaps sign-extended. `None` where the upper half holds something else.
pub fn low_half(value: u64) -> Option<u32> {
    let low = u32::try_from(value & 0xffff_ffff).ok()?;
    (value >> 32 == 0 || (value >> 32 == 0xffff_ffff && low >> 31 == 1)).then_some(low)
}

/// What the debugger calls an exception code; `None` for codes it has no words for.
pub fn exception_name(code: u32) -> Option<&'static str> {
    Some(match code {
        0x8000_0001 => "Guard page violation",
        0x8000_0002 => "Datatype misalignment",
        0x8000_0003 => "Break instruction exception",
        0x8000_0004 => "Single step exception",
        0xc000_0005 => "Access violation",
        0xc000_0006 => "In-page I/O error",
        0xc000_001d => "Illegal instruction",
        0xc000_0025 => "Noncontinuable exception",
        0xc000_008c => "Array bounds exceeded",
        0xc000_008e => "Floating point divide-by-zero",
        0xc000_0090 => "Invalid floating point operation",
        0xc000_0094 => "Integer divide-by-zero",
        0xc000_0095 => "Integer overflow",
        0xc000_0096 => "Privileged instruction",
        0xc000_00fd => "Stack overflow",
        0xc000_0374 => "Heap corruption",
        0xc000_0409 => "Security check failure or stack buffer overrun",
        0xc000_0420 => "Assertion failure",
        0xe06d_7363 => "C++ EH exception",
        _ => return None,
    })
}

/// The FAST_FAIL_* name of a fast-fail code. Source: the public SDK's `winnt.h`.
pub fn fast_fail_name(code: u64) -> Option<&'static str> {
    const NAMES: &[&str] = &[
        "FAST_FAIL_LEGACY_GS_VIOLATION",
        "FAST_FAIL_VTGUARD_CHECK_FAILURE",
        "FAST_FAIL_STACK_COOKIE_CHECK_FAILURE",
        "FAST_FAIL_CORRUPT_LIST_ENTRY",
        "FAST_FAIL_INCORRECT_STACK",
        "FAST_FAIL_INVALID_ARG",
        "FAST_FAIL_GS_COOKIE_INIT",
        "FAST_FAIL_FATAL_APP_EXIT",
        "FAST_FAIL_RANGE_CHECK_FAILURE",
        "FAST_FAIL_UNSAFE_REGISTRY_ACCESS",
        "FAST_FAIL_GUARD_ICALL_CHECK_FAILURE",
        "FAST_FAIL_GUARD_WRITE_CHECK_FAILURE",
        "FAST_FAIL_INVALID_FIBER_SWITCH",
        "FAST_FAIL_INVALID_SET_OF_CONTEXT",
        "FAST_FAIL_INVALID_REFERENCE_COUNT",
        "",
        "",
        "",
        "FAST_FAIL_INVALID_JUMP_BUFFER",
        "FAST_FAIL_MRDATA_MODIFIED",
        "FAST_FAIL_CERTIFICATION_FAILURE",
        "FAST_FAIL_INVALID_EXCEPTION_CHAIN",
        "FAST_FAIL_CRYPTO_LIBRARY",
        "FAST_FAIL_INVALID_CALL_IN_DLL_CALLOUT",
        "FAST_FAIL_INVALID_IMAGE_BASE",
        "FAST_FAIL_DLOAD_PROTECTION_FAILURE",
        "FAST_FAIL_UNSAFE_EXTENSION_CALL",
        "FAST_FAIL_DEPRECATED_SERVICE_INVOKED",
        "FAST_FAIL_INVALID_BUFFER_ACCESS",
        "FAST_FAIL_INVALID_BALANCED_TREE",
        "FAST_FAIL_INVALID_NEXT_THREAD",
        "FAST_FAIL_GUARD_ICALL_CHECK_SUPPRESSED",
        "FAST_FAIL_APCS_DISABLED",
        "FAST_FAIL_INVALID_IDLE_STATE",
        "FAST_FAIL_MRDATA_PROTECTION_FAILURE",
        "FAST_FAIL_UNEXPECTED_HEAP_EXCEPTION",
        "FAST_FAIL_INVALID_LOCK_STATE",
        "FAST_FAIL_GUARD_JUMPTABLE",
        "FAST_FAIL_INVALID_LONGJUMP_TARGET",
        "FAST_FAIL_INVALID_DISPATCH_CONTEXT",
        "FAST_FAIL_INVALID_THREAD",
        "FAST_FAIL_INVALID_SYSCALL_NUMBER",
        "FAST_FAIL_INVALID_FILE_OPERATION",
        "FAST_FAIL_LPAC_ACCESS_DENIED",
        "FAST_FAIL_GUARD_SS_FAILURE",
        "FAST_FAIL_LOADER_CONTINUITY_FAILURE",
        "FAST_FAIL_GUARD_EXPORT_SUPPRESSION_FAILURE",
        "FAST_FAIL_INVALID_CONTROL_STACK",
        "FAST_FAIL_SET_CONTEXT_DENIED",
        "FAST_FAIL_INVALID_IAT",
        "FAST_FAIL_HEAP_METADATA_CORRUPTION",
        "FAST_FAIL_PAYLOAD_RESTRICTION_VIOLATION",
    ];
    NAMES.get(usize::try_from(code).ok()?).copied().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from MS-ERREF.
    #[test]
    fn status_codes_have_their_names() {
        assert_eq!(status_name(0xc000_0005).as_deref(), Some("STATUS_ACCESS_VIOLATION"));
        assert_eq!(status_name(0xc000_000e).as_deref(), Some("STATUS_NO_SUCH_DEVICE"));
        assert_eq!(status_name(0).as_deref(), Some("STATUS_SUCCESS"));
        assert_eq!(status_name(0xc0de_0005), None);
    }

    #[test]
    fn only_a_sign_extends_a_status() {
        assert_eq!(low_half(0xffff_ffff_c000_0005), Some(0xc000_0005));
        assert_eq!(low_half(0xc000_0005), Some(0xc000_0005));
        assert_eq!(low_half(0xffff_ffff_0000_0005), None);
        assert_eq!(low_half(0xffff_f803_c000_0005), None);
    }

    #[test]
    fn fast_fail_codes_have_their_numbers() {
        assert_eq!(fast_fail_name(3), Some("FAST_FAIL_CORRUPT_LIST_ENTRY"));
        assert_eq!(fast_fail_name(0x1d), Some("FAST_FAIL_INVALID_BALANCED_TREE"));
        assert_eq!(fast_fail_name(0x25), Some("FAST_FAIL_GUARD_JUMPTABLE"));
        assert_eq!(fast_fail_name(15), None);
        assert_eq!(fast_fail_name(u64::MAX), None);
    }
}
