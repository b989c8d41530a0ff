//! A dump of the forge into which a sample's values are put.

use super::{Names, hex, ticks};
use crate::forge::{number, truth};
use crate::golden::run;
use crate::patched::Patched;
use serde_json::Value;

/// The clock of the dump, in ticks: later than any age in the samples.
const NOW: u64 = 50_000_000;
const SHARED_DATA: u64 = 0xffff_f780_0000_0000;

/// KTHREAD_STATE and KWAIT_REASON of the type information of 10.0.19041.
const STATES: [&str; 8] =
    ["Initialized", "Ready", "Running", "Standby", "Terminated", "Waiting", "Transition", "DeferredReady"];
const REASONS: [&str; 40] = [
    "Executive",
    "FreePage",
    "PageIn",
    "PoolAllocation",
    "DelayExecution",
    "Suspended",
    "UserRequest",
    "WrExecutive",
    "WrFreePage",
    "WrPageIn",
    "WrPoolAllocation",
    "WrDelayExecution",
    "WrSuspended",
    "WrUserRequest",
    "WrSpare0",
    "WrQueue",
    "WrLpcReceive",
    "WrLpcReply",
    "WrVirtualMemory",
    "WrPageOut",
    "WrRendezvous",
    "WrKeyedEvent",
    "WrTerminated",
    "WrProcessInSwap",
    "WrCpuRateControl",
    "WrCalloutStack",
    "WrKernel",
    "WrResource",
    "WrPushLock",
    "WrMutex",
    "WrQuantumEnd",
    "WrDispatchInt",
    "WrPreempted",
    "WrYieldExecution",
    "WrFastMutex",
    "WrGuardedMutex",
    "WrRundown",
    "WrAlertByThreadId",
    "WrDeferredPreempt",
    "WrPhysicalFault",
];

pub struct Stage {
    pub dump: Patched,
    pub truth: Value,
    pub names: Names,
    /// How many handles the sample counts.
    pub handles: Option<u64>,
    /// Memory that nothing of the dump needs: the lower pages of a waiting thread's stack.
    free: u64,
    /// How many whole pages are taken.
    pages: usize,
}

impl Stage {
    pub fn new(case: &str, dump: &str) -> Stage {
        let truth = truth(case);
        let threads = truth["threads"].as_array().unwrap();
        let csrss = threads.iter().find(|thread| number(&thread["pid"]) == 0x5d0).unwrap();
        let free = number(&csrss["stack_limit"]);
        let mut stage =
            Stage { dump: Patched::new(dump), truth, names: Names::default(), handles: None, free, pages: 0 };
        stage.put("nt!_KUSER_SHARED_DATA", SHARED_DATA, "TickCountQuad", NOW);
        stage
    }

    /// The whole dump of two processors.
    pub fn wifi() -> Stage {
        Stage::new("wifi", "tests/data/wifi-full.dmp.gz")
    }

    pub fn put(&mut self, ty: &str, address: u64, path: &str, value: u64) {
        let (at, size, bits) = {
            let scope = self.dump.before().scope();
            let member = scope.object(ty, address).unwrap().field(path).unwrap();
            (member.address(), member.size().unwrap() as usize, member.bits())
        };
        match bits {
            None => self.dump.put(at, &value.to_le_bytes()[..size]),
            Some((from, length)) => {
                let mask = ((1u64 << length) - 1) << from;
                self.dump.change(at, size, |number| number & !mask | value << from & mask);
            }
        }
    }

    pub fn place(&self, ty: &str, address: u64, path: &str) -> u64 {
        self.dump.before().scope().object(ty, address).unwrap().field(path).unwrap().address()
    }

    /// Bytes that nothing else uses, within a page, all zero.
    pub fn free(&mut self, bytes: u64) -> u64 {
        let size = bytes.next_multiple_of(16);
        if self.free % 0x1000 + size > 0x1000 {
            self.free = self.free.next_multiple_of(0x1000);
        }
        let at = self.free;
        self.free += size;
        self.dump.put(at, &vec![0; size as usize]);
        at
    }

    /// A page that nothing else uses, all zero: one of the lower ones of another waiting thread's stack.
    pub fn page(&mut self) -> u64 {
        let threads = self.truth["threads"].as_array().unwrap();
        let waiting =
            threads.iter().filter(|thread| thread["state"] == "waiting" && thread["pid"] != "0x5d0");
        let pages: Vec<u64> = waiting
            .map(|thread| number(&thread["stack_limit"]))
            .flat_map(|limit| (0..3).map(move |page| limit + page * 0x1000))
            .collect();
        let at = pages[self.pages];
        self.pages += 1;
        self.dump.put(at, &[0; 0x1000]);
        at
    }

    /// Makes a process list of so many processes: their addresses, in its order.
    pub fn only(&mut self, processes: usize) -> Vec<u64> {
        let all = self.truth["processes"].as_array().unwrap();
        let listed: Vec<u64> = all
            .iter()
            .filter(|process| number(&process["pid"]) != 0)
            .take(processes)
            .map(|process| number(&process["eprocess"]))
            .collect();
        let entries: Vec<u64> =
            listed.iter().map(|process| self.place("nt!_EPROCESS", *process, "ActiveProcessLinks")).collect();
        // System is the first: what it leads back to is the head.
        let head = self.dump.pointer(entries[0] + 8);
        self.dump.list(head, &entries);
        listed
    }

    /// Addresses of the process of a name and of one of its threads.
    pub fn process(&self, name: &str) -> u64 {
        let processes = self.truth["processes"].as_array().unwrap();
        number(&processes.iter().find(|process| process["name"] == name).unwrap()["eprocess"])
    }

