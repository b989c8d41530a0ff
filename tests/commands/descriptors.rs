//! `!idt`, `!gdt` and `dg`: on the forge's dumps, whose tables the forge's source lays out
//! (`tests/forge/src/objects/processor.rs`), and on tables that were laid out by hand.

use crate::forge::{number, root, truth};
use crate::golden::{run, session};
use crate::patched::{Patched, offset};
use std::path::PathBuf;

const WIFI: &str = "tests/data/wifi-full.dmp.gz";

fn wifi() -> PathBuf {
    root().join(WIFI)
}

/// Where the forge's kernel has its tables.
const IDT: u64 = 0xffff_f807_5d20_c000;
const GDT: u64 = 0xffff_f807_5d20_b100;

fn set_gate(dump: &mut Patched, vector: u64, handler: u64, stack: u64) {
    let low = handler & 0xffff | 0x10 << 16 | (0x8e00 | stack) << 32 | (handler >> 16 & 0xffff) << 48;
    dump.point(IDT + vector * 16, low);
    dump.point(IDT + vector * 16 + 8, handler >> 32);
}

#[test]
fn gates_are_those_that_the_forge_made() {
    let lines = run(&mut session(&wifi()), "!idt").unwrap();
    assert_eq!(lines[..3], ["".to_owned(), format!("Dumping IDT: {IDT:016x}"), String::new()]);
    let vectors: Vec<&str> = lines[3..].iter().map(|line| &line[..2]).collect();
    assert_eq!(vectors, ["03", "08", "0d", "0e", "29"]);
    // The double fault has a stack of its own: the first of the task state's.
    assert!(lines[4].ends_with("  Stack = 0xFFFFFA8C0FF00000"), "{}", lines[4]);
    let one = run(&mut session(&wifi()), "!idt 8").unwrap();
    assert_eq!(one[3..], lines[4..5]);
    assert_eq!(run(&mut session(&wifi()), "!idt 9").unwrap()[3], "09:     not present");
    assert!(run(&mut session(&wifi()), "!idt 100").is_err());
}

/// The addresses of the published table of Windows 10 (golden/public/idt-1): exceptions, and interrupts that lead to the
/// kernel's stubs, eight bytes a vector, some with what a driver connected.
#[test]
fn stubs_are_left_out_unless_something_is_connected() {
    let mut dump = Patched::new(WIFI);
    let stub = |vector: u64| 0xffff_f805_2b22_f088 - 0x35 * 8 + vector * 8;
    (0..256).for_each(|vector| set_gate(&mut dump, vector, stub(vector), 0));
    set_gate(&mut dump, 0, 0xffff_f805_2b23_8700, 0);
    set_gate(&mut dump, 0xe1, 0xffff_f805_2b23_4500, 0);
    // Two interrupt objects share vector 0xb4, one is at 0x35: they lie where the KPRCB keeps a CONTEXT.
    let truth = truth("wifi");
    let prcb = number(&truth["processors"][0]["prcb"]);
    let block = 0xffff_f807_5d20_0000 + 0x300;
    let object = |index: u64| block + index * 0x140;
    let names = [(0x35u64, 0u64), (0xb4, 1)];
    for (vector, index) in names {
        dump.point(prcb + offset("_KPRCB", "InterruptObject") + vector * 8, object(index));
    }
    for index in 0..3 {
        dump.put(object(index), &22u16.to_le_bytes());
        let routine = 0xffff_f807_6140_2000 + index * 0x100;
        dump.point(object(index) + 0x18, routine);
        dump.point(object(index) + 0x20, 0);
    }
    dump.list(object(0) + 8, &[]);
    dump.list(object(1) + 8, &[object(2) + 8]);
    let lines = run(&mut dump.open().0, "!idt").unwrap();
    // Names come from the kernel's exports, of which KeBugCheckEx stands before these.
    let kernel = |offset: u64| format!("nt!KeBugCheckEx+{:#x}", offset - 0x1e80);
    let expected = [
        "00:     fffff8052b238700".to_owned(),
        format!("35:     fffff8052b22f088 {} (KINTERRUPT {:016x})", kernel(0x2000), object(0)),
        String::new(),
        format!("b4:     fffff8052b22f480 {} (KINTERRUPT {:016x})", kernel(0x2100), object(1)),
        format!("                {} (KINTERRUPT {:016x})", kernel(0x2200), object(2)),
        String::new(),
        "e1:     fffff8052b234500".to_owned(),
    ];
    assert_eq!(lines[3..], expected);
    let all = run(&mut dump.open().0, "!idt -a").unwrap();
    assert_eq!(all.iter().filter(|line| line.get(2..3) == Some(":")).count(), 256);

    // A message-signalled interrupt's own routine stands behind the kernel's; a chain that leads back into itself ends.
    dump.point(object(0) + 0x20, 0xffff_f807_6140_2040);
    dump.point(object(2) + 8, object(2) + 8);
    let lines = run(&mut dump.open().0, "!idt").unwrap();
    assert!(lines[4].contains(&kernel(0x2040)), "{}", lines[4]);
    assert!(lines.iter().any(|line| line.contains("the list turns back to")), "{lines:?}");
    // What is no interrupt object is said, and nothing of it is shown.
    dump.put(object(0), &[0, 0]);
    let lines = run(&mut dump.open().0, "!idt").unwrap();
    assert!(!lines.iter().any(|line| line.starts_with("35:")), "{lines:?}");
    assert!(lines.last().unwrap().contains("_KINTERRUPT.Type"), "{lines:?}");
}

