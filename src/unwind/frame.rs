//! Frames and stacks: the result of a walk, as data.

use std::fmt;

use super::arm64::registers::Arm64Registers;
use super::error::UnwindError;
use super::host::{InlineFrame, StackKind};
use super::registers::{Registers, Slot};
use super::score::Evidence;
use super::trap::TrapCause;

/// How far a frame can be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The context the walk started from.
    Context,
    /// Found by unwind data.
    Unwind,
    /// Inlined into the frame that follows: as good as the symbols.
    Inline,
    /// The frame inside it has no unwind data and is assumed to have moved neither rsp nor a nonvolatile register.
    Leaf,
    /// Found by the chain of frame records (ARM64).
    FramePointer,
    /// Read from a trap frame or machine frame that was recognised on the stack without unwind data.
    TrapFrame(Vec<Evidence>),
    /// Its return address was found by searching the stack.
    Scan {
        /// 0 to 100.
        score: u8,
        /// What speaks for it, and against it.
        evidence: Vec<Evidence>,
    },
}

impl Trust {
    /// One word: `context`, `unwind`, `inline`, `leaf`, `frame-pointer`, `trap`, `scan`.
    pub fn word(&self) -> &'static str {
        match self {
            Trust::Context => "context",
            Trust::Unwind => "unwind",
            Trust::Inline => "inline",
            Trust::Leaf => "leaf",
            Trust::FramePointer => "frame-pointer",
            Trust::TrapFrame(_) => "trap",
            Trust::Scan { .. } => "scan",
        }
    }

    /// Whether the frame was guessed from stack contents.
    pub fn is_scan(&self) -> bool {
        matches!(self, Trust::Scan { .. })
    }
}

/// What a frame's instruction pointer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// The walk started here: the next instruction of the context.
    First,
    /// A return address: the call stands before it.
    Caller,
    /// The instruction that was interrupted, from a machine frame.
    Interrupted,
    /// An inlined function inside the physical frame that follows.
    Inline,
}

/// A fact about a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// This function built a trap frame; the frame after it is the interrupted code.
    TrapFrame {
        /// Address of the KTRAP_FRAME.
        address: u64,
        /// What made it.
        cause: TrapCause,
    },
    /// This function's frame ends in a machine frame without a trap frame around it.
    MachineFrame {
        /// Where the interrupted rip stands.
        address: u64,
    },
    /// This function built a KEXCEPTION_FRAME here.
    ExceptionFrame {
        /// Its address.
        address: u64,
    },
    /// The frame after this one runs in user mode.
    ToUserMode,
    /// The frame after this one is on another stack.
    StackSwitch {
        /// What the other stack is, where known.
        to: Option<StackKind>,
    },
    /// The processor stood in the function's prolog.
    InProlog,
    /// The processor stood in an epilog of the function.
    InEpilog,
    /// Unwind data is missing or damaged here, so the frames that follow are searched for.
    UnwindFailed(UnwindError),
    /// The module's function table cannot be read; its image would make the frames exact.
    NoUnwindData {
        /// The module.
        module: String,
    },
    /// The instruction pointer lies in no module.
    NotInModule,
    /// The instruction pointer lies in a part of its module that is no code.
    NotExecutable,
}

/// One row of a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Its number, counted from 0 with inline frames.
    pub number: u32,
    /// What `ip` is.
    pub kind: FrameKind,
    /// How far it can be believed.
    pub trust: Trust,
    /// Instruction pointer.
    pub ip: u64,
    /// Whether `ip` is where a call comes back to.
    pub is_call: bool,
    /// Stack pointer at `ip` (`Child-SP`).
    pub sp: u64,
    /// What the function's saves are counted from; equals `sp` where there is no frame register.
    pub frame_base: u64,
    /// Where this frame returns to: the next physical frame's ip; 0 at the end of the walk.
    pub return_address: u64,
    /// Where the return address stands; `None` across machine frames and at the end of the walk.
    pub return_slot: Option<u64>,
    /// The stack pointer of the next physical frame, where the four home slots of arguments lie.
    pub caller_sp: Option<u64>,
    /// The registers at `ip`.
    pub registers: Registers,
    /// ARM64: every recovered register; `registers` has only pc, sp and x29 of them.
    pub arm64: Option<Box<Arm64Registers>>,
    /// Facts about it.
    pub notes: Vec<Note>,
    /// The inlined function, for [`FrameKind::Inline`].
    pub inline: Option<InlineFrame>,
    /// Its place among the functions inlined at this address, 0 being the innermost.
    pub inline_depth: Option<usize>,
}