    /// Addresses of the threads that a process has, or of all others.
    pub fn threads(&self, of: u64) -> Vec<u64> {
        let processes = self.truth["processes"].as_array().unwrap();
        let pid = &processes.iter().find(|process| number(&process["eprocess"]) == of).unwrap()["pid"];
        let threads = self.truth["threads"].as_array().unwrap();
        threads
            .iter()
            .filter(|thread| thread["pid"] == *pid)
            .map(|thread| number(&thread["ethread"]))
            .collect()
    }

    /// Gives a process an image of this name.
    pub fn image(&mut self, process: u64, name: &str) {
        let mut short = name.as_bytes().to_vec();
        short.truncate(14);
        short.resize(15, 0);
        let at = self.place("nt!_EPROCESS", process, "ImageFileName");
        self.dump.put(at, &short);
        let unicode = self.free(16);
        self.text_at(unicode, &format!("\\x\\{name}"));
        self.put("nt!_EPROCESS", process, "SeAuditProcessCreationInfo.ImageFileName", unicode);
    }

    /// Puts a UNICODE_STRING at an address, and its text into free memory.
    pub fn text_at(&mut self, unicode: u64, text: &str) {
        let at = self.free(text.encode_utf16().count() as u64 * 2);
        self.dump.unicode(unicode, text, at);
    }

    /// Gives a process a PEB with a command line. Both lie in the kernel's memory, which every process sees.
    pub fn command_line(&mut self, process: u64, line: &str) {
        let (peb, parameters) = (self.free(0x40), self.free(0x80));
        self.put("nt!_EPROCESS", process, "Peb", peb);
        self.put("nt!_PEB", peb, "ProcessParameters", parameters);
        let at = self.place("nt!_RTL_USER_PROCESS_PARAMETERS", parameters, "CommandLine");
        self.text_at(at, line);
    }

    pub fn thread_member(&mut self, thread: u64, member: &str, value: u64) {
        self.put("nt!_ETHREAD", thread, member, value);
    }

    pub fn state(&mut self, thread: u64, name: &str) {
        let state = STATES.iter().position(|state| *state == name).unwrap_or_else(|| panic!("{name}"));
        self.thread_member(thread, "Tcb.State", state as u64);
    }

    pub fn reason(&mut self, thread: u64, name: &str) {
        let reason = REASONS.iter().position(|reason| *reason == name).unwrap_or_else(|| panic!("{name}"));
        self.thread_member(thread, "Tcb.WaitReason", reason as u64);
    }

    /// Since when a thread has been in its state, and for how many ticks.
    pub fn tick(&mut self, thread: u64, since: u64, ticks: u64) {
        self.thread_member(thread, "Tcb.WaitTime", since);
        self.put("nt!_KUSER_SHARED_DATA", SHARED_DATA, "TickCountQuad", since + ticks);
    }

    /// Priorities of a thread's requests and pages: three bits each (type information of 10.0.19041).
    pub fn io_priorities(&mut self, thread: u64, requests: u64, pages: u64) {
        self.thread_member(thread, "CrossThreadFlags", requests << 9 | pages << 12);
    }

    /// How long a thread has been in its state.
    pub fn age(&mut self, thread: u64, millis: u64) {
        self.thread_member(thread, "Tcb.WaitTime", NOW - ticks(millis));
    }

    /// Makes a thread one of a process, of these ids.
    pub fn belongs(&mut self, thread: u64, process: u64, [pid, tid]: [&str; 2]) {
        self.thread_member(thread, "Tcb.Process", process);
        self.thread_member(thread, "Tcb.ApcState.Process", process);
        self.thread_member(thread, "Cid.UniqueProcess", hex(pid));
        self.thread_member(thread, "Cid.UniqueThread", hex(tid));
        self.put("nt!_EPROCESS", process, "UniqueProcessId", hex(pid));
    }

    /// Makes these the threads in a process's list.
    pub fn list_threads(&mut self, process: u64, threads: &[u64]) {
        let head = self.place("nt!_EPROCESS", process, "ThreadListHead");
        let entries: Vec<u64> =
            threads.iter().map(|thread| self.place("nt!_ETHREAD", *thread, "ThreadListEntry")).collect();
        self.dump.list(head, &entries);
    }

    /// Lets a thread wait for objects of these types, each with so many other threads in its list.
    pub fn wait_for(&mut self, thread: u64, objects: &[(u64, u64)]) -> Vec<u64> {
        const BLOCK: u64 = 0x30;
        let blocks = self.free(BLOCK * objects.len() as u64);
        self.thread_member(thread, "Tcb.WaitBlockList", blocks);
        self.thread_member(thread, "Tcb.WaitBlockCount", objects.len() as u64);
        let other = self.threads(self.process("services.exe"))[0];
        let objects = objects.iter().zip(0..);
        let made = objects.map(|(&(kind, others), index)| {
            // An event of a FAST_MUTEX stands 0x18 bytes behind its beginning.
            let object = self.free(0x40) + 0x18;
            self.dump.put(object, &[kind as u8]);
            let own = blocks + index * BLOCK;
            let mut entries = vec![own];
            self.dump.point(own + 0x18, thread);
            self.dump.point(own + 0x20, object);
            for _ in 0..others {
                let block = self.free(BLOCK);
                self.dump.point(block + 0x18, other);
                self.dump.point(block + 0x20, object);
                entries.push(block);
            }
            self.dump.list(object + 8, &entries);
            object
        });
        made.collect()
    }

    /// What a command says of the changed dump, with the sample's addresses.
    pub fn run(&self, command: &str) -> Vec<String> {
        let (mut session, _folder) = self.dump.open();
        let lines = run(&mut session, command).unwrap_or_else(|why| panic!("{command}: {why}"));
        self.names.put(lines)
    }
}
