//! The stack of any thread, whatever the user looks at.

use super::thread::Thread;
use crate::debuggee::{Lack, ModuleList, Scope, Target};
use crate::dump::Machine;
use crate::memory::Memory;
use crate::unwind::{Registers, Stack, TargetHost, WalkOptions, walk};

/// Where the stack of a thread starts.
#[derive(Debug, Clone)]
pub enum Start {
    /// The thread runs on a processor, whose registers these are.
    Running {
        /// The processor's number.
        processor: u32,
        /// Its registers.
        registers: Box<Registers>,
    },
    /// The thread was switched out: rip, rsp and rbp from its switch frame.
    Switched(Box<Registers>),
}

impl Start {
    /// The registers.
    pub fn registers(&self) -> &Registers {
        match self {
            Start::Running { registers, .. } | Start::Switched(registers) => registers,
        }
    }
}

/// Where a thread's stack starts: the registers of the processor that runs it, or its switch frame.
///
/// # Errors
/// Why neither can be read; stacks of ARM64 threads that wait are not known.
pub fn start(thread: &Thread<'_>) -> Result<Start, Lack> {
    let scope = thread.object().scope();
    let target = scope.target();
    let running =
        target.processors().iter().find(|processor| processor.current_thread == Some(thread.address()));
    if let Some(processor) = running {
        if target.machine() != Machine::Amd64 {
            return Err(unknown_machine(target));
        }
        let registers = processor.context.as_ref().map(Registers::from);
        let registers = registers.map_err(|why| Lack::NoRegisters { why: why.clone() })?;
        return Ok(Start::Running { processor: processor.number, registers: Box::new(registers) });
    }
    if target.machine() != Machine::Amd64 {
        return Err(unknown_machine(target));
    }
    let stack = thread.object().field("Tcb.KernelStack")?;
    let at = stack.u64()?;
    let memory = scope.memory();
    let registers = Registers::of_switch_frame(at, |word| memory.u64(word).ok());
    registers.map(|registers| Start::Switched(Box::new(registers))).ok_or_else(|| {
        match memory.u64(at.wrapping_add(0x38)) {
            Err(why) => Lack::Unreadable { what: format!("what {} points to", stack.what()), why },
            Ok(_) => Lack::Null { what: format!("the return address where {} points to", stack.what()) },
        }
    })
}

fn unknown_machine(target: &Target) -> Lack {
    Lack::UnknownMachine { machine: target.machine(), what: "the registers of threads" }
}

/// The frames of a thread's stack, in the address space of the process that it is attached to.
///
/// # Errors
/// As [`start`]. User frames of a process whose page tables cannot be used are missing, as the stack's end says.
pub fn walk_thread(thread: &Thread<'_>, max_frames: usize) -> Result<Stack, Lack> {
    Walker::new(&space(thread)).walk(thread, max_frames)
}

/// The address space that a thread's stack stands in: that of the process that it is attached to. Where that cannot be
/// seen, it is the kernel's alone: what another process has at the same addresses must not pass for its own.
pub fn space<'s>(thread: &Thread<'s>) -> Scope<'s> {
    let scope = thread.object().scope();
    let process = thread.attached_process();
    let own = process.clone().and_then(|process| scope.of_process(process));
    own.unwrap_or_else(|why| match process {
        // What is shown needs no page tables to be looked at.
        Ok(process) if scope.target().sees(process) => Scope::new(scope.target(), scope.stop()),
        _ => scope.without_user_space(&why),
    })
}

/// Walks the stacks of threads that share an address space: what it read of images serves all of them.
pub struct Walker<'w> {
    scope: &'w Scope<'w>,
    host: Option<TargetHost<'w>>,
}

impl<'w> Walker<'w> {
    /// A walker in a thread's [`space`].
    pub fn new(scope: &'w Scope<'w>) -> Walker<'w> {
        Walker { scope, host: None }
    }

    /// The frames of a thread's stack.
    ///
    /// # Errors
    /// As [`start`].
    pub fn walk(&mut self, thread: &Thread<'_>, max_frames: usize) -> Result<Stack, Lack> {
        let start = start(thread)?;
        let options = WalkOptions { max_frames, ..WalkOptions::default() };
        let target = self.scope.target();
        let mut images = target.image_files();
        Ok(with_images(target, self.scope.modules(), || {
            // What was read of images does not hold when another image file stands behind memory.
            if target.image_files() != images {
                images = target.image_files();
                self.host = None;
            }
            let host =
                self.host.get_or_insert_with(|| TargetHost::in_scope(self.scope, Some(thread.address())));
            host.set_thread(thread.address());
            walk(host, start.registers().clone(), &options)
        }))
    }
}

/// A stack is walked again so often at most: each time it may lead to modules whose images are not known yet.
const MAX_WALKS: usize = 8;

/// Walks a stack. Where the dump lacks the images of its modules, those that the search path has are used, and the walk
/// made again with them.
pub fn with_images(target: &Target, modules: &ModuleList, mut walk: impl FnMut() -> Stack) -> Stack {
    let mut stack;
    let mut walks = 0;
    loop {
        let before = target.image_files();
        stack = walk();
        find_images(target, modules, &stack);
        walks += 1;
        if target.image_files() == before || walks == MAX_WALKS {
            return stack;
        }
    }
}

/// Looks for the images of modules that frames lie in.
fn find_images(target: &Target, modules: &ModuleList, stack: &Stack) {
    let table = target.symbols();
    let finder = table.finder();
    if finder.symbol_path().is_empty() && finder.image_path().is_empty() {
        return;
    }
    let (mut looked_at, mut lacking) = (Vec::new(), Vec::new());
    for frame in &stack.frames {
        let Some(module) = modules.at(frame.lookup_ip()) else { continue };
        if looked_at.contains(&module.base) {
            continue;
        }
        looked_at.push(module.base);
        // What is loaded has been searched for. Image files stand behind the modules that are shown alone.
        let shown = target.modules().at(module.base) == Some(module);
        if shown && table.loaded(module).is_none() && target.lacks_image(module) {
            lacking.push(module.clone());
        }
    }
    // Who waits has all fetched at once; the others do not wait for any.
    if table.is_waiting() {
        target.fetch_symbols(&lacking);
    }
    lacking.iter().for_each(|module| drop(target.module_symbols(module)));
}
