//! The emulated processor: runs the fixture's code, delivers faults as the processor would, and records every call.

use std::cell::RefCell;
use std::rc::Rc;

use iced_x86::{Decoder, DecoderOptions, FlowControl};
use unicorn_engine::{Arch, Mode, Prot, RegisterX86, Unicorn};

use crate::delivery::{deliver, error_code, fault_address};
use crate::memory::Memory;

/// General registers in the order of CONTEXT: rax rcx rdx rbx rsp rbp rsi rdi r8..r15.
pub const GPR: [RegisterX86; 16] = [
    RegisterX86::RAX,
    RegisterX86::RCX,
    RegisterX86::RDX,
    RegisterX86::RBX,
    RegisterX86::RSP,
    RegisterX86::RBP,
    RegisterX86::RSI,
    RegisterX86::RDI,
    RegisterX86::R8,
    RegisterX86::R9,
    RegisterX86::R10,
    RegisterX86::R11,
    RegisterX86::R12,
    RegisterX86::R13,
    RegisterX86::R14,
    RegisterX86::R15,
];
/// Their names.
pub const GPR_NAMES: [&str; 16] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
    "r15",
];

/// Registers at one moment.
#[derive(Clone, Default)]
pub struct Registers {
    /// General registers, as in [`GPR`].
    pub gpr: [u64; 16],
    /// xmm6 to xmm15.
    pub xmm: [[u8; 16]; 10],
    /// Instruction pointer.
    pub rip: u64,
    /// Flags.
    pub flags: u64,
    /// Code selector; its low bits are the ring.
    pub cs: u16,
    /// Stack selector.
    pub ss: u16,
}

impl Registers {
    /// At the start of a kernel routine.
    pub fn kernel(rip: u64, rsp: u64) -> Self {
        let mut regs = Self { rip, cs: KERNEL_CODE, ss: KERNEL_DATA, ..Self::default() };
        regs.gpr[4] = rsp;
        regs
    }

    /// At the start of a user routine.
    pub fn user(rip: u64, rsp: u64) -> Self {
        Self { cs: USER_CODE, ss: USER_DATA, ..Self::kernel(rip, rsp) }
    }

    /// Runs in ring 3.
    pub fn is_user(&self) -> bool {
        self.cs & 3 == 3
    }
}

/// Selectors as Windows lays its descriptors out.
const KERNEL_CODE: u16 = 0x10;
const KERNEL_DATA: u16 = 0x18;
const USER_CODE: u16 = 0x33;
const USER_DATA: u16 = 0x2B;
/// Where a processor block names its descriptor table, and the top of the stack that entries from ring 3 get.
const PCR_GDT: u64 = 0;
const PCR_RSP_BASE: u64 = 0x1A8;

/// Why a frame exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A call.
    Call,
    /// A processor exception with its vector.
    Exception(u8),
    /// A system service entered by `syscall` or from kernel mode.
    Service,
}

/// One entry of the recorded call chain: the state that will be resumed.
#[derive(Clone)]
pub struct Entry {
    /// Why.
    pub kind: Kind,
    /// Registers in that frame; `rip` is the return address or the interrupted instruction.
    pub regs: Registers,
    /// rcx, rdx, r8, r9 as given to the callee (calls only).
    pub arguments: [u64; 4],
    /// Trap frame address (exceptions and services).
    pub trap_frame: u64,
    /// Address of the call instruction.
    pub site: u64,
}

/// Entry points that the machine needs to know.
#[derive(Clone, Copy, Default)]
pub struct Vectors {
    /// Handler by vector.
    pub page_fault: u64,
    /// int3.
    pub breakpoint: u64,
    /// int 29h.
    pub fast_fail: u64,
    /// Double fault.
    pub double_fault: u64,
    /// General protection.
    pub general_protection: u64,
    /// `syscall`.
    pub system_call: u64,
    /// Kernel-mode service entry.
    pub service_internal: u64,
    /// Its return point.
    pub service_linkage: u64,
    /// An `iretq`: what leaves for ring 3.
    pub interrupt_return: u64,
    /// Interrupt stack of the double fault.
    pub ist: u64,
}

