//! `!vad`: the ranges of a process's address space.

use super::processes::process_argument;
use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::Lack;
use crate::kernel::{Process, Vad, VadType};
use crate::output::{Action, Cell, Column, Field, Line, Record, Role, Table};

/// `!vad`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!vad"],
    group: Group::Kernel,
    switches: Switches::letters(&[Switch::with(
        "/p",
        Takes::Value,
        "PROCESS",
        "the ranges of another process, by its EPROCESS",
    )]),
    arguments: &[
        Argument::new("[ADDRESS]", Expects::Expression),
        Argument::new("[FLAGS]", Expects::Expression),
    ],
    summary: "Shows the ranges of a process's address space: kind, protection, file",
    help: "Nothing or 0: all ranges of the current process, by address. A kernel ADDRESS is a node (MMVAD): the tree under \
           it, or with the flag 1 that range alone, in detail. A user ADDRESS is looked for in the current process. Start \
           and End are page numbers; Commit counts pages that are charged. A range whose node cannot be read is said, and \
           the rest is shown.\n\n\
           kd> !vad\n\
           VAD             Level         Start             End              Commit\n\
           ffffa4058c034c90  2         c57ac00         c57ac1f              32 Private      READWRITE\n\
           ffffa4058c036820  0       7ffb5bc40       7ffb5bc43               2 Mapped  Exe  EXECUTE_WRITECOPY  \
           \\Windows\\System32\\KERNELBASE.dll",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Addresses of the kernel begin here.
const KERNEL: u64 = 1 << 63;
/// A flag: this range alone.
const ALONE: u64 = 1;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let mut number = || words.next().map(|word| context.evaluate(word)).transpose();
    let (address, flags) = (number()?.unwrap_or(0), number()?.unwrap_or(0));
    let process = args.number("/p").or_else(|| context.session.process());
    let scope = context.session.scope();
    let out = &mut context.out;
    match address {
        KERNEL.. if flags & ALONE != 0 => detail(&Vad::at(&scope, address)?, out),
        KERNEL.. => tree(Vad::under(&scope, address), out),
        0 => {
            let process = process_argument(&scope, process)?;
            if process.vad_root()? == 0 {
                let of = process.name().unwrap_or_default();
                return out
                    .emit(Line::of(format!("{of} has no ranges: its address space is the kernel's alone")));
            }
            tree(process.vads(), out)
        }
        user => {
            let process = process_argument(&scope, process)?;
            let found = holding(&process, user >> 12, out)?;
            let found = found.ok_or_else(|| {
                CommandError::Missing(format!("{user:x} is in no range of the address space"))
            })?;
            detail(&found, out)
        }
    }
}

/// The range that a page is in.
fn holding<'s>(process: &Process<'s>, page: u64, out: &mut Out<'_>) -> Result<Option<Vad<'s>>, CommandError> {
    for vad in process.vads()? {
        match vad {
            Ok(vad) if vad.start()? <= page && page <= vad.end()? => return Ok(Some(vad)),
            Ok(_) => {}
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => out.warn(Some(format!("not all ranges are known: {why}")))?,
        }
    }
    Ok(None)
}

const COLUMNS: [Column; 9] = [
    Column::left("address", "", 16),
    Column::right("level", "", 2),
    Column::right("start", "", 15),
    Column::right("end", "", 15),
    Column::right("commit", "", 15),
    Column::left("memory", "", 7),
    Column::left("type", "", 4),
    Column::left("protection", "", 18),
    Column::left("file", "", 0),
];
const HEADING: &str = "VAD             Level         Start             End              Commit";

/// What is added up under the rows.
#[derive(Default)]
struct Totals {
    ranges: u64,
    levels: u64,
    deepest: u64,
    private: u64,
    shared: u64,
    /// Whether a part of the tree is not known.
    partial: bool,
}

fn tree<'s>(
    vads: Result<impl Iterator<Item = Result<Vad<'s>, Lack>>, Lack>,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let vads = vads?;
    let table = Table::new("vad", &COLUMNS).headed(Line::new().role(Role::Label, HEADING));
    let mut totals = Totals::default();
    let mut missing = Missing::default();
    out.within(table.clone(), |out| {
        for vad in vads {
            match vad {
                Ok(vad) => {
                    totals.add(&vad);
                    let shared = if is_of_page_file(&vad) { vad.shared_commit().into() } else { Field::Null };
                    let row = table.row(row(&vad)).field("shared_commit", shared);
                    missing.note(&row);
                    out.emit(row)?;
                }
                Err(Lack::Stopped) => return Err(CommandError::Cancelled),
                Err(why) => {
                    totals.partial = true;
                    out.warn(Some(format!("a part of the tree is not known: {why}")))?;
                }
            }
        }
        Ok(())
    })?;
    out.blank()?;
    out.emit(totals.record())?;
    missing.say(out)
}

