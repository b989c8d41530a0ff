//! Searches of stacks made by hand; the chains are worked out from what lies on them.

use super::*;
use crate::unwind::host::StackKind;
use crate::unwind::testing::Flat;
use crate::unwind::walk::{WalkOptions, walk};

const NT: u64 = 0xffff_f800_0000_0000;
const DRIVER: u64 = 0xffff_f800_1000_0000;
const SP: u64 = 0xffff_b000_0000_2000;
const TOP: u64 = 0xffff_b000_0000_4000;

/// Two modules without function tables and an empty stack.
fn host() -> Flat {
    let mut flat = Flat::default();
    flat.module("nt", NT, 0x1000000, false);
    flat.module("driver", DRIVER, 0x100000, false);
    flat.put(SP, &[0; (TOP - SP) as usize]);
    flat.stacks.push(StackRange { limit: SP, base: TOP, kind: StackKind::Saved });
    flat
}

fn rows(flat: &Flat, rip: u64, rsp: u64) -> Vec<(u64, u64, &'static str)> {
    let mut registers = Registers::default();
    registers.set_rip(rip, Origin::Context);
    registers.set_general(4, rsp, Origin::Context);
    let stack = walk(flat, registers, &WalkOptions::default());
    stack.frames.iter().map(|frame| (frame.ip, frame.sp, frame.trust.word())).collect()
}

#[test]
fn words_that_cannot_be_return_addresses_are_no_frames() {
    let mut flat = host();
    flat.put_u64(SP + 0x18, NT + 0x5551); // right place
    flat.put_u64(SP + 0x50, NT + 0x6661); // rsp would be off by eight
    flat.put_u64(SP + 0x78, DRIVER + 0x10); // in the headers
    flat.put_u64(SP + 0xa8, DRIVER + 0x8000); // a pointer to something aligned
    flat.put_u64(SP + 0xd8, 0x4a); // nothing
    flat.put_u64(SP + 0x108, DRIVER + 0x3333);
    flat.put_u64(SP + 0x128, DRIVER + 0x4443); // too close to the one before: one of them is left over
    let found = rows(&flat, NT + 0x1001, SP);
    assert_eq!(found[0], (NT + 0x1001, SP, "context"));
    assert_eq!(found[1], (NT + 0x5551, SP + 0x20, "scan"));
    assert_eq!(found.len(), 3);
    assert!([DRIVER + 0x3333, DRIVER + 0x4443].contains(&found[2].0));
}

#[test]
fn code_bytes_decide_where_they_are_there() {
    let mut flat = host();
    flat.put_u64(SP + 0x28, DRIVER + 0x3333);
    flat.put_u64(SP + 0x48, DRIVER + 0x4443);
    flat.put(DRIVER + 0x3333 - 8, &[0x90; 8]);
    flat.put(DRIVER + 0x4443 - 8, &[0x90, 0x90, 0x90, 0xe8, 0, 0, 0, 0]);
    assert_eq!(rows(&flat, NT + 0x1001, SP)[1..], [(DRIVER + 0x4443, SP + 0x50, "scan")]);
}

#[test]
fn a_trap_frame_leads_to_the_interrupted_code_and_past_stale_words() {
    let mut flat = host();
    let trap = SP + 0x400;
    flat.put_u64(SP + 0x8, NT + 0x2221); // on top of a function just entered
    flat.put_u64(trap - 8, NT + 0x9991); // in the trap handler
    flat.put(trap + 0x2b, &[1]);
    flat.put_u64(trap + 0x30, 0xabc); // rax
    flat.put_u64(trap + 0x58, NT + 0x7777); // r10 happens to hold code
    for (offset, value) in
        [(0x168, DRIVER + 0x1234), (0x170, 0x10), (0x178, 0x10246), (0x180, trap + 0x190), (0x188, 0x18)]
    {
        flat.put_u64(trap + offset, value);
    }
    flat.put_u64(trap + 0x190 + 0x28, DRIVER + 0x5551);
    let found = rows(&flat, NT + 0x1001, SP + 8);
    assert_eq!(
        found,
        [
            (NT + 0x1001, SP + 8, "context"),
            (NT + 0x2221, SP + 0x10, "scan"),
            (NT + 0x9991, trap, "scan"),
            (DRIVER + 0x1234, trap + 0x190, "trap"),
            (DRIVER + 0x5551, trap + 0x1c0, "scan"),
        ]
    );
    // Without the handler's return address the frame is left over from something that has returned.
    flat.put_u64(trap - 8, 0);
    let found = rows(&flat, NT + 0x1001, SP + 8);
    assert!(found.iter().all(|row| row.2 != "trap" && row.0 != NT + 0x7777), "{found:x?}");
}

