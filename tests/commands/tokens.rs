//! `!token`, `!job`, `!session` on dumps of the forge to which tokens and jobs were added by hand.
//!
//! Offsets are those of Windows 10 build 19041 (`tests/forge/facts/layout.tsv`), which the forge's kernel has.

use crate::forge::{number, truth};
use crate::golden::{lines, run, session};
use crate::patched::Patched;

/// Members of `_TOKEN`.
const PRIVILEGES: u64 = 0x40;
const SESSION: u64 = 0x78;
const COUNT: u64 = 0x7c;
const GROUPS: u64 = 0x98;
const PRIMARY: u64 = 0xa8;
const FLAGS: u64 = 0xc8;
const IN_USE: u64 = 0xcc;
const INTEGRITY: u64 = 0xd0;

/// A SID's bytes ([MS-DTYP] 2.4.2.2).
fn sid(authority: u8, parts: &[u32]) -> Vec<u8> {
    let mut bytes = vec![1, parts.len() as u8, 0, 0, 0, 0, 0, authority];
    parts.iter().for_each(|part| bytes.extend(part.to_le_bytes()));
    bytes
}

struct Made {
    dump: Patched,
    token: u64,
    process: u64,
    /// Bytes of the kernel's that nobody needs: the free entries of a table of handles.
    room: u64,
}

/// explorer.exe with a token of a user, three groups and three privileges.
fn made() -> Made {
    let truth = truth("wifi");
    let explorer = &truth["processes"][9];
    let process = number(&explorer["eprocess"]);
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let (token, room) = {
        let scope = dump.before().scope();
        let object = scope.object("nt!_EPROCESS", process).unwrap();
        let token = object.field("Token").unwrap().u64().unwrap() & !0xf;
        let table = scope.object("nt!_HANDLE_TABLE", number(&explorer["handle_table"])).unwrap();
        (token, table.field("TableCode").unwrap().u64().unwrap() + 0x800)
    };
    let sids = [
        sid(5, &[21, 1_004_336_348, 1_177_238_915, 682_003_330, 1001]),
        sid(1, &[0]),
        sid(5, &[32, 544]),
        sid(16, &[0x3000]),
    ];
    let attributes = [0u32, 7, 0xf, 0x60];
    for (index, (sid, attributes)) in sids.iter().zip(attributes).enumerate() {
        let (entry, at) = (room + 16 * index as u64, room + 0x100 + 0x40 * index as u64);
        dump.put(at, sid);
        dump.point(entry, at);
        dump.put(entry + 8, &attributes.to_le_bytes());
    }
    dump.put(token + COUNT, &4u32.to_le_bytes());
    dump.point(token + GROUPS, room);
    dump.point(token + PRIMARY, room + 0x140);
    dump.put(token + INTEGRITY, &3u32.to_le_bytes());
    dump.put(token + SESSION, &1u32.to_le_bytes());
    dump.put(token + FLAGS, &0x2a00u32.to_le_bytes());
    dump.put(token + IN_USE, &[1]);
    dump.put(token, b"User32 \0");
    // Change notify (23) enabled by default, increase quota (5) not, debug (20) enabled.
    dump.point(token + PRIVILEGES, 1 << 23 | 1 << 5 | 1 << 20);
    dump.point(token + PRIVILEGES + 8, 1 << 23 | 1 << 20);
    dump.point(token + PRIVILEGES + 16, 1 << 23);
    Made { dump, token, process, room }
}

#[test]
fn a_token_tells_user_groups_and_privileges() {
    let made = made();
    let (mut session, _folder) = made.dump.open();
    let token = made.token;
    let expected = [
        format!("_TOKEN {token:016x}"),
        "TS Session ID: 0x1".into(),
        "User: S-1-5-21-1004336348-1177238915-682003330-1001 (no name mapped)".into(),
        "User Groups:".into(),
        " 00 S-1-1-0 (Well Known Group: Everyone)".into(),
        "    Attributes - Mandatory Default Enabled".into(),
        " 01 S-1-5-32-544 (Alias: BUILTIN\\Administrators)".into(),
        "    Attributes - Mandatory Default Enabled Owner".into(),
        " 02 S-1-16-12288 (Label: Mandatory Label\\High Mandatory Level)".into(),
        "    Attributes - GroupIntegrity GroupIntegrityEnabled".into(),
        "Primary Group: S-1-1-0 (Well Known Group: Everyone)".into(),
        "Privs:".into(),
        " 05 0x000000005 SeIncreaseQuotaPrivilege          Attributes -".into(),
        " 20 0x000000014 SeDebugPrivilege                  Attributes - Enabled".into(),
        " 23 0x000000017 SeChangeNotifyPrivilege           Attributes - Enabled Default".into(),
        "Authentication ID:         (0,3e7)".into(),
        "Impersonation Level:       Anonymous".into(),
        "TokenType:                 Primary".into(),
        "Source: User32             TokenFlags: 0x2a00 ( Token in use )".into(),
    ];
    // With the low bits that count references, as it stands in the process.
    for typed in [format!("!token -n {token:x}"), format!("!token -n {:x}", token | 0xf)] {
        assert_eq!(lines(&mut session, &typed)[..expected.len()], expected, "{typed}");
    }
    let plain = lines(&mut session, &format!("!token {token:x}"));
    assert_eq!(plain[2], "User: S-1-5-21-1004336348-1177238915-682003330-1001");
    assert_eq!(
        plain.last().unwrap(),
        "IntegrityLevel:            S-1-16-12288 (Label: Mandatory Label\\High Mandatory Level)"
    );
    run(&mut session, &format!(".process {:x}", made.process)).unwrap();
    assert_eq!(lines(&mut session, "!token")[0], format!("_TOKEN {token:016x}"));
}