impl Totals {
    fn add(&mut self, vad: &Vad<'_>) {
        self.ranges += 1;
        self.levels = self.levels.saturating_add(vad.level());
        self.deepest = self.deepest.max(vad.level());
        self.private = self.private.saturating_add(vad.commit().unwrap_or(0));
        if is_of_page_file(vad) {
            self.shared = self.shared.saturating_add(vad.shared_commit().unwrap_or(0));
        }
    }

    fn record(&self) -> Record {
        // The root counts as the first level here, as in the debugger's own average.
        let average = self.levels.checked_div(self.ranges).map_or(0, |average| average + 1);
        let pages = |record: Record, key: &'static str, pages: u64| {
            let text = format!("{pages:#x} pages ({} KB)", pages.saturating_mul(4));
            record.cell(key, Cell::new(pages).shown(text))
        };
        // Of a tree of which only a part is known these are no totals.
        let record = match self.partial {
            true => Record::new("totals").text("Of the part that is known:").line("Total VADs: "),
            false => Record::new("totals").text("Total VADs: "),
        };
        let record = record
            .field("partial", self.partial)
            .cell("ranges", self.ranges)
            .text(", average level: ")
            .cell("average_level", average)
            .text(", maximum depth: ")
            .cell("maximum_depth", self.deepest)
            .line("Total private commit: ");
        let record = pages(record, "private_commit", self.private).line("Total shared commit:  ");
        pages(record, "shared_commit", self.shared)
    }
}

fn is_of_page_file(vad: &Vad<'_>) -> bool {
    vad.is_private() == Ok(false)
        && matches!(vad.file(), Err(Lack::Null { .. }))
        && vad.control_area().is_ok()
}

fn row(vad: &Vad<'_>) -> [Cell; 9] {
    let hex = |value: Result<u64, Lack>| Cell::new(value.map(Field::Hex)).mark("?");
    [
        Cell::new(Field::Address(vad.address())).digits(16).follow(Action::Vad),
        Cell::new(vad.level()),
        hex(vad.start()),
        hex(vad.end()),
        Cell::new(vad.commit()).mark("?"),
        memory(vad),
        kind(vad),
        Cell::new(vad.protection().map(|protection| protection.to_string())).mark("?").role(Role::Text),
        file(vad),
    ]
}

fn memory(vad: &Vad<'_>) -> Cell {
    let name = vad.is_private().map(|private| if private { "Private" } else { "Mapped" });
    Cell::new(name).mark("?").role(Role::Text)
}

fn kind(vad: &Vad<'_>) -> Cell {
    let kind = vad.kind();
    let word = kind.as_ref().ok().and_then(|kind| kind.word()).unwrap_or_default();
    let name = kind.map(|kind| kind.name().map_or_else(|| "unknown".to_owned(), str::to_owned));
    Cell::new(name).shown(word).mark("?").role(Role::Text)
}

/// The file of a mapped range, or how much of the page file stands behind it.
fn file(vad: &Vad<'_>) -> Cell {
    if vad.is_private() != Ok(false) || vad.kind() == Ok(VadType::PHYSICAL) {
        return Cell::new(Field::Null);
    }
    match vad.file() {
        Err(Lack::Null { .. }) if vad.control_area().is_ok() => {
            let pages = vad.shared_commit();
            let text = pages.as_ref().map_or(String::new(), |pages| format!("{pages:#x}"));
            let text = format!("Pagefile section, shared commit {text}");
            match pages {
                Ok(_) => Cell::new(Field::Null).absent(text),
                Err(why) => Cell::new(Field::from(why)),
            }
        }
        file => Cell::new(file).role(Role::Text),
    }
}