/// Puts a trap frame at `at`: rip, rsp and what made it.
fn put_trap(flat: &mut Flat, at: u64, cause: u8, rip: u64, rsp: u64) {
    flat.put(at, &[0; 0x190]);
    flat.put(at + 0x2b, &[cause]);
    for (offset, value) in [(0x168, rip), (0x170, 0x10), (0x178, 0x10246), (0x180, rsp), (0x188, 0x18)] {
        flat.put_u64(at + offset, value);
    }
}

fn addresses(found: &[(u64, u64, &'static str)]) -> Vec<u64> {
    found.iter().map(|row| row.0).collect()
}

#[test]
fn only_the_kernel_calls_itself_as_a_system_does() {
    // What looks like a system call's frame from kernel mode, with an instruction pointer on the stack.
    let mut flat = host();
    let trap = SP + 0x400;
    flat.put_u64(trap - 8, NT + 0x9991);
    flat.put_u64(SP + 0x500, NT + 0x6661);
    put_trap(&mut flat, trap, 2, SP + 0x888, trap + 0x198);
    assert!(addresses(&rows(&flat, NT + 0x1001, SP)).iter().all(|&ip| ip != SP + 0x888));
    put_trap(&mut flat, trap, 2, NT + 0x8881, trap + 0x198);
    assert!(addresses(&rows(&flat, NT + 0x1001, SP)).contains(&(NT + 0x8881)));
}

#[test]
fn between_a_bug_check_and_its_fault_only_the_kernel_stands() {
    let mut flat = host();
    let trap = SP + 0x400;
    flat.put_u64(SP, NT + 0x2221);
    flat.put_u64(SP + 0x58, DRIVER + 0x7773);
    flat.put_u64(SP + 0xa8, NT + 0x3331);
    flat.put_u64(trap - 8, NT + 0x9991);
    put_trap(&mut flat, trap, 1, DRIVER + 0x1234, trap + 0x190);
    flat.put_u64(trap + 0x190 + 0x28, DRIVER + 0x5551);
    let start = |flat: &Flat| addresses(&rows(flat, NT + 0x1000, SP + 8 - 8));
    // As long as the bug check does not name this fault, a driver may have stopped the system while handling it.
    assert!(start(&flat).contains(&(DRIVER + 0x7773)));
    flat.named.push(trap);
    assert_eq!(start(&flat), [NT + 0x1000, NT + 0x3331, NT + 0x9991, DRIVER + 0x1234, DRIVER + 0x5551]);
}

#[test]
fn a_stranger_between_frames_of_one_driver_is_left_over() {
    const OTHER: u64 = 0xffff_f800_2000_0000;
    let chain = |other: &str| {
        let mut flat = host();
        flat.module(other, OTHER, 0x100000, false);
        let code = [DRIVER + 0x1111, OTHER + 0x2221, DRIVER + 0x3333, DRIVER + 0x4443, NT + 0x5551];
        for (at, ip) in (SP + 0x18..).step_by(0x40).zip(code) {
            flat.put_u64(at, ip);
        }
        addresses(&rows(&flat, NT + 0x1001, SP))[1..].to_vec()
    };
    let all = [DRIVER + 0x1111, OTHER + 0x2221, DRIVER + 0x3333, DRIVER + 0x4443, NT + 0x5551];
    let without = [DRIVER + 0x1111, DRIVER + 0x3333, DRIVER + 0x4443, NT + 0x5551];
    assert_eq!(chain("stranger"), without);
    // A port driver calls its miniports back; parts of one product may call each other.
    assert_eq!(chain("ndis"), all);
    assert_eq!(chain("driverfilter"), all);
}

#[test]
fn words_that_fill_memory_and_copies_are_no_frames() {
    let mut flat = host();
    flat.module("wide", 0xffff_f801_0000_0000, 0xffff_0000, false);
    flat.put_u64(SP + 0x18, 0xffff_f801_dead_beef);
    flat.put_u64(SP + 0x58, 0xffff_f801_baad_f00d);
    // The same word twice, side by side: an argument and its copy.
    flat.put_u64(SP + 0x98, DRIVER + 0x1111);
    flat.put_u64(SP + 0xa8, DRIVER + 0x1111);
    flat.put_u64(SP + 0x118, DRIVER + 0x2221);
    assert_eq!(addresses(&rows(&flat, NT + 0x1001, SP))[1..], [DRIVER + 0x2221]);
    // A function that calls itself has its return addresses whole frames apart.
    for slot in [SP + 0x98, SP + 0xd8, SP + 0x118, SP + 0x158] {
        flat.put_u64(slot, DRIVER + 0x1111);
    }
    flat.put_u64(SP + 0xa8, 0);
    assert_eq!(addresses(&rows(&flat, NT + 0x1001, SP))[1..], [DRIVER + 0x1111; 4]);
}

#[test]
fn what_a_processor_pushed_is_no_return_address() {
    let mut flat = host();
    // rip, cs, flags (without the bit that a processor sets), rsp, ss; then what that code was called by.
    for (at, value) in (SP + 0x48..).step_by(8).zip([NT + 0x2221, 0x10, 0x40244, SP + 0x78, 0x18]) {
        flat.put_u64(at, value);
    }
    flat.put_u64(SP + 0x78, NT + 0x3331);
    flat.put_u64(SP + 0x118, DRIVER + 0x5551);
    assert_eq!(addresses(&rows(&flat, NT + 0x1001, SP))[1..], [DRIVER + 0x5551]);
    // Without its selectors the word is one like any other.
    flat.put_u64(SP + 0x50, 0x11);
    assert!(addresses(&rows(&flat, NT + 0x1001, SP)).contains(&(NT + 0x2221)));
}

#[test]
fn a_register_that_points_at_a_return_slot_wins() {
    let mut flat = host();
    flat.put_u64(SP + 0x38, DRIVER + 0x1111);
    // Too close to the one before: only one of them can be a frame.
    flat.put_u64(SP + 0x58, DRIVER + 0x2221);
    flat.put_u64(SP + 0x78, DRIVER + 0x3333);
    let start = |r11: u64| {
        let mut registers = Registers::default();
        registers.set_rip(NT + 0x1001, Origin::Context);
        registers.set_general(4, SP, Origin::Context);
        registers.set_general(11, r11, Origin::Context);
        let stack = walk(&flat, registers, &WalkOptions::default());
        stack.frames.iter().map(|frame| frame.ip).collect::<Vec<_>>()
    };
    assert_eq!(start(0), [NT + 0x1001, DRIVER + 0x1111, DRIVER + 0x3333]);
    assert_eq!(start(SP + 0x58), [NT + 0x1001, DRIVER + 0x2221]);
}

#[test]
fn an_interrupt_stack_goes_on_where_its_end_says() {
    const IDLE: u64 = 0xffff_b000_0001_0000;
    let mut flat = host();
    flat.put_u64(SP + 0x18, NT + 0x5551);
    flat.put(IDLE, &[0; 0x1000]);
    flat.stacks.push(StackRange { limit: IDLE, base: IDLE + 0x1000, kind: StackKind::Thread });
    let trap = IDLE + 0x200;
    put_trap(&mut flat, trap, 0, NT + 0x7771, trap + 0x190);
    flat.put_u64(trap + 0x190 + 0x38, NT + 0x8883);
    flat.put_u64(TOP - 0x10, trap);
    let found = rows(&flat, NT + 0x1001, SP);
    assert_eq!(addresses(&found), [NT + 0x1001, NT + 0x5551, NT + 0x7771, NT + 0x8883]);
    assert_eq!(found[2], (NT + 0x7771, trap + 0x190, "trap"));
    // What is no trap frame is no way on.
    flat.put_u64(trap + 0x170, 0);
    assert_eq!(addresses(&rows(&flat, NT + 0x1001, SP)), [NT + 0x1001, NT + 0x5551]);
}

#[test]
fn a_handler_that_faults_itself_is_counted() {
    let mut flat = host();
    // The handler's first instruction, stopped with the machine frame just pushed (and an error code); each trap frame
    // begins where the code that it interrupted had its stack pointer.
    let handler = NT + 0x6e00;
    let traps: Vec<u64> = (0..5u64).map(|level| SP + 0x130 + level * 0x190).collect();
    for (at, value) in (SP + 0x108..).step_by(8).zip([handler + 0x3c, 0x10, 0x10046, SP + 0x130, 0]) {
        flat.put_u64(at, value);
    }
    for &trap in &traps[..4] {
        put_trap(&mut flat, trap, 1, handler + 0x3c, trap + 0x190);
    }
    put_trap(&mut flat, traps[4], 1, DRIVER + 0x1235, traps[4] + 0x190);
    let mut registers = Registers::default();
    registers.set_rip(handler, Origin::Context);
    registers.set_general(4, SP + 0x100, Origin::Context);
    let stack = walk(&flat, registers, &WalkOptions::default());
    let found: Vec<u64> = stack.frames.iter().map(|frame| frame.ip).collect();
    assert_eq!(
        found[..7],
        [
            handler,
            handler + 0x3c,
            handler + 0x3c,
            handler + 0x3c,
            handler + 0x3c,
            handler + 0x3c,
            DRIVER + 0x1235
        ]
    );
    assert_eq!(stack.nested_traps(), Some((handler + 0x3c, 5)));
}

#[test]
fn the_kernel_calls_its_own_services_only() {
    let mut flat = host();
    let trap = SP + 0x400;
    flat.put_u64(SP + 0x58, NT + 0x3331);
    // Left over from something else, right inside the entry code of a call that the kernel made.
    flat.put_u64(SP + 0x338, DRIVER + 0x7773);
    flat.put_u64(trap - 8, NT + 0x9991);
    put_trap(&mut flat, trap, 2, NT + 0x8881, trap + 0x198);
    let found = addresses(&rows(&flat, NT + 0x1001, SP));
    assert_eq!(found[1..4], [NT + 0x3331, NT + 0x9991, NT + 0x8881]);
}

/// A function that calls itself: its return address stands as far apart each time, so the address of its caller is found
/// where one more of its frames ends, though it is a multiple of eight.
#[test]
fn one_code_has_one_frame_size() {
    let mut flat = host();
    for level in 0..3 {
        flat.put_u64(SP + 0x28 + level * 0xe0, NT + 0x3331);
    }
    flat.put_u64(SP + 0x28 + 3 * 0xe0, NT + 0x4440);
    flat.put_u64(SP + 0x28 + 3 * 0xe0 + 0xc0, NT + 0x5551);
    let found = addresses(&rows(&flat, NT + 0x1001, SP));
    assert_eq!(found[1..], [NT + 0x3331, NT + 0x3331, NT + 0x3331, NT + 0x4440, NT + 0x5551]);
}

/// The entry code of a system call has one frame size, which its trap frame fixes; the other place where its return address
/// stands is left over from a call that is done.
#[test]
fn a_frame_of_another_size_is_left_over() {
    let mut flat = host();
    let trap = SP + 0x800;
    flat.put_u64(SP + 0x28, DRIVER + 0x2221);
    flat.put_u64(SP + 0x58, NT + 0x8883); // left over: 0x30 bytes further there is no return address
    flat.put_u64(SP + 0x198, DRIVER + 0x3331);
    flat.put_u64(trap - 0x38, NT + 0x8883);
    flat.put_u64(trap - 8, NT + 0x9991);
    put_trap(&mut flat, trap, 2, NT + 0x7771, trap + 0x190);
    let found = addresses(&rows(&flat, NT + 0x1001, SP));
    assert_eq!(found[1..5], [DRIVER + 0x2221, DRIVER + 0x3331, NT + 0x8883, NT + 0x9991]);
}

/// A driver called a service, which returned; what it called then stands where the service's frames were.
#[test]
fn a_service_call_that_is_over_is_no_frame() {
    let mut flat = host();
    let trap = SP + 0x1400;
    flat.put_u64(SP + 0x28, NT + 0x3331);
    flat.put_u64(SP + 0x1358, DRIVER + 0x7773);
    flat.put_u64(trap - 8, NT + 0x9991);
    put_trap(&mut flat, trap, 0x82, NT + 0x8881, trap + 0x198);
    flat.put_u64(trap + 0x198, DRIVER + 0x5553);
    let found = addresses(&rows(&flat, NT + 0x1001, SP));
    assert_eq!(found[1..], [NT + 0x3331, DRIVER + 0x7773, DRIVER + 0x5553]);
}