impl Frame {
    /// A frame at the registers' instruction and stack pointers, of which nothing else is known yet.
    pub(crate) fn new(registers: Registers, kind: FrameKind, trust: Trust) -> Frame {
        let (ip, sp) = (registers.rip.value, registers.rsp());
        Frame {
            number: 0,
            kind,
            trust,
            ip,
            is_call: kind == FrameKind::Caller,
            sp,
            frame_base: sp,
            return_address: 0,
            return_slot: None,
            caller_sp: None,
            registers,
            arm64: None,
            notes: Vec::new(),
            inline: None,
            inline_depth: None,
        }
    }

    /// The address to look symbols and lines up with: inside the call for return addresses.
    pub fn lookup_ip(&self) -> u64 {
        match self.is_call {
            true => self.ip.wrapping_sub(1),
            false => self.ip,
        }
    }

    /// The trap frame that this function built.
    pub fn trap_frame(&self) -> Option<u64> {
        self.notes.iter().find_map(|note| match note {
            Note::TrapFrame { address, .. } => Some(*address),
            _ => None,
        })
    }

    /// A general register by name, with its origin.
    pub fn register(&self, name: &str) -> Option<Slot<u64>> {
        self.registers.by_name(name)
    }
}

/// Why a walk ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The last frame returns to address 0: the thread began there.
    Complete,
    /// The number of frames asked for was reached.
    Limit(usize),
    /// A step failed.
    Failed(UnwindError),
    /// The stack pointer did not move up.
    NoProgress {
        /// Where it stood.
        sp: u64,
    },
    /// The same instruction and stack pointer came twice.
    Cycle {
        /// Instruction pointer.
        ip: u64,
        /// Stack pointer.
        sp: u64,
    },
    /// The stack pointer left every known stack.
    OutsideStack {
        /// Where it points.
        sp: u64,
    },
    /// The return address is no code.
    NotCode {
        /// What it is.
        ip: u64,
    },
    /// User-mode memory is not in the dump.
    UserModeMissing {
        /// The user-mode stack pointer.
        sp: u64,
    },
    /// No further return address was found on the rest of the stack.
    NothingFound {
        /// First address searched.
        from: u64,
        /// One past the last address searched.
        to: u64,
    },
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Complete => write!(f, "the thread began here"),
            End::Limit(frames) => write!(f, "stopped after {frames} frames, as asked"),
            End::Failed(error) => write!(f, "{error}"),
            End::NoProgress { sp } => write!(f, "the stack pointer did not move up from {sp:#x}"),
            End::Cycle { ip, sp } => write!(f, "frames repeat: ip {ip:#x} and sp {sp:#x} came twice"),
            End::OutsideStack { sp } => write!(f, "the stack pointer {sp:#x} lies on no known stack"),
            End::NotCode { ip } => write!(f, "the return address {ip:#x} is no code"),
            End::UserModeMissing { sp } => {
                write!(f, "the user-mode stack at {sp:#x} or its code is not in the dump")
            }
            End::NothingFound { from, to } => {
                write!(f, "no further return address between {from:#x} and {to:#x}")
            }
        }
    }
}

/// A walked stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// Innermost frame first.
    pub frames: Vec<Frame>,
    /// Why it ends.
    pub end: End,
}

impl Stack {
    /// Where the same instruction is interrupted over and over, by the very code that handles the interruption: its
    /// address, and how often, if that is at least three times in a row.
    pub fn nested_traps(&self) -> Option<(u64, usize)> {
        let interrupted: Vec<Option<u64>> =
            self.physical().map(|frame| (frame.kind == FrameKind::Interrupted).then_some(frame.ip)).collect();
        let runs = interrupted.chunk_by(|a, b| a.is_some() && a == b);
        let longest = runs.filter(|run| run.len() >= 3).max_by_key(|run| run.len())?;
        Some(((*longest.first()?)?, longest.len()))
    }

    /// Modules whose images would turn searched frames into exact ones, in order of appearance, each once.
    pub fn images_wanted(&self) -> Vec<&str> {
        let mut wanted: Vec<&str> = Vec::new();
        for note in self.frames.iter().flat_map(|frame| &frame.notes) {
            if let Note::NoUnwindData { module } = note
                && !wanted.contains(&module.as_str())
            {
                wanted.push(module);
            }
        }
        wanted
    }

    /// The physical frames: inlined ones left out.
    pub fn physical(&self) -> impl Iterator<Item = &Frame> {
        self.frames.iter().filter(|frame| frame.kind != FrameKind::Inline)
    }
}
