//! `!vm`: what the system's memory is used for.

use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{Counter, MemoryCounters, PageFile, Process};
use crate::output::{Action, Cell, Field, Record};
use crate::util::order::Order;

/// `!vm`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!vm"],
    group: Group::Memory,
    arguments: &[Argument::new("[FLAGS]", Expects::Expression)],
    summary: "Shows what the system's memory is used for: available, pools, committed; by process",
    help: "Counts are pages of 4 KB. Counters that this Windows does not have are left out; one that the dump does not tell \
           is question marks. With the flag 1 without the list of processes. Most need symbols of the kernel (nt!MiState, \
           nt!MiSystemPartition); the debugger data block has some.\n\n\
           kd> !vm 1\n\
           Page File: \\??\\C:\\pagefile.sys\n  \
           Current:  15728640 Kb  Free Space:  15632316 Kb\n  \
           Minimum:  15728640 Kb  Maximum:     20971520 Kb\n\n\
           Physical Memory:          2037490 (    8149960 Kb)\n\
           Available Pages:           693849 (    2775396 Kb)",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// A flag: no list of processes.
const NO_PROCESSES: u64 = 1;

/// The rows before the total of private memory, and those after it.
const ROWS: [(&str, &str, Counter); 26] = [
    ("Physical Memory:", "physical_memory", Counter::NumberOfPhysicalPages),
    ("Available Pages:", "available", Counter::AvailablePages),
    ("ResAvail Pages:", "resident_available", Counter::ResidentAvailablePages),
    ("Free System PTEs:", "free_system_ptes", Counter::FreeSystemPtes),
    ("Modified Pages:", "modified", Counter::ModifiedPages),
    ("Modified No Write Pages:", "modified_no_write", Counter::ModifiedNoWritePages),
    ("NonPagedPool Usage:", "nonpaged_pool", Counter::NonPagedPool),
    ("NonPagedPool Max:", "nonpaged_pool_maximum", Counter::NonPagedPoolMaximum),
    ("PagedPool Usage:", "paged_pool", Counter::PagedPool),
    ("PagedPool Maximum:", "paged_pool_maximum", Counter::PagedPoolMaximum),
    ("Process Commit:", "process_commit", Counter::ProcessCommit),
    ("Shared Commit:", "shared_commit", Counter::SharedCommit),
    ("Special Pool:", "special_pool", Counter::SpecialPool),
    ("Pages For MDLs:", "mdl_pages", Counter::MdlPages),
    ("ContigMem Pages:", "contiguous_pages", Counter::ContiguousPages),
    ("Partition Pages:", "partition_pages", Counter::PartitionPages),
    ("Pages For AWE:", "awe_pages", Counter::AwePages),
    ("NonPagedPool Commit:", "nonpaged_pool_commit", Counter::NonPagedPoolCommit),
    ("Driver Commit:", "driver_commit", Counter::DriverCommit),
    ("Boot Commit:", "boot_commit", Counter::BootCommit),
    ("PFN Array Commit:", "pfn_array_commit", Counter::PfnDatabaseCommit),
    ("SmallNonPagedPtesCommit:", "small_nonpaged_ptes_commit", Counter::SmallNonPagedPtesCommit),
    ("SlabAllocatorPages:", "slab_allocator_pages", Counter::SlabAllocatorPages),
    ("System PageTables:", "system_page_tables", Counter::SystemPageTables),
    ("ProcessLockedFilePages:", "process_locked_file_pages", Counter::ProcessLockedFilePages),
    ("Pagefile Hash Pages:", "pagefile_hash_pages", Counter::PagefileHashPages),
];
const LIMITS: [(&str, &str, Counter); 2] = [
    ("Committed pages:", "committed", Counter::CommittedPages),
    ("Commit limit:", "commit_limit", Counter::CommitLimit),
];
/// Columns of a label.
const LABEL: usize = 24;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let flags = context.evaluate_any(args.text)?.unwrap_or(0);
    let scope = context.session.scope();
    let out = &mut context.out;
    let counters = MemoryCounters::of(&scope);
    let all = || ROWS.iter().chain(&LIMITS).filter_map(|(.., counter)| counters.pages(*counter));
    if let Some(Err(why)) = all().next().filter(|_| all().all(|pages| pages.is_err())) {
        return Err(CommandError::Missing(format!("the dump tells no counter of the memory manager: {why}")));
    }
    let mut missing = Missing::default();
    match PageFile::all(&scope) {
        Ok(files) => {
            for file in files {
                let record = page_file(&file);
                missing.note(&record);
                out.emit(record)?;
                out.blank()?;
            }
        }
        Err(why) => missing.add(&format!("page files: {why}")),
    }
    let mut say = |rows: &[(&'static str, &'static str, Counter)], record: Record| {
        let known =
            rows.iter().filter_map(|(label, name, counter)| Some((label, name, counters.pages(*counter)?)));
        let record = known.fold(record, |record, (label, name, pages)| row(record, label, name, pages));
        missing.note(&record);
        record
    };
    out.emit(say(&ROWS, Record::new("vm")))?;
    let mut users = Vec::new();
    let mut lacking = 0u64;
    let (processes, lack) = match Process::all(&scope) {
        Ok(processes) => (Some(processes), None),
        Err(why) => (None, Some(why)),
    };
    for process in processes.into_iter().flatten() {
        out.check()?;
        match process.and_then(|process| Ok((process.commit_charge()?, process))) {
            Ok(found) => users.push(found),
            Err(_) => lacking += 1,
        }
    }
    let total = users.iter().fold(0u64, |sum, (pages, _)| sum.saturating_add(*pages));
    let private =
        row(Record::new("vm_commit"), "Total Private:", "total_private", lack.map_or(Ok(total), Err))
            .line("");
    out.emit(say(&LIMITS, private))?;
    if flags & NO_PROCESSES == 0 {
        users.order_by_key(|(pages, _)| std::cmp::Reverse(*pages));
        out.blank()?;
        for (pages, process) in users.iter().filter(|(pages, _)| *pages != 0) {
            out.emit(user(*pages, process))?;
        }
    }
    out.warn((lacking > 0).then(|| {
        format!("{lacking} processes are not known, or what they have committed: the total is of the others")
    }))?;
    missing.say(out)
}

