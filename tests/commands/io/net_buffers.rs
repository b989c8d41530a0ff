//! `!ndiskd.nbl`: net buffer lists of the forge, without the symbols of ndis.

use super::WIFI;
use crate::forge::{list, number, truth};
use crate::golden::{run, session};
use crate::patched::Patched;

/// The net buffer list that the crash of the first case is about: what the emulator saw the failing routine called with.
fn completed_list() -> u64 {
    let truth = truth("wifi");
    let frames = list(&truth, "frames").iter();
    let frame = frames.clone().find(|frame| frame["function"] == "Dot11SendCompletion").unwrap();
    number(&frame["callee_arguments"][1])
}

#[test]
fn a_net_buffer_list_is_its_maker_s() {
    let at = completed_list();
    let mut session = session(&crate::forge::root().join(WIFI));
    let lines = run(&mut session, &format!("!nbl {at:x}")).unwrap();
    assert!(lines[0].starts_with(&format!("    NBL                {at:016x} ")), "{lines:#?}");
    assert!(lines[0].ends_with("Next NBL           NULL"), "{lines:#?}");
    assert!(lines[1].contains(" - wlanflt+0x"), "{lines:#?}");
    // NBL flag 0x100, which the filter sets, and 0x10, which NDIS adds.
    assert!(lines.contains(&"    NblFlags           00000110  HD_SPLIT, 0x10".to_owned()), "{lines:#?}");
    let whose = "    Whose it is: wlanflt; its source handle lies in that driver's image.";
    assert!(lines.contains(&whose.to_owned()), "{lines:#?}");
    assert_eq!(run(&mut session, &format!("!ndiskd.nbl {at:x}")).unwrap(), lines);
}

#[test]
fn a_source_handle_that_is_nobody_s_blames_nobody() {
    let at = completed_list();
    let truth = truth("wifi");
    let device = number(&list(&truth, "devices")[0]["address"]);
    let driver = number(&list(&truth, "devices")[1]["driver"]);
    for (handle, wanted) in [
        (0, "not known, its source handle is null"),
        (0xffff_dead_beef_0000, "no loaded driver has that source handle"),
        (device + 0x800, "a block in memory that holds no"),
        (driver, "holds routines of wlanflt (no proof of who owns it)"),
    ] {
        let mut dump = Patched::new(WIFI);
        if wanted.ends_with("holds no") {
            for at in (0..0x600).step_by(8) {
                dump.point(device + 0x800 + at, 0);
            }
        }
        dump.point(at + 0x78, handle);
        let (mut session, _folder) = dump.open();
        let lines = run(&mut session, &format!("!nbl {at:x}")).unwrap();
        assert!(
            lines.iter().any(|line| line.starts_with("    Whose it is") && line.contains(wanted)),
            "{lines:#?}"
        );
    }
}

#[test]
fn net_buffers_and_their_mdls_are_followed_and_end() {
    let at = completed_list();
    let truth = truth("wifi");
    let objects = list(&truth, "objects").iter();
    let room = objects.clone().find(|object| object["name"] == "pool big Filt").unwrap();
    let room = number(&room["address"]);
    let mut dump = Patched::new(WIFI);
    let (first, second, mdl) = (room, room + 0x100, room + 0x200);
    dump.point(at + 8, first);
    dump.point(first, second);
    // The second leads back to the first.
    dump.point(second, first);
    dump.put(first + 0x14, &60u32.to_le_bytes());
    dump.put(second + 0x14, &61u32.to_le_bytes());
    dump.point(first + 0x18, mdl);
    dump.point(second + 0x18, 0);
    dump.point(mdl, 0);
    dump.put(mdl + 0x28, &1514u32.to_le_bytes());
    dump.point(mdl + 0x18, room + 0x400);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!nbl {at:x}")).unwrap();
    let line =
        |wanted: String| lines.iter().find(|line| line.starts_with(&wanted)).cloned().unwrap_or_default();
    assert!(line(format!("    NB {first:016x}  length 60 ")).len() > 30, "{lines:#?}");
    assert!(line(format!("    NB {second:016x}  length 61 ")).len() > 30, "{lines:#?}");
    let wanted = format!("        MDL {mdl:016x}  bytes 1514  mapped at {:016x}", room + 0x400);
    assert!(lines.contains(&wanted), "{lines:#?}");
    assert!(
        !line("    The rest of the buffers: the net buffers: the list turns back".to_owned()).is_empty(),
        "{lines:#?}"
    );
}