#[test]
fn descriptors_are_those_that_the_forge_made() {
    let mut session = session(&wifi());
    let lines = run(&mut session, "!gdt").unwrap();
    let expected = [
        format!("GDT: {GDT:016x} Limit: 0057"),
        "                                                    P Si Gr Pr Lo".to_owned(),
        "Sel        Base              Limit          Type    l ze an es ng Flags".to_owned(),
        "---- ----------------- ----------------- ---------- - -- -- -- -- --------".to_owned(),
        // The row of spec/commands/4-system.md.
        "0010 00000000`00000000 00000000`00000000 Code RE Ac 0 Nb By P  Lo 0000029b".to_owned(),
        "0018 00000000`00000000 00000000`00000000 Data RW Ac 0 Bg By P  Nl 00000493".to_owned(),
        "0020 00000000`00000000 00000000`ffffffff Code RE Ac 3 Bg Pg P  Nl 00000cfb".to_owned(),
        "0028 00000000`00000000 00000000`ffffffff Data RW Ac 3 Bg Pg P  Nl 00000cf3".to_owned(),
        "0030 00000000`00000000 00000000`00000000 Code RE Ac 3 Nb By P  Lo 000002fb".to_owned(),
        "0040 fffff807`5d20b180 00000000`00000067 TSS Busy   0 Nb By P  Nl 0000008b".to_owned(),
        "0050 00000000`00000000 00000000`00003c00 Data RW Ac 3 Bg By P  Nl 000004f3".to_owned(),
    ];
    assert_eq!(lines, expected);
    // A selector's lowest bits are its privilege.
    assert_eq!(run(&mut session, "dg 33").unwrap()[3], expected[8]);
    assert_eq!(run(&mut session, "dg 10 30").unwrap()[3..], expected[4..9]);
    assert!(run(&mut session, "dg").is_err());
}

/// A triage dump holds the registers and not the tables: that is said, and the line goes on.
#[test]
fn a_triage_dump_says_what_it_lacks() {
    let mut session = session(&root().join("tests/data/wifi-triage.dmp.gz"));
    for command in ["!idt", "!gdt", "dg 10"] {
        let lines = run(&mut session, command).unwrap();
        assert_eq!(lines.len(), 1, "{command}: {lines:?}");
        assert!(lines[0].starts_with("processor 0: the "), "{lines:?}");
    }
}
