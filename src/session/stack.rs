//! Stacks and frames of the session: where walks start, and which frame is looked at.

use super::focus::SelectedFrame;
use super::session::Session;
use crate::debuggee::{NoRegisters, RegisterContext};
use crate::dump::Machine;
use crate::kernel::stack;
use crate::unwind::{Arm64Start, GENERAL_NAMES, Registers, Stack, TargetHost, WalkOptions, walk, walk_arm64};
use crate::util::bounded;
use thiserror::Error;

/// Why a frame cannot be selected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoFrame {
    /// No stack starts anywhere.
    #[error(transparent)]
    NoRegisters(#[from] NoRegisters),
    /// The stack is shorter.
    #[error("the stack has frames 0 to {last:x}")]
    Beyond {
        /// Its outermost frame.
        last: usize,
    },
}

/// Frames that `k` shows unless told otherwise.
pub const DEFAULT_FRAMES: usize = 0xff;

fn options(max_frames: usize) -> WalkOptions {
    WalkOptions { max_frames, ..WalkOptions::default() }
}

impl Session {
    /// The registers that stacks start from: a context that was set, or the current processor's; never those of a
    /// selected frame.
    ///
    /// # Errors
    /// Why there are none.
    pub fn base_context(&self) -> Result<&RegisterContext, NoRegisters> {
        if let Some(context) = &self.focus.context {
            return Ok(context);
        }
        match self.processor() {
            Some(processor) => processor.context.as_ref().map_err(Clone::clone),
            None => {
                self.target.dump()?;
                Err(NoRegisters::NoProcessor(self.focus.processor))
            }
        }
    }

    /// The same as the unwinder takes them: with what is not known of them.
    ///
    /// # Errors
    /// As [`Session::base_context`].
    pub fn base_registers(&self) -> Result<Registers, NoRegisters> {
        let context = self.base_context()?;
        Ok(match &self.focus.registers {
            Some(registers) => registers.clone(),
            None => Registers::from(context),
        })
    }

    /// Where the selected frame (the innermost if none is) returns to; `None` where that is not known.
    pub fn return_address(&self) -> Option<u64> {
        let address = match &self.focus.frame {
            Some(selected) => selected.frame.return_address,
            None => self.stack(1).ok()?.frames.first()?.return_address,
        };
        Some(address).filter(|&address| address != 0)
    }

    /// The current stack.
    ///
    /// # Errors
    /// As [`Session::base_context`].
    pub fn stack(&self, max_frames: usize) -> Result<Stack, NoRegisters> {
        Ok(self.stack_from(self.base_registers()?, max_frames))
    }

    /// The stack that starts at `registers`. Where the dump lacks the images of its modules, those that the search path
    /// has are used, and the walk made again with them.
    pub fn stack_from(&self, registers: Registers, max_frames: usize) -> Stack {
        let start = (self.target.machine() == Machine::Arm64).then(|| self.arm64_start(&registers));
        stack::with_images(&self.target, self.target.modules(), || match &start {
            Some(start) => {
                walk_arm64(&TargetHost::new(&self.target, self.thread()), *start, &options(max_frames))
            }
            None => self.walk_from(self.thread(), registers.clone(), max_frames),
        })
    }

    /// The stack of the processor that crashed, whatever is selected; x64 only.
    pub fn crash_stack(&self) -> Option<Stack> {
        let crashed = self.target.processors().get(self.target.crashed_processor() as usize)?;
        let registers = Registers::from(crashed.context.as_ref().ok()?);
        (self.target.machine() == Machine::Amd64).then(|| self.crash_stack_from(registers))
    }

    /// A stack that starts at other registers of the thread that crashed; x64 only.
    pub fn crash_stack_from(&self, registers: Registers) -> Stack {
        let crashed = self.target.processors().get(self.target.crashed_processor() as usize);
        let thread = crashed.and_then(|crashed| crashed.current_thread);
        stack::with_images(&self.target, self.target.modules(), || {
            self.walk_from(thread, registers.clone(), DEFAULT_FRAMES)
        })
    }

