//! The walk: from a set of registers outwards, frame by frame, until the thread's beginning or a stated reason.

mod frames;

use std::collections::{HashSet, VecDeque};

use super::calls::{self, Before};
use super::error::UnwindError;
use super::frame::{End, Frame, FrameKind, Note, Stack, Trust};
use super::host::{FunctionEntry, Lookup, StackRange, UnwindHost};
use super::registers::Registers;
use super::scan::{self, Link};
use super::trap::{self, TrapFrame};
use super::x64::{self, Position, Step};
pub(crate) use frames::Frames;

/// Below this distance a stack pointer that moves down is damage, above it another stack.
const SAME_STACK: u64 = 0x10000;
/// Addresses below this belong to user mode.
const USER_END: u64 = 0x0000_8000_0000_0000;

/// How to walk.
#[derive(Debug, Clone)]
pub struct WalkOptions {
    /// Physical frames at most.
    pub max_frames: usize,
    /// Add frames for inlined functions.
    pub inline: bool,
    /// Search the stack where unwind data is missing.
    pub scan: bool,
}

impl Default for WalkOptions {
    fn default() -> Self {
        WalkOptions { max_frames: 0x400, inline: true, scan: true }
    }
}

/// Walks outwards from `start`, the registers of a context or trap frame.
pub fn walk(host: &dyn UnwindHost, start: Registers, options: &WalkOptions) -> Stack {
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

/// What follows a frame.
enum Next {
    Frame(Box<(Registers, FrameKind, Trust)>),
    Stop(End),
}

struct Walker<'a> {
    host: &'a dyn UnwindHost,
    options: &'a WalkOptions,
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
mod tests;
