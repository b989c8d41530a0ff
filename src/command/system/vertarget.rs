//! `vertarget`: which Windows, which build, when, on which machine.

pub mod hardware;
mod image_banner;

use super::time::times;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::{Subject, Target, product_name, suite_names, windows_name};
use crate::dump::Header;
use crate::output::{Field, Line, Record};
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
            let first = [version(&session.target, header), times(header, &session.settings.zone)];
            first.into_iter().chain(hardware).collect()
        }
        Subject::Image(image) => vec![super::vertarget::image_banner::banner(image, context)],
    };
    records.into_iter().try_for_each(|record| context.out.emit(record))
}

/// The block without its times.
fn version(target: &Target, header: &Header) -> Record {
    let build = header.minor_version;
    let count = header.processors;
    let processors = if count == 1 { "UP".to_owned() } else { format!("MP ({count} procs)") };
    let kind = if header.major_version == 0xc { "Checked" } else { "Free" };
    let name = windows_name(build);
    let machine = header.machine.banner_name();
    let mut record = Record::new("version")
        .field("windows", name)
        .field("build", u64::from(build))
        .field("processors", u64::from(count))
        .field("machine", machine.as_str())
        .field("build_lab", target.build_lab().map(str::to_owned))
        .field("kernel_base", target.kernel_base().map(Field::Hex))
        .field("kernel_version", target.kernel_build().map(|build| build.version.clone()))
        .line(Line::of(format!("{name} Kernel Version {build} {processors} {kind} {machine}")));
    if let Some(product) = header.product_type {
        let suites = suite_names(header.suite_mask.unwrap_or(0)).join(" ");
        let suites = if suites.is_empty() { String::new() } else { format!(", suite: {suites}") };
        record =
            record.line(Line::new().label("Product: ").value(format!("{}{suites}", product_name(product))));
    }
    if let Some(lab) = target.build_lab() {
        record = record.line(Line::new().label("Edition build lab: ").value(lab));
    }
    let base = target.kernel_base().map_or("unknown".to_owned(), |base| format!("0x{}", hex::tick(base)));
    record = record.line(Line::of(format!(
        "Kernel base = {base} PsLoadedModuleList = 0x{}",
        hex::tick(header.ps_loaded_module_list)
    )));
    if let Some(kernel) = target.kernel_build() {
        let text = format!("{} {}", kernel.file, kernel.version);
        record = record.line(Line::new().label("Kernel file: ").value(text));
    }
    record
}
