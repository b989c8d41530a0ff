//! `!for_each_module` and its likes walk what the emulator recorded, and leave nothing behind.

use crate::cases::demo;
use crate::forge;
use crate::forge::{list, number};
use crate::golden::{lines, run};

#[test]
fn each_process_and_thread_that_was_recorded_is_walked_once() {
    for case in ["wifi", "scanner-139", "readonly"] {
        let truth = forge::truth(case);
        let mut session = demo(case);
        let recorded = |what: &str, key: &str| -> Vec<String> {
            let of = list(&truth, what).iter().filter(|one| number(&one["pid"]) != 0);
            let mut all: Vec<String> = of.map(|one| format!("{:016x}", number(&one[key]))).collect();
            all.sort();
            all
        };
        let mut walked = lines(&mut session, "!for_each_process .echo @#Process");
        walked.sort();
        assert_eq!(walked, recorded("processes", "eprocess"), "{case}");
        let mut walked = lines(&mut session, "!for_each_thread \".echo @#Thread\"");
        walked.sort();
        assert_eq!(walked, recorded("threads", "ethread"), "{case}");
        // A filter takes those whose process the record gives them.
        let system = list(&truth, "threads").iter().filter(|thread| number(&thread["pid"]) == 4).count();
        assert_eq!(lines(&mut session, "!foreach thread System .echo @#Thread").len(), system, "{case}");
        assert_eq!(lines(&mut session, "!foreach thread 4 .echo @#Thread").len(), system, "{case}");
        assert!(lines(&mut session, "!foreach thread System,terminated .echo x").is_empty(), "{case}");
    }
}

#[test]
fn modules_have_the_recorded_places_and_stamps() {
    let truth = forge::truth("wifi");
    let mut session = demo("wifi");
    let walked =
        lines(&mut session, "!for_each_module .echo @#ImageName @#Base @#Size @#TimeDateStamp @#Checksum");
    let mut recorded: Vec<String> = list(&truth, "modules")
        .iter()
        .map(|module| {
            let name = module["name"].as_str().unwrap();
            let [base, size, stamp, sum] =
                ["base", "size", "timestamp", "checksum"].map(|key| number(&module[key]));
            format!("{name} {base:016x} {size:x} {stamp:08x} {sum:08x}")
        })
        .collect();
    recorded.sort_by_key(|line| line.split(' ').nth(1).unwrap().to_owned());
    assert_eq!(walked, recorded);
    assert_eq!(lines(&mut session, "!foreach module n* .echo ${@#ModuleName}"), ["nt", "ndis", "nwifi"]);
}

#[test]
fn frames_are_selected_and_the_one_before_comes_back() {
    let mut session = demo("wifi");
    run(&mut session, ".frame 2").unwrap();
    let before = session.focus.frame.as_ref().map(|selected| selected.frame.number);
    let walked = lines(&mut session, "!for_each_frame \"r rsp; .echo @#FrameNum\"");
    let stack = session.stack(0xff).unwrap();
    assert_eq!(walked.len(), 3 * stack.frames.len());
    for (rows, frame) in walked.chunks(3).zip(&stack.frames) {
        assert_eq!(rows[2], format!("0x{:x}", frame.number));
    }
    assert_eq!(session.focus.frame.as_ref().map(|selected| selected.frame.number), before);
    // Locals of the recorded frame of the driver, which has a private PDB.
    let named =
        lines(&mut session, "!foreach frame nwifi!Dot11SendCompletion !for_each_local .echo <${@#Local}>");
    assert!(named.len() > 1 && named[1..].iter().all(|name| name.starts_with('<')), "{named:?}");
    assert_eq!(session.focus.frame.as_ref().map(|selected| selected.frame.number), before);
}

#[test]
fn names_end_with_the_walk_and_errors_end_a_turn_alone() {
    let mut session = demo("wifi");
    run(&mut session, "as @#Size mine").unwrap();
    let walked = lines(
        &mut session,
        "!for_each_module .if (0x${@#Base} == nt) { ? nosuch } .else { .echo @#ModuleName }",
    );
    // Of six modules one turn fails, and says so.
    assert_eq!(walked.len(), 6, "{walked:?}");
    assert!(walked[1].starts_with("Couldn't resolve error at 'nosuch"), "{walked:?}");
    assert_eq!(session.lacks.len(), 1);
    assert_eq!(lines(&mut session, ".echo @#Size ${@#Base}"), ["mine ${@#Base}"]);
    assert_eq!(lines(&mut session, "!for_each_module \".echo @#ModuleName ; .break\""), ["hal"]);
}

/// Words that came out of the dump must not become commands that write.
#[test]
fn what_came_from_the_dump_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    let place = file.display().to_string();
    let mut session = demo("wifi");
    for line in [
        // Text of a command whose output holds a separator.
        format!("aS /c y .echo \"a;b\"; .block {{ .block {{ .echo ${{y}} }} > {place} }}"),
        format!(".foreach (x {{ .echo \"a;b\" }}) {{ .block {{ .echo ${{x}} }} > {place} }}"),
        format!("aS /c y .echo \".logopen\"; .block {{ ${{y}} {place} }}"),
        format!("aS /c y .echo \"k > {}\"; .block {{ ${{y}} }}", place),
    ] {
        let error = run(&mut session, &line).unwrap_err().to_string();
        assert!(error.contains("not done"), "{line}: {error}");
        assert!(!file.exists(), "{line}");
    }
    // A word may be part of a name that somebody wrote.
    run(&mut session, &format!(".foreach (x {{ .echo 1 }}) {{ lm > {place}${{x}} }}")).unwrap();
    assert!(folder.path().join("x1").exists());
}
