//! A machine with 500 processes and 2,000 threads more: `wifi`'s full dump with pages appended, and in them copies of one
//! process, its threads and their kernel stacks, each linked as the kernel links them. Made when the bench runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dumpscope::debuggee::{Object, Scope, Target};
use dumpscope::dump::DumpFile;
use dumpscope::kernel::{Process, Thread, ThreadState, stack};
use dumpscope::memory::Memory;
use dumpscope::util::cancel::CancelToken;

use super::grow::{Full, PAGE};

/// Processes that are added.
pub const PROCESSES: usize = 500;
/// Threads of each.
pub const THREADS_EACH: usize = 4;

/// Id of the first; those of the dump itself are lower.
pub const FIRST_ID: u64 = 0x1_0000;

/// Below an entry of the top-level table that the dump has, and below none of the next level.
const FIRST: u64 = 0xFFFF_FA8D_0000_0000;
/// Bytes that were copied from one address to another: what pointed into them points into the copy.
fn relocate(bytes: &mut [u8], moved: &[(u64, u64, u64)]) {
    for word in bytes.chunks_exact_mut(8) {
        let value = u64::from_le_bytes((&*word).try_into().unwrap());
        if let Some((from, _, to)) =
            moved.iter().find(|(from, size, _)| (*from..from + size).contains(&value))
        {
            word.copy_from_slice(&(value - from + to).to_le_bytes());
        }
    }
}

/// What is copied: an object, or a part of a stack.
struct Piece {
    at: u64,
    bytes: Vec<u8>,
}

impl Piece {
    fn object(object: &Object<'_>) -> Self {
        Self { at: object.address(), bytes: object.bytes(0x4000).unwrap() }
    }

    fn moved(&self, to: u64) -> (u64, u64, u64) {
        (self.at, self.bytes.len() as u64, to)
    }
}

/// Offsets of members from the start of their object.
fn offsets<const N: usize>(object: &Object<'_>, names: [&str; N]) -> [u64; N] {
    names.map(|name| object.field(name).unwrap().address() - object.address())
}

/// The template's threads: the object, the stack from its saved top up, and how many frames it has.
struct Template {
    thread: Piece,
    stack: Piece,
    frames: usize,
}

/// Makes the dump; returns its path and how many frames the added stacks have.
pub fn make(folder: &Path) -> (PathBuf, usize) {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/wifi-full.dmp.gz");
    let target = Target::new(DumpFile::open(&base, &mut |_| {}).unwrap());
    let scope = Scope::new(&target, &CancelToken::default());
    let process = Process::all(&scope).unwrap().map(Result::unwrap);
    // A program whose threads all wait: their stacks begin in the kernel and end in user code.
    let process = process
        .into_iter()
        .find(|it| it.peb().unwrap() != 0 && Thread::of_process(it).unwrap().count() >= 3)
        .unwrap();
    let templates: Vec<Template> = Thread::of_process(&process)
        .unwrap()
        .map(Result::unwrap)
        .inspect(|thread| assert_eq!(thread.state().unwrap(), ThreadState::WAITING))
        .map(|thread| {
            let object = thread.object();
            let top = object.field("Tcb.KernelStack").unwrap().u64().unwrap() & !(PAGE - 1);
            let size = thread.stack_base().unwrap() - top;
            let bytes = scope.memory().read_vec(top, size as usize, 1 << 20).unwrap();
            let frames = stack::walk_thread(&thread, 0x100).unwrap().frames.len();
            Template { thread: Piece::object(object), stack: Piece { at: top, bytes }, frames }
        })
        .collect();
    let owner = Piece::object(process.object());
    let thread = Thread::of_process(&process).unwrap().next().unwrap().unwrap();
    let [pid, links, threads, kernel_threads, count] = offsets(
        process.object(),
        ["UniqueProcessId", "ActiveProcessLinks", "ThreadListHead", "Pcb.ThreadListHead", "ActiveThreads"],
    );
    let [cid, entry, kernel_entry] =
        offsets(thread.object(), ["Cid", "ThreadListEntry", "Tcb.ThreadListEntry"]);
    let head = scope.global_of("nt!PsActiveProcessHead", "nt!_LIST_ENTRY").unwrap().address();

    let mut full = Full::open(&base, FIRST);
    let mut rings: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let last = scope.memory().u64(head + 8).unwrap();
    let mut frames = 0;
    for number in 0..PROCESSES {
        let copy = full.room(owner.bytes.len() as u64);
        let id = FIRST_ID + number as u64 * 0x40;
        let mut bytes = owner.bytes.clone();
        relocate(&mut bytes, &[owner.moved(copy)]);
        full.write(copy, &bytes);
        full.write_quad(copy + pid, id);
        full.write(copy + count, &(THREADS_EACH as u32).to_le_bytes());
        rings.entry(head).or_default().push(copy + links);
        for (i, template) in templates.iter().cycle().take(THREADS_EACH).enumerate() {
            let at = full.room(template.thread.bytes.len() as u64);
            let stack = full.room(template.stack.bytes.len() as u64);
            let moved = [owner.moved(copy), template.thread.moved(at), template.stack.moved(stack)];
            let base = template.stack.at + template.stack.bytes.len() as u64;
            // The base is the first byte behind the stack.
            let moved = [moved[0], moved[1], moved[2], (base, 1, stack + template.stack.bytes.len() as u64)];
            for (piece, to) in [(&template.thread, at), (&template.stack, stack)] {
                let mut bytes = piece.bytes.clone();
                relocate(&mut bytes, &moved);
                full.write(to, &bytes);
            }
            full.write_quad(at + cid, id);
            full.write_quad(at + cid + 8, id + 4 + i as u64 * 4);
            rings.entry(copy + threads).or_default().push(at + entry);
            rings.entry(copy + kernel_threads).or_default().push(at + kernel_entry);
            frames += template.frames;
        }
    }
    for (head_at, members) in rings {
        // The list of processes goes on behind its last; the others begin anew.
        let before = if head_at == head { last } else { head_at };
        let ring: Vec<u64> = std::iter::once(before).chain(members).chain([head_at]).collect();
        for pair in ring.windows(2) {
            full.write_quad(pair[0], pair[1]);
            full.write_quad(pair[1] + 8, pair[0]);
        }
    }
    let path = folder.join("crowd.dmp");
    std::fs::write(&path, full.finish()).unwrap();
    (path, frames)
}