/// `Physical Memory:          2037490 (    8149960 Kb)`
fn row(record: Record, label: &str, name: &'static str, pages: Result<u64, Lack>) -> Record {
    let kilobytes = pages.as_ref().map_or(0, |pages| pages.saturating_mul(4));
    let record = record
        .line("")
        .label(format!("{label:<LABEL$}"))
        .text(" ")
        .cell(name, Cell::new(pages.clone().map(Field::Number)).right(8));
    match pages {
        Ok(_) => record.text(format!(" ({kilobytes:>11} Kb)")),
        Err(_) => record,
    }
}

fn page_file(file: &PageFile<'_>) -> Record {
    let size = |member, width: usize| {
        let pages = file.pages(member);
        let shown = pages.as_ref().map(|pages| pages.saturating_mul(4).to_string()).unwrap_or_default();
        Cell::new(pages).shown(shown).right(width)
    };
    let record = match file.name() {
        Err(Lack::Null { .. }) => {
            Record::new("page_file").cell("name", Cell::new(Field::Null).absent("No Name for Paging File"))
        }
        name => Record::new("page_file").text("Page File: ").cell("name", name),
    };
    record
        .line("  Current: ")
        .cell("pages", size("Size", 9))
        .text(" Kb  Free Space: ")
        .cell("free_pages", size("FreeSpace", 9))
        .text(" Kb")
        .line("  Minimum: ")
        .cell("minimum_pages", size("MinimumSize", 9))
        .text(" Kb  Maximum: ")
        .cell("maximum_pages", size("MaximumSize", 12))
        .text(" Kb")
}

/// `         4c4 chrome.exe          114689 (     458756 Kb)`
fn user(pages: u64, process: &Process<'_>) -> Record {
    Record::new("vm_process")
        .text("    ")
        .cell("pid", Cell::new(process.id().map(Field::Hex)).right(8))
        .text(" ")
        .cell("name", Cell::new(process.name()).left(20).link(Action::Process(process.address())))
        .text(" ")
        .cell("committed", Cell::new(pages).right(8))
        .text(format!(" ({:>11} Kb)", pages.saturating_mul(4)))
}
