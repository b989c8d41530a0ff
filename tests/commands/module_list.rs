//! `lm` and its letters.

use crate::forge;
use crate::golden::{lines, run, session, shared, words};

#[test]
fn letters_choose_modules() {
    let mut session = session(&forge::demo("wifi"));
    let all = lines(&mut session, "lm");
    let has_unloaded = all.iter().any(|line| line == "Unloaded modules:");
    assert!(has_unloaded, "{all:?}");
    // The same without the list of unloaded ones.
    let loaded = lines(&mut session, "lmo");
    assert_eq!(loaded, all.iter().take_while(|line| !line.is_empty()).cloned().collect::<Vec<_>>());
    // Nothing was looked for yet, so nothing is loaded and nothing is wrong.
    for letters in ["lml", "lme", "lm l", "lm oe"] {
        assert_eq!(lines(&mut session, letters).len(), 1, "{letters}");
    }
    // Exported names are loaded symbols and a problem both.
    run(&mut session, "ln @rip").unwrap();
    assert!(has_kernel(&lines(&mut session, "lml")) && has_kernel(&lines(&mut session, "lme")));
    // A pattern may touch its letter.
    assert_eq!(lines(&mut session, "lm mn?"), lines(&mut session, "lm m n?"));
    assert_eq!(lines(&mut session, "lm1m mnt"), ["nt"]);
}

fn has_kernel(listed: &[String]) -> bool {
    listed.iter().any(|line| words(line).get(2) == Some(&"nt"))
}

/// Without an image there are no names at all: a problem, and nothing was loaded.
#[test]
fn a_module_without_names_is_no_loaded_one() {
    let mut session = session(&data("wifi-triage"));
    run(&mut session, "ln @rip").unwrap();
    assert!(!has_kernel(&lines(&mut session, "lml")) && has_kernel(&lines(&mut session, "lme")));
}

#[test]
fn other_letters_are_refused_with_the_known_ones() {
    let mut session = session(&forge::demo("wifi"));
    for command in ["lmq", "lm q", "lm t x", "lmvz m nt"] {
        let error = run(&mut session, command).unwrap_err();
        assert!(error.contains("lm has no option") && error.contains("m PATTERN"), "{command}: {error}");
    }
}

/// The letter between name and status stands in the column of the specification: name padded to 8, blank, letter.
#[test]
fn a_letter_tells_what_could_not_be_compared() {
    let mut session = session(&data("wifi-triage"));
    run(&mut session, "ln @rip").unwrap();
    let listed = lines(&mut session, "lm m nt");
    assert!(listed[1].get(35..).is_some_and(|rest| rest.starts_with("   nt       ")), "{listed:?}");
    let readable = session.target.image(session.target.modules().named("nt").unwrap()).is_ok();
    let letter = listed[1].chars().nth(47).unwrap();
    assert_eq!(letter, if readable { 'C' } else { 'T' }, "{listed:?}");
}

fn data(stem: &str) -> std::path::PathBuf {
    forge::root().join(format!("tests/data/{stem}.dmp.gz"))
}

/// A kernel of build 26100 (2024) whose stamp read as a date is January 2002, and a driver whose stamp read so is later than
/// the crash: both are hashes, for `lm` and for `!lmi`.
#[test]
fn a_hash_is_no_date_of_a_kernel() {
    let Some(shared) = shared() else { return };
    let mut session = session(&shared.join("dumps/training-bsods-50_0.dmp"));
    for (module, stamp) in [("nt", "3C5028DE"), ("FLTMGR", "6BECE01D")] {
        let row = format!("    Timestamp:        {stamp} (reproducible build)");
        assert!(lines(&mut session, &format!("lmvm {module}")).contains(&row), "{module}");
        let row = format!("     Time Stamp: {} (This is a reproducible build", stamp.to_lowercase());
        let details = lines(&mut session, &format!("!lmi {module}"));
        assert!(details.iter().any(|line| line.starts_with(&row)), "{details:?}");
    }
}

/// A current WinDbg's `lm t n` on the same dump, for which it had fetched the images that we have not: what it shows as
/// a date is one, and the unloaded modules are told in the same words.
#[test]
fn time_stamps_as_a_current_debugger_tells_them() {
    let Some(shared) = shared() else { return };
    let mut session = session(&shared.join("dumps/minidump-diagnostics-too-083125-14875-01.dmp"));
    let theirs = std::fs::read_to_string(shared.join("golden/windbg/v2-lm_t_n.txt")).unwrap();
    let ours = lines(&mut session, "lm t n");
    let (mut dates, mut hashes) = (0, 0);
    for line in
        theirs.lines().take_while(|line| *line != "Unloaded modules:").filter(|line| line.contains('`'))
    {
        let want = words(line);
        let row = ours.iter().find(|row| words(row).first() == want.first()).expect("the same module");
        if line.contains("reproducible") {
            hashes += 1;
            let stamp = want[4];
            assert!(row.contains(stamp), "{row}");
        } else {
            dates += 1;
            // The names of some modules are given by their PDBs there; the zone of that computer was not UTC.
            let ends = |row: &str| row.rsplit_once(' ').unwrap().1.to_owned();
            assert_eq!(ends(row), ends(line));
            assert!(!row.contains("reproducible"), "{row}");
        }
    }
    assert!(dates >= 4 && hashes > 100, "{dates} dates, {hashes} hashes");
    let unloaded = |text: Vec<&str>| -> Vec<String> {
        let after = text.into_iter().skip_while(|line| line.trim() != "Unloaded modules:");
        after.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    assert_eq!(unloaded(ours.iter().map(String::as_str).collect()), unloaded(theirs.lines().collect()));
}

/// `!mex.mods` against `lm` for what is listed, against the list of file names that the fixture's Windows has for who made it.
#[test]
fn modules_stand_in_a_table() {
    let mut session = session(&forge::demo("wifi"));
    let names = lines(&mut session, "lm1m");
    let table = lines(&mut session, "!mex.mods");
    let listed: Vec<&str> = table[2..2 + names.len()]
        .iter()
        .map(|line| line.split_whitespace().find(|word| names.iter().any(|name| name == word)).unwrap())
        .collect();
    assert_eq!(listed, names);
    assert!(table[2 + names.len()].is_empty() && table.len() == names.len() + 4, "{table:#?}");
    let counted = format!("Count: {} of {0} loaded, ", names.len());
    assert!(table.last().unwrap().starts_with(&counted), "{table:#?}");

    let third = lines(&mut session, "!mex.mods -3");
    let row =
        third.iter().find(|line| line.contains("wlanflt.sys")).expect("the filter is nobody's of Windows");
    assert!(row.contains("third party") && !third.iter().any(|line| line.contains("ntoskrnl")), "{third:#?}");
    let chosen = lines(&mut session, "!mods wlan*");
    assert_eq!(chosen.len(), 5, "{chosen:#?}");
    assert!(lines(&mut session, "!mods -k").iter().all(|line| !line.contains("ntdll")));
}
