//! Variables of frames against the emulator's record.

use crate::forge;
use std::path::Path;

use crate::forge::{root, truth};
use crate::golden::{look_for_symbols, run};
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::session::{Local, Session, Settings};
use dumpscope::util::hex;

fn session(case: &str, symbols: &Path) -> Session {
    let zip = std::fs::File::open(root().join("assets/demo/symbols.zip")).unwrap();
    zip::ZipArchive::new(zip).unwrap().extract(symbols).unwrap();
    let dump = DumpFile::open(&forge::demo(case), &mut |_| {}).unwrap();
    let mut session = Session::new(Target::new(dump), Settings::default());
    look_for_symbols(&mut session, &symbols.to_string_lossy());
    session
}

/// The variables of a frame.
fn locals(session: &mut Session, frame: u32) -> Vec<Local> {
    session.select_frame(frame).unwrap();
    session.locals().unwrap()
}

/// The variable's value as a number; `None` where it has none.
fn known(session: &Session, local: &Local) -> Option<u64> {
    local.object(&session.scope()).ok()?.u64().ok()
}

/// `Dot11SendCompletion(pAdapt, pNdisPacket, ndisStatus)` is called by `Pt6SendComplete`: the emulator recorded what it
/// was given in rcx, rdx and r8. It steps through the completion stack downwards, so pTOS is what it read the bad
/// routine from, one entry above pBOS.
#[test]
fn variables_hold_what_the_emulator_passed() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session("wifi", folder.path());
    let truth = truth("wifi");
    let frames = truth["frames"].as_array().unwrap();
    let index = frames.iter().position(|frame| frame["function"] == "Dot11SendCompletion").unwrap();
    // The frame around it tells what the call passed.
    let arguments = frames[index + 1]["callee_arguments"].as_array().unwrap();
    let stack = session.stack(100).unwrap();
    let number = stack.physical().nth(index).unwrap().number;
    let locals = locals(&mut session, number);
    let get = |name: &str| locals.iter().find(|local| local.name == name).unwrap();
    assert_eq!(known(&session, get("pAdapt")), Some(forge::number(&arguments[0])));
    assert_eq!(known(&session, get("pNdisPacket")), Some(forge::number(&arguments[1])));
    assert_eq!(known(&session, get("ndisStatus")), Some(forge::number(&arguments[2]) & 0xffff_ffff));
    let (bottom, top) = (known(&session, get("pBOS")).unwrap(), known(&session, get("pTOS")).unwrap());
    assert_eq!(top - bottom, 0x18, "one entry of the completion stack");
    assert!(get("pAdapt").parameter && !get("pTOS").parameter);
    // pRoutine was in a volatile register when the call was made: nobody kept it.
    assert_eq!(get("pRoutine").value, None);
}

/// Expressions and `dt` know the variables of the selected frame, as the emulator passed them.
#[test]
fn expressions_take_the_frames_variables() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session("wifi", folder.path());
    let truth = truth("wifi");
    let frames = truth["frames"].as_array().unwrap();
    let index = frames.iter().position(|frame| frame["function"] == "Dot11SendCompletion").unwrap();
    let packet = forge::number(&frames[index + 1]["callee_arguments"][1]);
    let number = session.stack(100).unwrap().physical().nth(index).unwrap().number;
    assert!(run(&mut session, "?? pNdisPacket").is_err(), "no such variable before the frame is selected");
    run(&mut session, &format!(".frame {number:x}")).unwrap();

    let value = format!("struct _NET_BUFFER_LIST * 0x{}", hex::tick(packet));
    assert_eq!(run(&mut session, "?? pNdisPacket").unwrap()[0], value);
    let shown = run(&mut session, "dt pNdisPacket").unwrap();
    let home = register_that_holds(&frames[index]["regs"], packet);
    assert_eq!(shown[0], format!("Local var @ {home} Type _NET_BUFFER_LIST*"));
    assert_eq!(shown[1], format!("0x{}", hex::tick(packet)));
    let fields = run(&mut session, &format!("dt ndis!_NET_BUFFER_LIST {packet:x}")).unwrap();
    assert_eq!(shown[2..], fields);
    let decimal = run(&mut session, "!ddt -n pNdisPacket").unwrap();
    assert!(decimal[0].contains(&format!("_NET_BUFFER_LIST {packet:016x}")), "{decimal:?}");
    // A name is an address in MASM, and a register has none.
    let refused = run(&mut session, "? pNdisPacket").unwrap_err();
    assert!(refused.contains("kept in a register"), "{refused}");
    assert!(run(&mut session, "?? pRoutine").unwrap_err().contains("@r9"));
    assert_eq!(run(&mut session, "dt pRoutine").unwrap()[1], "<value unavailable>");
}

/// A variable on the stack has an address, within its frame.
#[test]
fn variables_in_memory_have_an_address() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session("usb", folder.path());
    let truth = truth("usb");
    let frames = truth["frames"].as_array().unwrap();
    let index = frames.iter().position(|frame| frame["function"] == "UsbrStartTransfer").unwrap();
    let (low, high) = (forge::number(&frames[index]["rsp"]), forge::number(&frames[index + 1]["rsp"]));
    let number = session.stack(200).unwrap().physical().nth(index).unwrap().number;
    run(&mut session, &format!(".frame {number:x}")).unwrap();
    let text = run(&mut session, "? status").unwrap();
    let address = text[0].rsplit_once(" = ").unwrap().1.replace('`', "");
    let address = u64::from_str_radix(&address, 16).unwrap();
    assert!((low..high).contains(&address), "{text:?}");
    let shown = run(&mut session, "dt status").unwrap();
    assert_eq!(shown[0], format!("Local var @ 0x{address:x} Type unsigned long"));
}

/// The one register that a record shows to hold a value across a call.
fn register_that_holds(registers: &serde_json::Value, value: u64) -> String {
    let kept = ["rbx", "rbp", "rsi", "rdi", "r12", "r13", "r14", "r15"];
    let holders: Vec<&str> =
        kept.into_iter().filter(|name| forge::number(&registers[*name]) == value).collect();
    assert_eq!(holders.len(), 1, "{holders:?}");
    holders[0].to_owned()
}

/// An inlined function's variables are shown for its own frame, not for the one around it.
#[test]
fn inlined_functions_have_their_own_variables() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session("wifi", folder.path());
    let stack = session.stack(100).unwrap();
    let at = stack.frames.iter().position(|frame| frame.inline.is_some()).unwrap();
    let mut names = |index: usize| -> Vec<String> {
        let locals = locals(&mut session, stack.frames[index].number);
        locals.into_iter().map(|local| local.name).collect()
    };
    assert_eq!(stack.frames[at].inline.as_ref().unwrap().name, "ndisCallSendCompleteHandler");
    assert!(names(at).contains(&"Open".to_owned()), "{:?}", names(at));
    assert!(!names(at + 1).contains(&"Open".to_owned()));
    assert!(names(at + 1).contains(&"FilterHandle".to_owned()), "{:?}", names(at + 1));
}