/// What the hooks keep while the code runs.
#[derive(Default)]
pub struct Recorder {
    /// Calls, exceptions and services that will be resumed, outermost first.
    pub chain: Vec<Entry>,
    /// Address of the last instruction that was begun.
    pub last: u64,
    pending: Option<u64>,
    halted: bool,
    syscall: bool,
    vectors: Vectors,
    steps: u64,
    irql: u64,
    late: Option<(RegisterX86, u64)>,
    trace: bool,
    stop_at: Option<u64>,
    stopped: Option<Registers>,
    /// The next instruction is ours: it leaves for ring 3.
    leaving: bool,
}

/// How a run ended.
pub struct Stopped {
    /// Registers at the stop.
    pub regs: Registers,
    /// Call chain, outermost first.
    pub chain: Vec<Entry>,
}

/// The processor.
pub struct Machine {
    /// Entry points.
    pub vectors: Vectors,
    /// Prints every call when set.
    pub trace: bool,
    /// Stops the next runs before this instruction, as an interrupt would.
    pub stop_at: Option<u64>,
}

fn snapshot(uc: &Unicorn<'_, ()>) -> Registers {
    let mut r = Registers::default();
    for (slot, reg) in r.gpr.iter_mut().zip(GPR) {
        *slot = uc.reg_read(reg).expect("register");
    }
    for (i, x) in r.xmm.iter_mut().enumerate() {
        let value = uc.reg_read_long(RegisterX86::XMM6 as i32 + i as i32).expect("xmm");
        x.copy_from_slice(&value[..16]);
    }
    r.rip = uc.reg_read(RegisterX86::RIP).expect("rip");
    r.flags = uc.reg_read(RegisterX86::RFLAGS).expect("flags");
    r.cs = uc.reg_read(RegisterX86::CS).expect("selector") as u16;
    r.ss = uc.reg_read(RegisterX86::SS).expect("selector") as u16;
    r
}

