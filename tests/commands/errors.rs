//! `!error` and `!ntstatus`: names and numbers as the public headers have them.

use crate::forge::root;
use crate::golden::{run, session};

#[test]
fn codes_are_named_in_every_reading_that_has_a_name() {
    let mut session = session(&root().join("tests/data/wifi-full.dmp.gz"));
    for (command, lines) in [
        (
            "!error c000009a",
            &["Error code: (NTSTATUS) 0xc000009a (3221225626) - STATUS_INSUFFICIENT_RESOURCES"][..],
        ),
        (
            "!error ffffffffc0000005",
            &["Error code: (NTSTATUS) 0xc0000005 (3221225477) - STATUS_ACCESS_VIOLATION"],
        ),
        (
            "!error 80070020",
            &[
                "Error code: (HRESULT) 0x80070020 (2147942432) - error, facility 7 (WIN32), code 0x20",
                "Error code: (Win32) 0x20 (32) - ERROR_SHARING_VIOLATION",
            ],
        ),
        ("!error c0000005 1", &["Error code: (NTSTATUS) 0xc0000005 (3221225477) - STATUS_ACCESS_VIOLATION"]),
        (
            "!ntstatus c0de1234",
            &["Error code: (NTSTATUS) 0xc0de1234 (3235779124) - no name; error, facility de, code 0x1234"],
        ),
    ] {
        assert_eq!(run(&mut session, command).unwrap(), lines, "{command}");
    }
    let bug_check = run(&mut session, "!error d1").unwrap();
    assert!(
        bug_check.contains(&"Error code: (Bug check) 0xd1 (209) - DRIVER_IRQL_NOT_LESS_OR_EQUAL".to_owned())
    );
    assert!(run(&mut session, "!error 1234567890").is_err());
    assert!(run(&mut session, "!error").is_err());
}