/// A count of SIDs that no token has; a SID with more parts than there can be, and one that leads nowhere.
#[test]
fn a_damaged_token_says_what_is_wrong() {
    let mut made = made();
    made.dump.put(made.token + COUNT, &0x7fff_ffffu32.to_le_bytes());
    let (mut session, _folder) = made.dump.open();
    let shown = lines(&mut session, &format!("!token {:x}", made.token));
    assert_eq!(shown[2], "User: ????????");
    assert!(
        shown.iter().any(|line| line.starts_with("Not known: _TOKEN.UserAndGroupCount of ")
            && line.ends_with(" is no count of SIDs")),
        "{shown:?}"
    );
    assert!(shown.iter().any(|line| line.contains("SeDebugPrivilege")), "{shown:?}");

    let mut made = self::made();
    made.dump.put(made.room + 0x100 + 0x40, &[1, 200]);
    made.dump.point(made.room + 2 * 16, 0xffff_9999_9999_0000);
    let (mut session, _folder) = made.dump.open();
    let shown = lines(&mut session, &format!("!token {:x}", made.token));
    assert_eq!(
        (shown[4].as_str(), shown[6].as_str(), shown[8].as_str()),
        (" 00 ????????", " 01 ????????", " 02 S-1-16-12288")
    );
    assert!(shown.iter().any(|line| line.ends_with(" is no SID")), "{shown:?}");
}

/// Members of `_EJOB` and `_EPROCESS`.
const JOB_PROCESSES: u64 = 0x28;
const JOB_TOTAL: u64 = 0xd4;
const JOB_ACTIVE: u64 = 0xd8;
const JOB_LIMITS: u64 = 0x100;
const PROCESS_JOB: u64 = 0x510;
const PROCESS_JOB_LINKS: u64 = 0x5c8;

#[test]
fn a_job_tells_its_counts_limits_and_processes() {
    let mut made = made();
    // A page of free entries of a table of handles is room enough.
    let job = made.room - 0x400;
    made.dump.point(made.process + PROCESS_JOB, job);
    made.dump.list(job + JOB_PROCESSES, &[made.process + PROCESS_JOB_LINKS]);
    made.dump.put(job + JOB_TOTAL, &3u32.to_le_bytes());
    made.dump.put(job + JOB_ACTIVE, &1u32.to_le_bytes());
    made.dump.put(job + JOB_LIMITS, &0x2100u32.to_le_bytes());
    let (mut session, _folder) = made.dump.open();
    let shown = lines(&mut session, &format!("!job {job:x}"));
    assert_eq!(shown[0], format!("Job at {job:016x}"));
    for wanted in [
        "  TotalProcesses           3",
        "  ActiveProcesses          1",
        "  Limit Information (LimitFlags: 0x2100)",
        "    [PROCESS_MEMORY]",
        "    [KILL_ON_JOB_CLOSE]",
        "  Processes assigned to this job:",
    ] {
        assert!(shown.iter().any(|line| line == wanted), "{wanted}: {shown:?}");
    }
    assert_eq!(shown.last().unwrap(), &format!("    {:016x} - explorer.exe", made.process));
    assert_eq!(lines(&mut session, &format!("!job {:x}", made.process)), shown);
    let of_process = lines(&mut session, &format!("!process {:x} 1", made.process));
    assert!(
        of_process.contains(&format!("    Job                               {job:016x}")),
        "{of_process:?}"
    );
}

#[test]
fn sessions_are_those_of_the_processes() {
    let truth = truth("wifi");
    let mut session = session(&crate::forge::root().join("tests/data/wifi-full.dmp.gz"));
    assert_eq!(
        lines(&mut session, "!session"),
        ["Sessions on machine: 2", "Valid Sessions: 0 1", "Current Session none"]
    );
    let chosen = lines(&mut session, "!session -s 1");
    let processes = truth["processes"].as_array().unwrap();
    let first = processes.iter().find(|process| process["session"] == 1).unwrap();
    assert_eq!(session.process(), Some(number(&first["eprocess"])));
    assert_eq!(chosen.last().unwrap(), "Using session 1");
    assert_eq!(lines(&mut session, "!session")[2], "Current Session 1");
    let shown = lines(&mut session, "!sprocess");
    assert_eq!(shown[0], "Dumping Session 1");
    let images = |lines: &[String]| lines.iter().filter(|line| line.starts_with("    Image: ")).count();
    let wanted = processes.iter().filter(|process| process["session"] == 1).count();
    assert_eq!(images(&shown), wanted);
    assert!(run(&mut session, "!session -s 9").unwrap_err().contains("no process belongs to the session 9"));
}
