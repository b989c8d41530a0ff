//! The walk: from a set of registers outwards, frame by frame, until the thread's beginning or a stated reason.

use std::collections::{HashSet, VecDeque};

use super::calls::{self, Before};
use super::error::UnwindError;
use super::frame::{End, Frame, FrameKind, Note, Stack, Trust};
use super::host::{FunctionEntry, Lookup, StackRange, UnwindHost};
use super::registers::Registers;
use super::scan::{self, Link};
use super::trap::{self, TrapFrame};
use super::x64::{self, Position, Step};

/// Below this distance a stack pointer that moves down is damage, above it another stack.
const SAME_STACK: u64 = 0x10000;
/// Addresses below this belong to user mode.
const USER_END: u64 = 0x0000_8000_0000_0000;

/// How to walk.
#[derive(Debug, Clone)]
pub struct Options {
    /// Physical frames at most.
    pub max_frames: usize,
    /// Add frames for inlined functions.
    pub inline: bool,
    /// Search the stack where unwind data is missing.
    pub scan: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { max_frames: 0x400, inline: true, scan: true }
    }
}

/// Walks outwards from `start`, the registers of a context or trap frame.
pub fn walk(host: &dyn UnwindHost, start: Registers, options: &Options) -> Stack {
    let walker = Walker {
        host,
        options,
        stacks: host.stacks(),
        frames: Frames::new(host, options),
        found: VecDeque::new(),
        searched: None,
    };
    walker.run(start)
}

/// The frames of a walk as they are found, each behind what is inlined in it.
pub(crate) struct Frames<'a> {
    host: &'a dyn UnwindHost,
    inline: bool,
    frames: Vec<Frame>,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(host: &'a dyn UnwindHost, options: &Options) -> Frames<'a> {
        Frames { host, inline: options.inline, frames: Vec::new() }
    }

    /// Adds a physical frame and, before it, the functions inlined at its address.
    pub(crate) fn push(&mut self, mut frame: Frame) {
        if self.inline {
            let chain = self.host.inline_chain(frame.lookup_ip());
            for (depth, inline) in chain.into_iter().enumerate() {
                let number = self.next_number();
                self.frames.push(Frame {
                    number,
                    kind: FrameKind::Inline,
                    trust: Trust::Inline,
                    notes: Vec::new(),
                    inline: Some(inline),
                    inline_depth: Some(depth),
                    ..frame.clone()
                });
            }
        }
        frame.number = self.next_number();
        self.frames.push(frame);
    }

    fn next_number(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn finish(self, end: End) -> Stack {
        Stack { frames: self.frames, end }
    }
}

/// What follows a frame.
enum Next {
    Frame(Box<(Registers, FrameKind, Trust)>),
    Stop(End),
}

struct Walker<'a> {
    host: &'a dyn UnwindHost,
    options: &'a Options,
    stacks: Vec<StackRange>,
    frames: Frames<'a>,
    /// Frames that the last search found and that were not used yet.
    found: VecDeque<Link>,
    /// The addresses that the last search covered: within them an empty queue means that nothing is left.
    searched: Option<(u64, u64)>,
}

