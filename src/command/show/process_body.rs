//! What `!process` tells of a process below its heading: memory, token, times, quotas.

use crate::debuggee::Lack;
use crate::kernel::{Clock, Process};
use crate::output::{Action, Cell, Field, Record};
use crate::util::elapsed;

/// Where the values stand.
const VALUES: usize = 38;
const MEGABYTE: u64 = 1 << 20;
/// Kilobytes of a page.
const PAGE: u64 = 4;

/// Adds the lines of a process's counters to its record.
pub fn counters<'s>(
    record: Record,
    process: &Process<'s>,
    clock: &Result<Clock<'s>, Lack>,
    now: Option<u64>,
) -> Record {
    let record = address_space(record, process);
    let record = label(record, "Token").cell("token", token(process));
    let record = times(record, process, clock, now);
    let record = label(record, "QuotaPoolUsage[PagedPool]").cell("paged_pool", number(process.paged_pool()));
    let record =
        label(record, "QuotaPoolUsage[NonPagedPool]").cell("nonpaged_pool", number(process.nonpaged_pool()));
    let record = working_set(record, process);
    let record = megabytes(record, "VirtualSize", "virtual_size", process.virtual_size());
    let record = megabytes(record, "PeakVirtualSize", "peak_virtual_size", process.peak_virtual_size());
    let set = process.working_set();
    let faults = set.clone().and_then(|set| set.page_faults());
    let record = label(record, "PageFaultCount").cell("page_faults", number(faults));
    let priority = set.and_then(|set| set.memory_priority());
    let record = label(record, "MemoryPriority").cell("memory_priority", memory_priority(priority));
    let record = label(record, "BasePriority").cell("base_priority", number(process.base_priority()));
    let record = label(record, "CommitCharge").cell("commit_charge", number(process.commit_charge()));
    match process.job() {
        Err(Lack::Null { .. }) => record.field("job", Field::Null),
        job => {
            let job = job.map(|job| Field::Address(job.address()));
            label(record, "Job").cell("job", Cell::new(job).digits(16).follow(Action::Job))
        }
    }
}

/// Begins a line with a label, up to where the values stand.
fn label(record: Record, text: &str) -> Record {
    record.line("    ").text(text).pad_to(VALUES)
}

fn number(value: Result<u64, Lack>) -> Cell {
    Cell::new(value)
}

fn address_space(record: Record, process: &Process<'_>) -> Record {
    let own = process.address();
    let root = process.vad_root().map(Field::Address);
    // What was forked is the address of a tree, which hardly any process has.
    let clone = process.clone_root().map(Field::Hex);
    record
        .line("    ")
        .text("VadRoot ")
        .cell("vad_root", Cell::new(root).digits(16).follow(|_| Action::AddressSpace(own)))
        .text(" Vads ")
        .cell("vads", number(process.vad_count()))
        .text(" Clone ")
        .cell("clone_root", Cell::new(clone))
        .text(" Private ")
        .cell("private_pages", number(process.private_pages()))
        .text(". Modified ")
        .cell("modified_pages", number(process.modified_pages()))
        .text(". Locked ")
        .cell("locked_pages", number(process.locked_pages()))
        .text(".")
        .line("    ")
        .text("DeviceMap ")
        .cell("device_map", Cell::new(process.device_map().map(Field::Address)).digits(16))
}

fn token(process: &Process<'_>) -> Cell {
    let token = process.token().map(|token| Field::Address(token.address()));
    Cell::new(token).digits(16).absent("0000000000000000").follow(Action::Token)
}

fn times<'s>(
    record: Record,
    process: &Process<'s>,
    clock: &Result<Clock<'s>, Lack>,
    now: Option<u64>,
) -> Record {
    let age = process.create_time().map(|created| now.and_then(|now| now.checked_sub(created)));
    let shown = age.as_ref().ok().copied().flatten().map_or(String::new(), elapsed::clock);
    let age = Cell::new(age.map(Field::from)).shown(shown).absent("<Invalid>").mark("<Invalid>");
    let record = label(record, "ElapsedTime")
        .field("create_time", process.create_time().map(Field::Time))
        .cell("elapsed_time", age);
    // Where it is not known how long a tick is, the ticks are.
    let ran = |ticks: &Result<u64, Lack>| {
        let clock = clock.as_ref().map_err(Clone::clone);
        let time = ticks.clone().and_then(|ticks| clock?.ticks_as_time(ticks));
        let shown = time.as_ref().map_or(String::new(), |time| elapsed::clock(*time));
        let mark = ticks.as_ref().map_or("????????".to_owned(), |ticks| format!("{ticks} ticks"));
        Cell::new(time).shown(shown).mark(mark)
    };
    let (user, kernel) = (process.user_time(), process.kernel_time());
    let record = label(record, "UserTime").cell("user_time", ran(&user)).field("user_ticks", user);
    label(record, "KernelTime").cell("kernel_time", ran(&kernel)).field("kernel_ticks", kernel)
}

fn working_set(record: Record, process: &Process<'_>) -> Record {
    let set = process.working_set();
    let [now, least, most, peak] = match &set {
        Ok(set) => [set.size(), set.minimum(), set.maximum(), set.peak()],
        Err(why) => std::array::from_fn(|_| Err(why.clone())),
    };
    let kilobytes =
        |pages: &Result<u64, Lack>| Cell::new(pages.clone().map(|pages| pages.saturating_mul(PAGE)));
    let (now_kb, least_kb, most_kb) = (kilobytes(&now), kilobytes(&least), kilobytes(&most));
    let record = record
        .line("    Working Set Sizes (now,min,max)  (")
        .cell("working_set", number(now))
        .text(", ")
        .cell("minimum_working_set", number(least))
        .text(", ")
        .cell("maximum_working_set", number(most))
        .text(") (")
        .show(now_kb)
        .text("KB, ")
        .show(least_kb)
        .text("KB, ")
        .show(most_kb)
        .text("KB)");
    label(record, "PeakWorkingSetSize").cell("peak_working_set", number(peak))
}

fn megabytes(record: Record, title: &str, key: &'static str, bytes: Result<u64, Lack>) -> Record {
    let shown = bytes.as_ref().map_or(String::new(), |bytes| format!("{} Mb", bytes / MEGABYTE));
    label(record, title).cell(key, Cell::new(bytes).shown(shown))
}

/// MEMORY_PRIORITY_* of the public Native API headers: 0 and 2; others are shown as they are.
fn memory_priority(value: Result<u64, Lack>) -> Cell {
    let name = match value {
        Ok(0) => "BACKGROUND".to_owned(),
        Ok(2) => "FOREGROUND".to_owned(),
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    };
    Cell::new(value).shown(name)
}
