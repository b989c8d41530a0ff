//! What stands below a module's row (`lmv`).

use super::facts::{checksum, image_name, mapped_file, time_date_stamp, upper};
use super::label::labelled;
use super::stamp::timestamp;
use super::version;
use crate::command::show::maker;
use crate::debuggee::{Module, Origin, SymbolStatus, UnloadedModule};
use crate::output::{Cell, Field, Record};
use crate::session::Session;
use crate::util::filetime::{Zone, asctime};

/// Adds everything known of a module. What its image says in the dump's memory stands beside what the loader recorded.
pub(super) fn details(mut record: Record, module: &Module, origin: &Origin, session: &Session) -> Record {
    let image = session.target.image(module).ok();
    if session.target.symbols().status(module) != SymbolStatus::Deferred {
        record = labelled(record, "Loaded symbol image file:", 1, "image_name", image_name(module));
    }
    if let Some(path) = mapped_file(module, session) {
        record = labelled(record, "Mapped memory image file:", 1, "mapped_file", path);
    }
    record = labelled(record, "Image path:", 1, "image_path", module.image_path.as_str());
    record = labelled(record, "Image name:", 1, "image_name", image_name(module));
    if let Some(image) = &image {
        let brepro = Cell::new(image.is_reproducible()).shown("Image was built with /Brepro flag.");
        record = remark(record, image.is_reproducible(), "reproducible", brepro);
    }
    record = labelled(record, "Timestamp:", 8, "time_date_stamp", time_date_stamp(module, session));
    let sum = module.checksum.or_else(|| Some(image.as_ref()?.headers().check_sum));
    record = match sum {
        Some(_) => labelled(record, "CheckSum:", 9, "checksum", checksum(sum)),
        None => record.cell_where(false, "checksum", checksum(sum)),
    };
    record = labelled(record, "ImageSize:", 8, "size", size(module.size));
    record = match image.as_ref().and_then(|image| image.version()) {
        Some(version) => version::add(record, &version),
        None => exact_kernel(record, module, session),
    };
    record = labelled(record, "Made by:", 10, "made_by", maker::sentence(origin));
    let broken = Cell::new(module.broken).shown("The dump names this driver as the one at fault.");
    remark(record, module.broken, "broken", broken)
}

/// A fact that has a line of its own where it is so.
fn remark(record: Record, shown: bool, name: &'static str, cell: Cell) -> Record {
    let record = if shown { record.line("    ") } else { record };
    record.cell_where(shown, name, cell)
}

fn size(bytes: u64) -> Cell {
    Cell::new(Field::Hex(bytes)).shown(upper(bytes))
}

/// Without its version resource, a kernel's version still follows from its time stamp and size.
fn exact_kernel(record: Record, module: &Module, session: &Session) -> Record {
    let Some(build) = session.target.kernel_build().filter(|_| module.name == "nt") else {
        return record;
    };
    let version = build.version.to_string();
    let shown = format!("{version} (from the time stamp and size)");
    labelled(record, "File version:", 5, "file_version", Cell::new(version).shown(shown))
}

/// Adds what is known of an unloaded module. Windows keeps neither its time stamp nor its check sum.
pub(super) fn unloaded(record: Record, module: &UnloadedModule, zone: &Zone) -> Record {
    let not_kept = |text: String| Cell::new(Field::Null).absent(text);
    let record = labelled(record, "Timestamp:", 1, "time_date_stamp", not_kept(timestamp(None, zone)));
    let record = labelled(record, "Checksum:", 2, "checksum", not_kept(upper(0)));
    let bytes = module.end.saturating_sub(module.start);
    let record = labelled(record, "ImageSize:", 2, "size", size(bytes));
    match module.time.and_then(|time| Some((time, asctime(time, zone)?))) {
        Some((time, text)) => {
            labelled(record, "Unloaded:", 2, "unloaded", Cell::new(Field::Time(time)).shown(text))
        }
        None => record,
    }
}
