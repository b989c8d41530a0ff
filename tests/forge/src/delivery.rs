//! Delivers exceptions as the processor does: machine frame, error code, handler, double fault.

use iced_x86::{Decoder, DecoderOptions};

use crate::machine::{Entry, Kind, Recorder, Registers, Vectors};
use crate::memory::Memory;

/// Where the faulting instruction is: the engine stands there, or behind it.
pub fn fault_address(rec: &Recorder, at: &Registers, cr2: u64) -> u64 {
    if at.rip == cr2 { at.rip } else { rec.last }
}

/// The error code of a page fault: present, write, fetch.
pub fn error_code(memory: &Memory, cr3: u64, cr2: u64, rip: u64) -> u64 {
    let present = u64::from(memory.translate(cr3, cr2).is_some());
    if rip == cr2 {
        return present | 0x10;
    }
    let mut write = 0;
    if let Some(bytes) = memory.read(cr3, rip, 15) {
        let mut decoder = Decoder::with_ip(64, &bytes, rip, DecoderOptions::NONE);
        let instruction = decoder.decode();
        let mut info = iced_x86::InstructionInfoFactory::new();
        let used = info.info(&instruction);
        if used.used_memory().iter().any(|m| {
            matches!(
                m.access(),
                iced_x86::OpAccess::Write | iced_x86::OpAccess::ReadWrite | iced_x86::OpAccess::CondWrite
            )
        }) {
            write = 2;
        }
    }
    present | write
}

/// Pushes the machine frame and gives the state at the handler's first instruction. `top` is the stack for entries from
/// ring 3.
#[allow(clippy::too_many_arguments)]
pub fn deliver(
    memory: &mut Memory,
    cr3: u64,
    rec: &mut Recorder,
    at: &Registers,
    vector: u8,
    code: u64,
    vectors: Vectors,
    top: u64,
) -> Registers {
    let (handler, with_code) = match vector {
        3 => (vectors.breakpoint, false),
        8 => (vectors.double_fault, true),
        13 => (vectors.general_protection, true),
        14 => (vectors.page_fault, true),
        0x29 => (vectors.fast_fail, false),
        v => panic!("vector {v} at {:#x}", at.rip),
    };
    let stack = match vector {
        8 => vectors.ist,
        _ if at.is_user() => top,
        _ => at.gpr[4] & !15,
    };
    let size = if with_code { 48 } else { 40 };
    let rsp = stack - size;
    if memory.translate(cr3, rsp).is_none() || memory.translate(cr3, stack - 8).is_none() {
        assert!(vector != 8, "no stack for a double fault");
        return deliver(memory, cr3, rec, at, 8, 0, vectors, top);
    }
    let mut frame = vec![at.rip, u64::from(at.cs), at.flags | 2, at.gpr[4], u64::from(at.ss)];
    if with_code {
        frame.insert(0, code);
    }
    let bytes: Vec<u8> = frame.iter().flat_map(|q| q.to_le_bytes()).collect();
    memory.write(cr3, rsp, &bytes);
    // A call that faulted while it pushed its return address has not happened.
    if rec.chain.last().is_some_and(|e| e.kind == Kind::Call && e.site == at.rip) {
        rec.chain.pop();
    }
    let rip_slot = rsp + if with_code { 8 } else { 0 };
    let mut interrupted = at.clone();
    // int3 and int 29h leave rip behind the instruction; the handlers move it back, and so does the record.
    match vector {
        3 => interrupted.rip -= 1,
        0x29 => interrupted.rip -= 2,
        _ => {}
    }
    rec.chain.push(Entry {
        kind: Kind::Exception(vector),
        regs: interrupted,
        arguments: [0; 4],
        trap_frame: rip_slot - 0x168,
        site: at.rip,
    });
    let mut next = at.clone();
    next.gpr[4] = rsp;
    next.rip = handler;
    next.flags &= !0x300;
    next
}