impl Machine {
    /// Runs from `start` until the code halts. `gs` is the processor block; user code here never uses its
    /// own, so `swapgs` swaps equal values.
    pub fn run(&self, memory: &mut Memory, cr3: u64, start: &Registers, gs: u64, irql: u64) -> Stopped {
        let recorder = Rc::new(RefCell::new(Recorder {
            vectors: self.vectors,
            trace: self.trace,
            stop_at: self.stop_at,
            ..Recorder::default()
        }));
        let mut state = start.clone();
        let mut cr2 = 0u64;
        let mut rounds = 0;
        recorder.borrow_mut().irql = irql;
        loop {
            let pages = memory.pages();
            let pointer = memory.pointer();
            let mut uc = Unicorn::new(Arch::X86, Mode::MODE_64).expect("unicorn");
            // SAFETY: `memory` outlives this engine, which is dropped at the end of the loop body, and is not touched meanwhile.
            unsafe { uc.mem_map_ptr(0, pages << 12, Prot::ALL, pointer.cast()) }.expect("memory");
            let five_levels = if memory.five_levels { 0x1000 } else { 0 };
            for (reg, value) in [
                (RegisterX86::CR3, cr3),
                (RegisterX86::CR4, 0x06F8 | five_levels),
                (RegisterX86::CR0, 0x8005_0033),
                (RegisterX86::CR2, cr2),
            ] {
                uc.reg_write(reg, value).expect("control register");
            }
            // EFER: system calls, long mode enabled and active, no-execute pages.
            write_msr(&mut uc, 0xC000_0080, 0xD01);
            // Guest page tables are used only once paging is on, hence the order above.
            uc.reg_write(RegisterX86::GS_BASE, gs).expect("gs");
            write_msr(&mut uc, 0xC000_0102, gs);
            let gdt = memory.u64(cr3, gs + PCR_GDT);
            uc.reg_write_long(RegisterX86::GDTR, &descriptor_table(gdt, 0x57)).expect("gdtr");
            for (reg, value) in GPR.iter().zip(state.gpr) {
                uc.reg_write(*reg, value).expect("register");
            }
            // In 64-bit mode these set what code reads of them and no more: the engine starts in ring 0.
            for (reg, selector) in [(RegisterX86::CS, KERNEL_CODE), (RegisterX86::SS, KERNEL_DATA)] {
                uc.reg_write(reg, u64::from(selector)).expect("selector");
            }
            let mut from = state.rip;
            if state.is_user() {
                // Ring 3 is entered as from any interrupt: by the machine frame at the top of the thread's kernel stack.
                let top = memory.u64(cr3, gs + PCR_RSP_BASE);
                let frame =
                    [state.rip, u64::from(state.cs), state.flags | 2, state.gpr[4], u64::from(state.ss)];
                let bytes: Vec<u8> = frame.iter().flat_map(|q| q.to_le_bytes()).collect();
                memory.write(cr3, top - 40, &bytes);
                uc.reg_write(RegisterX86::RSP, top - 40).expect("register");
                from = self.vectors.interrupt_return;
                recorder.borrow_mut().leaving = true;
            }
            for (i, x) in state.xmm.iter().enumerate() {
                uc.reg_write_long(RegisterX86::XMM6 as i32 + i as i32, x).expect("xmm");
            }
            uc.reg_write(RegisterX86::RFLAGS, state.flags | 2).expect("flags");
            let r = Rc::clone(&recorder);
            uc.add_code_hook(1, 0, move |uc, at, size| on_instruction(uc, &r, at, size)).expect("hook");
            let r = Rc::clone(&recorder);
            uc.add_intr_hook(move |uc, vector| {
                r.borrow_mut().pending = Some(u64::from(vector));
                uc.emu_stop().expect("stop");
            })
            .expect("hook");
            let result = uc.emu_start(from, 0, 0, 40_000_000);
            let mut at = snapshot(&uc);
            cr2 = uc.reg_read(RegisterX86::CR2).expect("cr2");
            drop(uc);
            let mut rec = recorder.borrow_mut();
            rounds += 1;
            assert!(rounds < 400, "{rounds} faults, the last at {:#x}", at.rip);
            if let Some(regs) = rec.stopped.take() {
                return Stopped { regs, chain: rec.chain.clone() };
            }
            if rec.halted {
                at.rip = rec.last;
                return Stopped { regs: at, chain: rec.chain.clone() };
            }
            if rec.syscall {
                rec.syscall = false;
                let here = rec.last;
                let mut regs = at.clone();
                regs.rip = here + 2;
                rec.chain.push(Entry {
                    kind: Kind::Service,
                    regs,
                    arguments: [0; 4],
                    trap_frame: memory.u64(cr3, gs + PCR_RSP_BASE) - 0x190,
                    site: here,
                });
                at.gpr[1] = here + 2;
                at.gpr[11] = at.flags;
                at.rip = self.vectors.system_call;
                (at.cs, at.ss) = (KERNEL_CODE, KERNEL_DATA);
                state = at;
                continue;
            }
            let Some(vector) = rec.pending.take() else {
                panic!("stopped at {:#x} for no reason: {result:?}", at.rip);
            };
            // A fault that follows another delivered one is reported as a double fault; the tables tell what it was.
            let faulting = if vector == 3 || vector == 0x29 { at.rip } else { fault_address(&rec, &at, cr2) };
            at.rip = faulting;
            let missing = memory.translate(cr3, cr2).is_none();
            let vector = if vector == 8 { if missing || cr2 != 0 { 14 } else { 13 } } else { vector };
            if rec.trace {
                println!("vector {vector} rip {:#x} cr2 {cr2:#x} rsp {:#x}", at.rip, at.gpr[4]);
            }
            let user = u64::from(at.is_user()) << 2;
            let code = if vector == 14 { error_code(memory, cr3, cr2, faulting) | user } else { 0 };
            let top = memory.u64(cr3, gs + PCR_RSP_BASE);
            state = deliver(memory, cr3, &mut rec, &at, vector as u8, code, self.vectors, top);
            (state.cs, state.ss) = (KERNEL_CODE, KERNEL_DATA);
        }
    }
}