impl Walker<'_> {
    fn run(mut self, start: Registers) -> Stack {
        let mut seen = HashSet::new();
        let mut registers = start;
        let mut kind = FrameKind::First;
        let mut trust = Trust::Context;
        let mut physical = 0usize;
        let end = loop {
            let (ip, sp) = (registers.rip.value, registers.rsp());
            if physical >= self.options.max_frames {
                break End::Limit(physical);
            }
            if !seen.insert((ip, sp)) {
                break End::Cycle { ip, sp };
            }
            let mut frame = Frame::new(registers, kind, trust);
            let next = self.next(&mut frame);
            physical += 1;
            match next {
                Next::Frame(next) => {
                    (registers, kind, trust) = *next;
                    frame.return_address = registers.rip.value;
                    frame.caller_sp = Some(registers.rsp());
                    self.frames.push(frame);
                }
                Next::Stop(end) => {
                    self.frames.push(frame);
                    break end;
                }
            }
        };
        self.frames.finish(end)
    }

    fn next(&mut self, frame: &mut Frame) -> Next {
        let exact = frame.kind != FrameKind::Caller;
        let position = match exact {
            true => Position::Exact,
            false => Position::ReturnAddress,
        };
        let mut after = frame.registers.clone();
        if exact && self.host.is_executable(frame.ip) == Some(false) {
            frame.notes.push(Note::NotExecutable);
        }
        let lookup = self.lookup(frame.ip, exact);
        let step = match lookup {
            Lookup::Entry(entry) => x64::step(self.host, &mut after, entry, position),
            Lookup::Leaf => x64::step_leaf(self.host, &mut after),
            Lookup::NoModule => {
                frame.notes.push(Note::NotInModule);
                // A call through a bad pointer: the caller's return address is on top.
                let step = x64::step_leaf(self.host, &mut after);
                if !exact || step.is_err() || !self.is_code(after.rip.value) {
                    let end = match exact {
                        true => step.err().map_or(End::NotCode { ip: frame.ip }, End::Failed),
                        false => End::NotCode { ip: frame.ip },
                    };
                    return self.search(frame, end);
                }
                step
            }
            Lookup::NoData => {
                let module = self.host.module_at(frame.ip).map(|module| module.name.clone());
                frame.notes.push(Note::NoUnwindData { module: module.unwrap_or_default() });
                return self.search(frame, End::Complete);
            }
        };
        match step {
            Ok(step) => {
                let trust = match lookup {
                    Lookup::Entry(_) => Trust::Unwind,
                    _ => Trust::Leaf,
                };
                self.accept(frame, after, step, trust)
            }
            Err(error) => {
                frame.notes.push(Note::UnwindFailed(error.clone()));
                self.search(frame, End::Failed(error))
            }
        }
    }

    /// The function around `ip`. A return address that is the first byte of a function belongs to the function
    /// before it when a call ends there: the call never returns, so the compiler put nothing behind it.
    fn lookup(&self, ip: u64, exact: bool) -> Lookup {
        let at = self.host.function_entry(ip);
        if exact {
            return at;
        }
        let starts = |entry: &FunctionEntry| entry.begin_va() == ip;
        let between = match &at {
            Lookup::Entry(entry) => starts(entry),
            Lookup::Leaf => true,
            Lookup::NoData | Lookup::NoModule => false,
        };
        if between
            && let before @ Lookup::Entry(_) = self.host.function_entry(ip.wrapping_sub(1))
            && matches!(calls::before(self.host, ip), Before::Call(_))
        {
            return before;
        }
        at
    }

    fn is_code(&self, ip: u64) -> bool {
        self.host.module_at(ip).is_some()
    }

    /// Takes the result of a step as the next frame, after checking that the walk gets on.
    fn accept(&mut self, frame: &mut Frame, mut after: Registers, step: Step, trust: Trust) -> Next {
        frame.frame_base = step.frame_base;
        if step.in_prolog {
            frame.notes.push(Note::InProlog);
        }
        if step.in_epilog {
            frame.frame_base = frame.sp;
            frame.notes.push(Note::InEpilog);
        }
        if let Some(address) = trap::exception_frame(&step) {
            frame.notes.push(Note::ExceptionFrame { address });
        }
        let mut kind = FrameKind::Caller;
        if let Some(machine) = step.machine_frame {
            kind = FrameKind::Interrupted;
            let eflags = after.eflags;
            after.lose_volatile();
            after.eflags = eflags;
            match TrapFrame::around(self.host, &machine, frame.sp) {
                Some(trap) => {
                    trap.restore_volatile(&mut after);
                    let note = Note::TrapFrame { address: trap.address, cause: trap.cause };
                    frame.notes.push(note);
                }
                None => frame.notes.push(Note::MachineFrame { address: machine.address }),
            }
            if machine.from_user_mode() {
                frame.notes.push(Note::ToUserMode);
            }
        }
        frame.return_slot = step.return_slot;
        if after.rip.value == 0 {
            return Next::Stop(End::Complete);
        }
        if let Err(end) = self.progress(frame, after.rsp()) {
            return Next::Stop(end);
        }
        Next::Frame(Box::new((after, kind, trust)))
    }

    /// Whether going from the frame's stack pointer to `sp` can be right.
    fn progress(&self, frame: &mut Frame, sp: u64) -> Result<(), End> {
        let before = frame.sp;
        let range_of = |sp: u64| self.stacks.iter().find(|range| range.holds(sp));
        let (from, to) = (range_of(before), range_of(sp));
        let same = match (from, to) {
            (Some(from), Some(to)) => from == to,
            _ => before.abs_diff(sp) < SAME_STACK,
        };
        if same {
            return match sp > before {
                true => Ok(()),
                false => Err(End::NoProgress { sp: before }),
            };
        }
        let user = sp < USER_END;
        // Code that has used up its stack (a double fault) was interrupted with its stack pointer just below the limit.
        let overflowed = self.stacks.iter().any(|range| (1..0x1000).contains(&range.limit.wrapping_sub(sp)));
        if to.is_none() && !user && !overflowed && self.host.read_u64(sp).is_none() {
            return Err(End::OutsideStack { sp });
        }
        if !(user && before >= USER_END) {
            frame.notes.push(Note::StackSwitch { to: to.map(|range| range.kind) });
        }
        Ok(())
    }

    /// Goes on with searched frames; `end` tells why the exact walk cannot go on.
    fn search(&mut self, frame: &mut Frame, end: End) -> Next {
        // The last page of all is no stack; a search would begin anew at address zero.
        if frame.sp > u64::MAX - 0x1000 {
            return Next::Stop(end);
        }
        let user = frame.sp < USER_END || (frame.ip < USER_END && frame.kind != FrameKind::First);
        if user && frame.sp < USER_END {
            return Next::Stop(End::UserModeMissing { sp: frame.sp });
        }
        if !self.options.scan {
            return Next::Stop(match end {
                End::Complete => {
                    End::Failed(UnwindError::InfoUnreadable { function: frame.ip, address: frame.ip })
                }
                other => other,
            });
        }
        while self.found.front().is_some_and(|link| link.slot.is_some_and(|slot| slot < frame.sp)) {
            self.found.pop_front();
        }
        let covered = self.searched.is_some_and(|(from, to)| (from..to).contains(&frame.sp));
        if self.found.is_empty() && !covered {
            let found = scan::search(self.host, &self.stacks, frame);
            self.searched = Some((found.from, found.to));
            self.found = found.links.into();
        }
        match self.found.pop_front() {
            Some(link) => self.follow(frame, link),
            None => Next::Stop(match end {
                End::Complete => {
                    End::NothingFound { from: frame.sp, to: self.searched.map_or(frame.sp, |(_, to)| to) }
                }
                other => other,
            }),
        }
    }

    fn follow(&mut self, frame: &mut Frame, link: Link) -> Next {
        let Link { slot, mut registers, kind, trust, notes } = link;
        frame.return_slot = slot;
        frame.notes.extend(notes);
        if kind == FrameKind::Caller {
            registers.cs = frame.registers.cs;
            registers.ss = frame.registers.ss;
        }
        // Exact steps may follow: then the rest of the findings is looked at again from there.
        let exact = matches!(
            self.lookup(registers.rip.value, kind != FrameKind::Caller),
            Lookup::Entry(_) | Lookup::Leaf
        );
        if exact {
            self.found.clear();
            self.searched = None;
        }
        Next::Frame(Box::new((registers, kind, trust)))
    }
}

