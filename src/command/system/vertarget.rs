//! `vertarget`: which Windows, which build, when, on which machine.

pub mod hardware;
mod image_banner;

use super::time::times;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::{Subject, Target, product_name, suite_names, windows_name};
use crate::dump::Header;
use crate::output::{Cell, Field, Line, Record, Role};
use crate::util::hex;

/// `vertarget`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["vertarget"],
    group: Group::Dump,
    summary: "Shows the Windows build, kernel base and times of the dump",
    help: "Shows the build, product and suites, build lab, kernel base, time of the crash and uptime. `Kernel file:` \
           is not WinDbg's: it names the exact kernel by its time stamp and size where that pair is known; nor are the \
           processor, machine, firmware and hypervisor at the end, where the dump's tagged data tell. For an image that \
           was opened by itself: what it is, where it lies, its entry point, version and PDB.",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let session = &*context.session;
    let records = match session.target.subject() {
        Subject::Dump(dump) => {
            let header = dump.header();
            let hardware = hardware::record(&dump.tagged().hardware());
            let version = kernel_file(version(&session.target, header), &session.target);
            let first = [version, times(header, &session.settings.zone)];
            first.into_iter().chain(hardware).collect()
        }
        Subject::Image(image) => vec![super::vertarget::image_banner::banner(image, context)],
    };
    records.into_iter().try_for_each(|record| context.out.emit(record))
}

/// WinDbg's block without its times.
pub fn version(target: &Target, header: &Header) -> Record {
    let in_text = |cell: Cell| cell.role(Role::Text);
    let count = header.processors;
    let processors = if count == 1 { "UP".to_owned() } else { format!("MP ({count} procs)") };
    let kind = if header.major_version == 0xc { "Checked" } else { "Free" };
    let pointer = |value: Option<u64>| {
        let text = value.map(hex::tick).unwrap_or_default();
        Cell::new(value.map(Field::Address)).shown(format!("0x{text}")).absent("unknown")
    };
    let mut record = Record::new("version")
        .cell("windows", windows_name(header.minor_version))
        .text(" Kernel Version ")
        .cell("build", in_text(Cell::new(header.minor_version)))
        .text(" ")
        .cell("processors", in_text(Cell::new(count).shown(processors)))
        .text(" ")
        .cell("kernel_kind", kind)
        .text(" ")
        .cell("machine", header.machine.banner_name());
    if let Some(product) = header.product_type {
        let product = Cell::new(product_name(product)).role(Role::Value);
        let suites = suite_names(header.suite_mask.unwrap_or(0)).into_iter();
        let suites: Vec<Cell> = suites.map(|suite| Cell::new(suite).role(Role::Value)).collect();
        let between = if suites.is_empty() { "" } else { ", suite: " };
        record = record.line(Line::new().label("Product: ")).cell("product", product);
        record = record.role(Role::Value, between).list("suites", " ", suites);
    }
    let lab = target.build_lab().map(str::to_owned);
    record = below(record, "Edition build lab: ", "build_lab", lab);
    record
        .line("Kernel base = ")
        .cell("kernel_base", pointer(target.kernel_base()))
        .text(" PsLoadedModuleList = ")
        .cell("ps_loaded_module_list", pointer(Some(header.ps_loaded_module_list)))
}

/// Adds which kernel it is exactly, where its time stamp and size are known.
pub fn kernel_file(record: Record, target: &Target) -> Record {
    let Some(kernel) = target.kernel_build() else {
        return record.field("kernel_version", Field::Null);
    };
    record
        .line(Line::new().label("Kernel file: "))
        .cell("kernel_file", Cell::new(kernel.file.clone()).role(Role::Value))
        .role(Role::Value, " ")
        .cell("kernel_version", Cell::new(kernel.version.clone()).role(Role::Value))
}

/// A fact on a line of its own, where there is one.
fn below(record: Record, label: &str, key: &'static str, value: Option<String>) -> Record {
    match value {
        Some(value) => record.line(Line::new().label(label)).cell(key, Cell::new(value).role(Role::Value)),
        None => record.field(key, Field::Null),
    }
}