fn on_instruction(uc: &mut Unicorn<'_, ()>, recorder: &Rc<RefCell<Recorder>>, at: u64, size: u32) {
    let mut rec = recorder.borrow_mut();
    if std::mem::take(&mut rec.leaving) {
        return;
    }
    rec.last = at;
    rec.steps += 1;
    let mut bytes = vec![0; size.min(15) as usize];
    if uc.vmem_read(at, Prot::EXEC, &mut bytes).is_err() {
        return;
    }
    if let Some((reg, value)) = rec.late.take() {
        uc.reg_write(reg, value).expect("register");
    }
    // The engine keeps no CR8: the interrupt level is kept here, and handed over after the reading instruction.
    if bytes.len() == 4
        && bytes[0] & 0xFE == 0x44
        && bytes[1] == 0x0F
        && bytes[3] >= 0xC0
        && (bytes[2] == 0x20 || bytes[2] == 0x22)
    {
        let reg = GPR[(bytes[3] & 7) as usize + if bytes[0] & 1 != 0 { 8 } else { 0 }];
        if bytes[2] == 0x22 {
            rec.irql = uc.reg_read(reg).expect("register") & 15;
        } else {
            rec.late = Some((reg, rec.irql));
        }
    }
    if rec.stop_at == Some(at) {
        let mut regs = snapshot(uc);
        regs.rip = at;
        rec.stopped = Some(regs);
        uc.emu_stop().expect("stop");
        return;
    }
    if bytes == [0xF4] {
        rec.halted = true;
        uc.emu_stop().expect("stop");
        return;
    }
    if bytes == [0x0F, 0x05] {
        rec.syscall = true;
        uc.emu_stop().expect("stop");
        return;
    }
    if at == rec.vectors.service_internal {
        let mut regs = snapshot(uc);
        let frame = regs.gpr[4];
        let mut word = [0; 8];
        uc.vmem_read(frame + 24, Prot::READ, &mut word).expect("machine frame");
        regs.gpr[4] = u64::from_le_bytes(word);
        regs.rip = rec.vectors.service_linkage;
        rec.chain.push(Entry {
            kind: Kind::Service,
            regs,
            arguments: [0; 4],
            trap_frame: frame - 0x168,
            site: at,
        });
        return;
    }
    let mut decoder = Decoder::with_ip(64, &bytes, at, DecoderOptions::NONE);
    let instruction = decoder.decode();
    match instruction.flow_control() {
        FlowControl::Call | FlowControl::IndirectCall => {
            let mut regs = snapshot(uc);
            regs.rip = at + u64::from(size);
            let arguments = [regs.gpr[1], regs.gpr[2], regs.gpr[8], regs.gpr[9]];
            if rec.trace {
                println!("call at {at:#x} rsp {:#x}", regs.gpr[4]);
            }
            rec.chain.push(Entry { kind: Kind::Call, regs, arguments, trap_frame: 0, site: at });
        }
        FlowControl::Return => {
            let rsp = uc.reg_read(RegisterX86::RSP).expect("rsp");
            let iret = bytes.last() == Some(&0xCF);
            if let Some(top) = rec.chain.last() {
                let same_stack = top.regs.gpr[4].abs_diff(rsp) < 0x10000;
                let gone = match top.kind {
                    Kind::Call => !iret && top.regs.gpr[4] <= rsp + 8 && same_stack,
                    _ => iret,
                };
                if gone {
                    rec.chain.pop();
                }
            }
        }
        _ => {}
    }
}

/// `uc_x86_mmr`: u16 selector, u64 base, u32 limit, u32 flags, each at its natural place.
fn descriptor_table(base: u64, limit: u32) -> [u8; 24] {
    let mut bytes = [0u8; 24];
    bytes[8..16].copy_from_slice(&base.to_le_bytes());
    bytes[16..20].copy_from_slice(&limit.to_le_bytes());
    bytes
}

fn write_msr(uc: &mut Unicorn<'_, ()>, msr: u32, value: u64) {
    uc.reg_write_long(RegisterX86::MSR, &pad_msr(msr, value)).expect("msr");
}

/// `uc_x86_msr`: u32 id, 4 bytes of padding, u64 value.
fn pad_msr(msr: u32, value: u64) -> [u8; 16] {
    let mut bytes = [0u8; 16];
    bytes[..4].copy_from_slice(&msr.to_le_bytes());
    bytes[8..].copy_from_slice(&value.to_le_bytes());
    bytes
}
