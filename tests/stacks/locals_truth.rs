//! The variables of frames against the emulator's record: what a caller handed over is what the parameter holds.

use crate::forge;
use crate::forge::number;
use crate::golden::{self, with_symbols};
use dumpscope::session::{Home, Local, Session};
use serde_json::Value;

fn session(case: &str) -> Session {
    with_symbols(&forge::demo(case))
}

/// The bytes of a variable that has a value.
fn bytes(session: &Session, local: &Local) -> Option<Vec<u8>> {
    local.object(&session.scope()).ok()?.bytes(1 << 16).ok()
}

fn truths() -> Vec<(String, Value)> {
    let cases = forge::cases().into_iter();
    cases.filter(|(case, ..)| forge::demo(case).exists()).map(|(case, truth, _)| (case, truth)).collect()
}

/// The compiler moves on: a parameter that the function changed before the call no longer holds what was handed over.
/// The fixtures' sources (tests/forge/windows) are the reference for these.
const CHANGED: &[(&str, &str)] = &[];

#[test]
fn parameters_hold_what_the_caller_handed_over() {
    let mut compared = 0;
    for (case, truth) in truths() {
        let mut session = session(&case);
        let stack = session.stack(0xff).unwrap();
        let frames = truth["frames"].as_array().unwrap();
        for (recorded, caller) in frames.iter().zip(&frames[1..]) {
            let (Some(function), Some(arguments)) =
                (recorded["function"].as_str(), caller["callee_arguments"].as_array())
            else {
                continue;
            };
            if recorded["kind"] != "call" || caller["kind"] != "call" {
                continue;
            }
            let (ip, sp) = (number(&recorded["rip"]), number(&recorded["rsp"]));
            let Some(frame) = stack.physical().find(|frame| frame.ip == ip && frame.sp == sp) else {
                panic!("{case}: no frame for {function}");
            };
            session.select_frame(frame.number).unwrap();
            // Drivers without private symbols have no variables to show.
            let Ok(locals) = session.locals() else { continue };
            let parameters = locals.iter().filter(|local| local.parameter);
            for (parameter, argument) in parameters.zip(arguments) {
                let Some(bytes) = bytes(&session, parameter) else { continue };
                if bytes.len() > 8 || CHANGED.contains(&(function, parameter.name.as_str())) {
                    continue;
                }
                let expected = &number(argument).to_le_bytes()[..bytes.len()];
                let name = &parameter.name;
                assert_eq!(bytes, expected, "{case}: {function}: {name} in {}", parameter.home.text());
                compared += 1;
            }
        }
    }
    assert!(compared >= 20, "only {compared} parameters were compared");
}

#[test]
fn a_volatile_register_further_out_gives_no_value() {
    for (case, _) in truths() {
        let mut session = session(&case);
        let stack = session.stack(0xff).unwrap();
        for frame in stack.physical().skip(1) {
            session.select_frame(frame.number).unwrap();
            for local in session.locals().unwrap_or_default() {
                let lost = ["rax", "rcx", "rdx", "r8", "r9", "r10", "r11"];
                let home = local.home.text();
                if frame.kind == dumpscope::unwind::FrameKind::Caller
                    && lost.iter().any(|name| home == format!("@{name}"))
                {
                    assert_eq!(
                        bytes(&session, &local),
                        None,
                        "{case}: frame {:x}: {} in {home}",
                        frame.number,
                        local.name
                    );
                }
            }
        }
    }
}

/// Variables that the compiler kept in a volatile register up to the call and elsewhere from there on: the function that
/// has them, and the argument of it that they hold (ndis.c and mm.c in tests/forge/windows: `miniport` is a copy of
/// `MiniportHandle`).
const KEPT_ACROSS: &[(&str, &str, &str, usize)] = &[
    ("wifi", "NdisMSendNetBufferListsComplete", "MiniportHandle", 0),
    ("wifi", "NdisMSendNetBufferListsComplete", "miniport", 0),
    ("wifi-50", "NdisMSendNetBufferListsComplete", "MiniportHandle", 0),
    ("wifi-d1", "NdisMSendNetBufferListsComplete", "miniport", 0),
    ("wifi-fc", "NdisMSendNetBufferListsComplete", "miniport", 0),
    ("readonly", "MiSystemFault", "va", 1),
];

#[test]
fn variables_are_found_where_the_call_comes_back_to() {
    for (case, function, variable, argument) in KEPT_ACROSS {
        let truth = forge::truth(case);
        let frames = truth["frames"].as_array().unwrap();
        let index = frames.iter().position(|frame| frame["function"] == *function).unwrap();
        let handed = number(&frames[index + 1]["callee_arguments"][argument]);
        let mut session = session(case);
        let (ip, sp) = (number(&frames[index]["rip"]), number(&frames[index]["rsp"]));
        let stack = session.stack(0xff).unwrap();
        let frame = stack.physical().find(|frame| frame.ip == ip && frame.sp == sp).unwrap();
        session.select_frame(frame.number).unwrap();
        let locals = session.locals().unwrap();
        let local = locals.iter().find(|local| local.name == *variable).unwrap();
        let bytes = bytes(&session, local).unwrap_or_else(|| panic!("{case}: {variable} has no value"));
        assert_eq!(bytes, handed.to_le_bytes(), "{case}: {variable} in {}", local.home.text());
    }
}

/// `contents` of MiSystemFault begins as 0 and is then read from the PTE (mm.c): the record of the constant holds for a
/// part of the scope only, and which part is not recorded.
#[test]
fn a_constant_is_no_value() {
    let mut session = session("readonly");
    let stack = session.stack(0xff).unwrap();
    let name = |ip| session.target.name_address(ip).map(|named| named.name());
    let frame = stack.physical().find(|frame| name(frame.ip).as_deref() == Some("nt!MiSystemFault")).unwrap();
    session.select_frame(frame.number).unwrap();
    let locals = session.locals().unwrap();
    let constants: Vec<_> = locals.iter().filter(|local| matches!(local.home, Home::Constant(_))).collect();
    assert!(constants.iter().any(|local| local.name == "contents"));
    assert!(constants.iter().all(|local| local.value.is_none()));
    let shown = golden::run(&mut session, "dv contents").unwrap();
    assert_eq!(shown, ["       contents = <0 in a part of its scope>"]);
}
