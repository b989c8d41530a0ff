//! Events as the public documentation of each gives their fields, made by hand.

use super::*;
use crate::words::Language;

fn event(provider: &str, id: u32, level: u8, data: &[(&str, &str)]) -> Event {
    Event {
        record: 1,
        time: 2,
        provider: provider.to_owned(),
        id,
        level,
        computer: "PC".to_owned(),
        data: data.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

fn said(event: &Event) -> (Kind, String) {
    let entry = classify(event).expect("it matters");
    (entry.kind, entry.words().in_language(Language::English).into_owned())
}

#[test]
fn a_bug_check_has_its_code_its_arguments_and_its_dump() {
    let named = event(
        "Microsoft-Windows-WER-SystemErrorReporting",
        1001,
        2,
        &[
            (
                "param1",
                "0x0000001a (0x0000000000041792, 0xffff840000000008, 0x0000002000000000, 0x0000000000000000)",
            ),
            ("param2", "C:\\Windows\\MEMORY.DMP"),
            ("param3", "id"),
        ],
    );
    let entry = classify(&named).expect("a crash");
    let parameters = [0x41792, 0xffff_8400_0000_0008, 0x20_0000_0000, 0];
    assert_eq!(entry.check, Some(Check { code: 0x1a, parameters }));
    assert_eq!(entry.get("dump"), Some("C:\\Windows\\MEMORY.DMP"));
    // Without names, as older Windows wrote it.
    let bare = event("BugCheck", 1001, 2, &[("", "0x0000009f (0x3, 0x1, 0x2, 0x4)"), ("", "")]);
    assert_eq!(classify(&bare).and_then(|entry| entry.check).map(|check| check.code), Some(0x9f));
    for damaged in ["", "0x1a", "0x1a (0x1, 0x2)", "1a (1, 2, 3, 4)", "0x11111111a (0x1, 0x2, 0x3, 0x4)"] {
        assert_eq!(classify(&event("BugCheck", 1001, 2, &[("param1", damaged)])), None, "{damaged}");
    }
}

#[test]
fn a_restart_tells_what_came_before_it() {
    let power = |data: &[(&str, &str)]| said(&event("Microsoft-Windows-Kernel-Power", 41, 1, data));
    let checked = [
        ("BugcheckCode", "30"),
        ("BugcheckParameter1", "0xffffffff80000003"),
        ("BugcheckParameter2", "0x0"),
        ("BugcheckParameter3", "0x1"),
        ("BugcheckParameter4", "0x2"),
    ];
    let entry = classify(&event("Microsoft-Windows-Kernel-Power", 41, 1, &checked)).expect("a restart");
    assert_eq!(entry.check, Some(Check { code: 0x1e, parameters: [0xffff_ffff_8000_0003, 0, 1, 2] }));
    assert!(power(&[("BugcheckCode", "0"), ("SleepInProgress", "4")]).1.contains("sleep"));
    assert!(
        power(&[("BugcheckCode", "0"), ("PowerButtonTimestamp", "133000000000000000")]).1.contains("button")
    );
    assert!(power(&[("BugcheckCode", "0")]).1.contains("no bug check"));
    let (kind, words) =
        said(&event("EventLog", 6008, 2, &[("", "10:00:01"), ("", "\u{200e}7/\u{200e}12/\u{200e}2017")]));
    assert_eq!(kind, Kind::Restart);
    assert!(words.contains("10:00:01") && words.contains("7/12/2017"), "{words}");
}

#[test]
fn complaints_are_told_and_good_news_is_not() {
    let whea = [("ErrorSource", "3"), ("ApicId", "4"), ("MCABank", "5"), ("RawData", "00")];
    let (kind, words) = said(&event("Microsoft-Windows-WHEA-Logger", 18, 2, &whea));
    assert_eq!(kind, Kind::Hardware);
    assert!(words.contains("ApicId 4, MCABank 5") && !words.contains("RawData"), "{words}");
    assert_ne!(words, said(&event("Microsoft-Windows-WHEA-Logger", 19, 3, &whea)).1);
    for (provider, id, level, kind) in [
        ("disk", 7, 2, Kind::Storage),
        ("disk", 153, 3, Kind::Storage),
        ("stornvme", 129, 3, Kind::Storage),
        ("iaStorA", 129, 3, Kind::Storage),
        ("Ntfs", 55, 2, Kind::Storage),
        ("Microsoft-Windows-Ntfs", 98, 2, Kind::Storage),
        ("volmgr", 161, 2, Kind::NoDump),
        ("Display", 4101, 3, Kind::Display),
        ("nvlddmkm", 153, 2, Kind::Display),
    ] {
        assert_eq!(
            said(&event(provider, id, level, &[("", "\\Device\\Harddisk0\\DR0")])).0,
            kind,
            "{provider} {id}"
        );
    }
    // A volume that is healthy; what is no disk's; what is no driver's.
    for (provider, id, level) in
        [("Microsoft-Windows-Ntfs", 98, 4), ("cdrom", 7, 2), ("e1iexpress", 27, 3), ("x", 129, 3)]
    {
        assert_eq!(classify(&event(provider, id, level, &[])), None, "{provider} {id}");
    }
}

#[test]
fn what_was_installed_is_told() {
    let service = |path: &str| {
        let data = [("ServiceName", "Name"), ("ImagePath", path), ("ServiceType", "内核模式驱动程序")];
        said(&event("Service Control Manager", 7045, 4, &data)).1
    };
    assert_ne!(service("\\SystemRoot\\System32\\drivers\\netkvm.SYS"), service("C:\\a\\agent.exe"));
    for (path, is_daily) in [
        (r"C:\ProgramData\Microsoft\Windows Defender\Definition Updates\{1}\MpKsl1.sys", true),
        (r"\SystemRoot\System32\drivers\netkvm.sys", false),
    ] {
        let driver =
            event("Service Control Manager", 7045, 4, &[("ServiceName", "Name"), ("ImagePath", path)]);
        assert_eq!(classify(&driver).map(|entry| entry.is_daily()), Some(is_daily), "{path}");
    }
    for (title, is_daily) in [
        ("9NBLGGH5PNB1-Microsoft.OneConnect", true),
        ("Definition Update for Windows Defender Antivirus - KB2267602 (Definition 1.2)", true),
        ("2018-07 Cumulative Update for Windows 10 (KB4338819)", false),
        ("Intel-System-1.2.3", false),
    ] {
        let update = event("Microsoft-Windows-WindowsUpdateClient", 19, 4, &[("updateTitle", title)]);
        assert_eq!(classify(&update).map(|entry| entry.is_daily()), Some(is_daily), "{title}");
    }
    let device = [("DriverName", "a.inf_amd64_0\\a.inf"), ("DriverVersion", "1.2"), ("InstallStatus", "0x0")];
    assert_eq!(said(&event("Microsoft-Windows-UserPnp", 20001, 4, &device)).0, Kind::Installed);
    let failed = [("DriverName", "a.inf"), ("InstallStatus", "0xe0000203")];
    let (kind, words) = said(&event("Microsoft-Windows-UserPnp", 20001, 4, &failed));
    assert!(kind == Kind::Failed && words.contains("e0000203"), "{words}");
    let data = [("DriverName", "HID\\X"), ("Status", "3221226341"), ("FailureName", "\\Driver\\WudfRd")];
    let (kind, words) = said(&event("Microsoft-Windows-Kernel-PnP", 219, 3, &data));
    assert!(kind == Kind::Failed && words.contains("c0000365"), "{words}");
    let (kind, words) =
        said(&event("Microsoft-Windows-WindowsUpdateClient", 19, 4, &[("updateTitle", "KB1")]));
    assert!(kind == Kind::Update && words.contains("KB1"), "{words}");
}
