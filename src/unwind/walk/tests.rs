//! Walks over stacks and code made by hand; the frames are worked out from their bytes.

use super::*;
use crate::unwind::host::StackKind;
use crate::unwind::registers::{Origin, RBX};
use crate::unwind::testing::Flat;
use crate::unwind::trap::TrapCause;

const NT: u64 = 0xffff_f800_0000_0000;
const SP: u64 = 0xffff_b000_0000_2000;
const TOP: u64 = 0xffff_b000_0000_6000;

fn start(rip: u64, rsp: u64) -> Registers {
    let mut registers = Registers::default();
    for number in 0..16 {
        registers.set_general(number, 0x5000 + u64::from(number), Origin::Context);
    }
    registers.set_general(4, rsp, Origin::Context);
    registers.set_rip(rip, Origin::Context);
    registers
}

/// `nt` with a plain function (sub rsp,28h) at 0x1000 and a trap handler at 0x2000 whose trap frame is on top of
/// the machine frame with error code; an empty stack from SP to TOP.
fn host() -> Flat {
    let mut flat = Flat::default();
    flat.module("nt", NT, 0x100000, true);
    flat.function(NT, 0x1000, 0x1100, 0x9000, &[1, 4, 1, 0, 4, 0x42, 0, 0]);
    // push rbp; sub rsp,158h; lea rbp,[rsp+80h]
    let trap = [1, 16, 5, 0x85, 16, 0x03, 8, 0x01, 0x2b, 0, 1, 0x50, 0, 0x1a, 0, 0];
    flat.function(NT, 0x2000, 0x2100, 0x9100, &trap);
    flat.put(NT + 0x1000, &[0xcc; 0x1200]);
    flat.put(SP, &vec![0; (TOP - SP) as usize]);
    flat.stacks.push(StackRange { limit: SP, base: TOP, kind: StackKind::Thread });
    flat
}

#[test]
fn a_trap_frame_gives_back_every_register_it_holds() {
    let mut flat = host();
    let trap = SP + 0x100;
    flat.put_u64(SP + 0x28, NT + 0x2050); // the plain function returns into the handler
    flat.put_u64(SP + 0xf8, NT + 0x2050);
    flat.put(trap + 0x2b, &[1]);
    for (offset, value) in [(0x30, 0xa0), (0x38, 0xc0), (0x60, 0x11), (0x158, 0xbb)] {
        flat.put_u64(trap + offset, value);
    }
    flat.put_u64(trap + 0x70 + 0x50, 0x55); // xmm5
    for (offset, value) in
        [(0x160, 2), (0x168, NT + 0x1010), (0x170, 0x10), (0x178, 0x246), (0x180, SP + 0x290), (0x188, 0x18)]
    {
        flat.put_u64(trap + offset, value);
    }
    // The handler calls the plain function from its frame, which starts at the trap frame.
    let mut registers = start(NT + 0x2050, trap);
    registers.set_general(5, trap + 0x80, Origin::Context);
    let stack = walk(&flat, registers, &WalkOptions::default());
    assert_eq!(stack.frames.len(), 2);
    let handler = &stack.frames[0];
    assert_eq!(handler.trap_frame(), Some(trap));
    assert!(handler.notes.contains(&Note::TrapFrame { address: trap, cause: TrapCause::Exception }));
    let faulted = &stack.frames[1];
    assert_eq!((faulted.kind, &faulted.trust), (FrameKind::Interrupted, &Trust::Unwind));
    assert_eq!((faulted.ip, faulted.sp), (NT + 0x1010, SP + 0x290));
    assert_eq!(faulted.register("rax").unwrap().known(), Some(0xa0));
    assert_eq!(faulted.register("r11").unwrap().origin, Origin::Saved(trap + 0x60));
    assert_eq!(faulted.register("rbp").unwrap().known(), Some(0xbb));
    assert_eq!(faulted.registers.xmm(5).known(), Some(0x55));
    assert_eq!(faulted.registers.eflags.known(), Some(0x246));
    assert_eq!(stack.end, End::Complete);
}

#[test]
fn a_call_through_a_bad_pointer_returns_to_its_caller() {
    let mut flat = host();
    flat.put_u64(SP, NT + 0x1020);
    flat.put_u64(SP + 8 + 0x28, 0);
    let stack = walk(&flat, start(0x32_0036_0035, SP), &WalkOptions::default());
    let rows: Vec<_> = stack.frames.iter().map(|frame| (frame.ip, frame.sp, frame.trust.word())).collect();
    assert_eq!(rows, [(0x32_0036_0035, SP, "context"), (NT + 0x1020, SP + 8, "leaf")]);
    assert_eq!(stack.frames[1].registers.general(RBX).known(), Some(0x5003));
    assert_eq!(stack.frames[0].return_address, NT + 0x1020);
    assert_eq!(stack.end, End::Complete);
}

#[test]
fn circles_limits_and_ends_are_said() {
    let mut flat = host();
    // A machine frame that comes back to where it was.
    let info = [1, 1, 1, 0, 1, 0x0a, 0, 0];
    flat.function(NT, 0x3000, 0x3010, 0x9200, &info);
    flat.put(NT + 0x3000, &[0x90; 64]);
    flat.put_u64(SP + 0x100, NT + 0x3008);
    flat.put_u64(SP + 0x118, SP + 0x100);
    let stack = walk(&flat, start(NT + 0x3008, SP + 0x100), &WalkOptions::default());
    assert_eq!(stack.end, End::NoProgress { sp: SP + 0x100 });
    // Recursion for ever, as far as the stack's bytes go.
    for slot in (SP..TOP).step_by(8) {
        flat.put_u64(slot, NT + 0x1010);
    }
    let options = WalkOptions { max_frames: 10, ..WalkOptions::default() };
    let stack = walk(&flat, start(NT + 0x1010, SP), &options);
    assert_eq!((stack.frames.len(), stack.end), (10, End::Limit(10)));
    let stack = walk(&flat, start(NT + 0x1010, SP), &WalkOptions::default());
    assert!(matches!(stack.end, End::Failed(UnwindError::StackUnreadable { .. })), "{:?}", stack.end);
}

#[test]
fn damaged_unwind_data_is_named() {
    let mut flat = host();
    flat.put(NT + 0x9000, &[7]);
    let stack = walk(&flat, start(NT + 0x1010, SP), &WalkOptions::default());
    assert_eq!(stack.end, End::Failed(UnwindError::Version { address: NT + 0x9000, version: 7 }));
    assert_eq!(stack.frames.len(), 1);
}