#[cfg(test)]
mod tests {
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
        for (offset, value) in [
            (0x160, 2),
            (0x168, NT + 0x1010),
            (0x170, 0x10),
            (0x178, 0x246),
            (0x180, SP + 0x290),
            (0x188, 0x18),
        ] {
            flat.put_u64(trap + offset, value);
        }
        // The handler calls the plain function from its frame, which starts at the trap frame.
        let mut registers = start(NT + 0x2050, trap);
        registers.set_general(5, trap + 0x80, Origin::Context);
        let stack = walk(&flat, registers, &Options::default());
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
        let stack = walk(&flat, start(0x32_0036_0035, SP), &Options::default());
        let rows: Vec<_> =
            stack.frames.iter().map(|frame| (frame.ip, frame.sp, frame.trust.word())).collect();
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
        let stack = walk(&flat, start(NT + 0x3008, SP + 0x100), &Options::default());
        assert_eq!(stack.end, End::NoProgress { sp: SP + 0x100 });
        // Recursion for ever, as far as the stack's bytes go.
        for slot in (SP..TOP).step_by(8) {
            flat.put_u64(slot, NT + 0x1010);
        }
        let options = Options { max_frames: 10, ..Options::default() };
        let stack = walk(&flat, start(NT + 0x1010, SP), &options);
        assert_eq!((stack.frames.len(), stack.end), (10, End::Limit(10)));
        let stack = walk(&flat, start(NT + 0x1010, SP), &Options::default());
        assert!(matches!(stack.end, End::Failed(UnwindError::StackUnreadable { .. })), "{:?}", stack.end);
    }

    #[test]
    fn damaged_unwind_data_is_named() {
        let mut flat = host();
        flat.put(NT + 0x9000, &[7]);
        let stack = walk(&flat, start(NT + 0x1010, SP), &Options::default());
        assert_eq!(stack.end, End::Failed(UnwindError::Version { address: NT + 0x9000, version: 7 }));
        assert_eq!(stack.frames.len(), 1);
    }
}
