//! Variables of frames against the emulator's record.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/forge.rs"]
mod forge;

use std::path::Path;

use dumpscope::dump::DumpFile;
use dumpscope::session::{Local, Session, Settings};
use dumpscope::symbols::finder;
use dumpscope::symbols::path::SearchPath;
use dumpscope::target::Target;
use forge::{root, truth};

fn session(case: &str, symbols: &Path) -> Session {
    let zip = std::fs::File::open(root().join("assets/demo/symbols.zip")).unwrap();
    zip::ZipArchive::new(zip).unwrap().extract(symbols).unwrap();
    let dump = DumpFile::open(&forge::demo(case), &mut |_| {}).unwrap();
    let mut target = Target::new(dump);
    let path = SearchPath::parse(&symbols.to_string_lossy());
    target.set_paths(path, SearchPath::parse(""), finder::Options::default());
    Session::new(target, Settings::default())
}

/// The variables of a frame.
fn locals(session: &mut Session, frame: u32) -> Vec<Local> {
    session.select_frame(frame).unwrap();
    session.locals().unwrap()
}

/// The variable's bytes as a number; `None` where it has no value.
fn known(local: &Local) -> Option<u64> {
    let mut bytes = local.bytes.clone()?;
    bytes.resize(8, 0);
    Some(u64::from_le_bytes(bytes.try_into().unwrap()))
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
    assert_eq!(known(get("pAdapt")), Some(forge::number(&arguments[0])));
    assert_eq!(known(get("pNdisPacket")), Some(forge::number(&arguments[1])));
    assert_eq!(known(get("ndisStatus")), Some(forge::number(&arguments[2]) & 0xffff_ffff));
    let (bottom, top) = (known(get("pBOS")).unwrap(), known(get("pTOS")).unwrap());
    assert_eq!(top - bottom, 0x18, "one entry of the completion stack");
    assert!(get("pAdapt").parameter && !get("pTOS").parameter);
    // pRoutine was in a volatile register when the call was made: nobody kept it.
    assert_eq!(get("pRoutine").bytes, None);
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