/// One range, in several lines.
fn detail(vad: &Vad<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let hex = |value: Result<u64, Lack>| Cell::new(value.map(Field::Hex));
    let pointer = |value: Result<u64, Lack>| Cell::new(value.map(Field::Address)).digits(16);
    let commit = vad.commit();
    let decimal = commit.as_ref().map_or(String::new(), |pages| format!(" ({pages}.)"));
    let record = Record::new("vad")
        .line("VAD @ ")
        .cell("address", pointer(Ok(vad.address())).link(Action::object("nt!_MMVAD", vad.address())))
        .line("  Start VPN: ")
        .cell("start", hex(vad.start()).right(14))
        .text("  End VPN: ")
        .cell("end", hex(vad.end()).right(14));
    let record = match vad.is_private() {
        Ok(true) => record.line(" "),
        _ => {
            let area = vad.control_area().map(|area| area.address());
            let link = |at| Action::object("nt!_CONTROL_AREA", at);
            let entries = vad.prototypes();
            let last = entries.clone().map(|(_, last)| last);
            record
                .text("  Control Area:  ")
                .cell("control_area", pointer(area).follow(link))
                .line("  First ProtoPte: ")
                .cell("first_prototype", pointer(entries.map(|(first, _)| first)).follow(Action::Pte))
                .text("  Last PTE ")
                .cell("last_prototype", pointer(last).follow(Action::Pte))
        }
    };
    let record = record.text("  Commit Charge ").cell("commit", hex(commit).right(9)).text(decimal);
    let record = match vad.is_private() {
        Ok(false) => record.line("  File Offset   ").cell("file_offset", hex(vad.file_offset())),
        _ => record,
    };
    let view = if vad.is_private() == Ok(true) { "PrivateMemory" } else { "ViewShare" };
    let name = vad.kind().ok().and_then(|kind| kind.name()).and_then(|name| name.strip_prefix("Vad"));
    let words = [name.filter(|name| *name != "None").unwrap_or_default(), view].join(" ");
    let protection = vad.protection().map(|protection| protection.to_string());
    let record = record
        .line("   ")
        .text(words.trim_start())
        .text(" ")
        .field("type", vad.kind().map(|kind| kind.name().unwrap_or("unknown")))
        .cell("protection", Cell::new(protection).role(Role::Text));
    let record = match vad.is_private() {
        Ok(true) => record,
        _ => record.line("").line("        File: ").cell("file", file(vad)),
    };
    let record = match is_of_page_file(vad) {
        true => record.field("shared_commit", vad.shared_commit()),
        false => record,
    };
    let mut missing = Missing::default();
    missing.note(&record);
    out.blank()?;
    out.emit(record)?;
    missing.say(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last rows of a public transcript of `!vad`, and one of another.
    #[test]
    fn rows_stand_as_in_a_real_transcript() {
        let table = Table::new("vad", &COLUMNS);
        let row = |address: u64, level: u64, pages: [u64; 2], commit: u64, words: [&str; 4]| {
            let hex = |value| Cell::new(Field::Hex(value));
            let mut cells = vec![hex(address).digits(16), level.into(), hex(pages[0]), hex(pages[1])];
            cells.push(commit.into());
            cells.extend(words.map(Cell::from));
            table.row(cells).lines[0].plain()
        };
        assert_eq!(
            row(
                0xffff_a782_5d3f_f3b0,
                0,
                [0x7_df5e_5920, 0x7_ff5e_591f],
                2,
                ["Mapped", "", "NO_ACCESS", "Pagefile section, shared commit 0xdd6"]
            ),
            "ffffa7825d3ff3b0  0       7df5e5920       7ff5e591f               2 Mapped       NO_ACCESS          Pagefile \
             section, shared commit 0xdd6"
        );
        assert_eq!(
            row(
                0xffff_a782_5d3f_e4b0,
                2,
                [0x7_fffc_0e20, 0x7_fffc_100f],
                16,
                ["Mapped", "Exe", "EXECUTE_WRITECOPY", "\\Windows\\System32\\ntdll.dll"]
            ),
            "ffffa7825d3fe4b0  2       7fffc0e20       7fffc100f              16 Mapped  Exe  EXECUTE_WRITECOPY  \
             \\Windows\\System32\\ntdll.dll"
        );
        // Five ranges at the levels of a public transcript: the average that it prints.
        let totals = Totals { ranges: 5, levels: 6, deepest: 2, private: 0x49, shared: 0x5f, partial: false };
        let lines: Vec<String> = totals.record().lines.iter().map(Line::plain).collect();
        assert_eq!(
            lines,
            [
                "Total VADs: 5, average level: 2, maximum depth: 2",
                "Total private commit: 0x49 pages (292 KB)",
                "Total shared commit:  0x5f pages (380 KB)",
            ]
        );
    }
}