    fn walk_from(&self, thread: Option<u64>, registers: Registers, max_frames: usize) -> Stack {
        walk(&TargetHost::new(&self.target, thread), registers, &options(max_frames))
    }

    /// What an ARM64 walk starts from: `registers` have pc, sp and x29 in the places of rip, rsp and rbp; lr is known
    /// in the base context only.
    fn arm64_start(&self, registers: &Registers) -> Arm64Start {
        let context = self.base_context().ok();
        let base = context.filter(|context| context.ip() == registers.rip.value);
        let of_base = |name: &str| base.and_then(|context| context.get(name));
        let x29 = registers.by_name("rbp").and_then(|slot| slot.known());
        Arm64Start {
            pc: registers.rip.value,
            sp: of_base("sp").unwrap_or(registers.rsp()),
            fp: of_base("fp").or(x29).unwrap_or(0),
            lr: of_base("lr").unwrap_or(0),
            general: std::array::from_fn(|at| of_base(&format!("x{}", at + 19))),
            vector: std::array::from_fn(|at| {
                let raw = base?.bytes_of(&format!("v{}", at + 8))?;
                bounded::u64_at(raw, 0)
            }),
        }
    }

    /// Registers as `RegisterContext`: the base context with everything that `registers` knows put in.
    ///
    /// # Errors
    /// As [`Session::base_context`].
    pub fn context_of(&self, registers: &Registers) -> Result<RegisterContext, NoRegisters> {
        let mut context = self.base_context()?.clone();
        if context.machine() == Machine::Arm64 {
            let x29 = registers.by_name("rbp").map_or(0, |slot| slot.value);
            for (name, value) in [("pc", registers.rip.value), ("sp", registers.rsp()), ("fp", x29)] {
                context.set(name, value);
            }
            return Ok(context);
        }
        for (number, name) in (0u8..).zip(GENERAL_NAMES) {
            context.set(name, registers.general(number).value);
        }
        context.set("rip", registers.rip.value);
        for (name, value) in [
            ("efl", registers.eflags.known()),
            ("cs", registers.cs.known().map(u64::from)),
            ("ss", registers.ss.known().map(u64::from)),
        ] {
            if let Some(value) = value {
                context.set(name, value);
            }
        }
        for number in 0u8..16 {
            let value = registers.xmm(number).value.to_le_bytes();
            context.set_bytes(&format!("xmm{number}"), &value);
        }
        Ok(context)
    }

    /// Makes frame `number` of the current stack the one that registers and locals are shown for.
    ///
    /// # Errors
    /// Why there is no such frame.
    pub fn select_frame(&mut self, number: u32) -> Result<&SelectedFrame, NoFrame> {
        let limit = (number as usize).saturating_add(1).max(DEFAULT_FRAMES);
        let stack = self.stack(limit)?;
        let count = stack.frames.len();
        let frame = stack
            .frames
            .into_iter()
            .nth(number as usize)
            .ok_or(NoFrame::Beyond { last: count.saturating_sub(1) })?;
        let mut context = self.context_of(&frame.registers)?;
        for (name, slot) in frame.arm64.iter().flat_map(|registers| registers.recovered()) {
            context.set(&name, slot.value);
        }
        self.next_address.clear();
        Ok(self.focus.frame.insert(SelectedFrame { frame, context }))
    }

    /// Makes registers current in place of the processor's; `registers` says what is not known of them.
    pub fn set_context(&mut self, context: RegisterContext, registers: Option<Registers>) {
        self.focus.context = Some(context);
        self.focus.registers = registers;
        self.focus.trap_frame = None;
        self.focus.context_record = None;
        self.focus.frame = None;
        self.next_address.clear();
    }

    /// Makes the processor's own registers current again.
    pub fn reset_context(&mut self) {
        self.focus.context = None;
        self.focus.registers = None;
        self.focus.trap_frame = None;
        self.focus.context_record = None;
        self.focus.frame = None;
        self.next_address.clear();
    }
}
