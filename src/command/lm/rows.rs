//! One line a module.

use super::options::Options;
use crate::debuggee::{Module, ModuleKind, UnloadedModule};
use crate::output::{Field, Line, Record, Role};
use crate::session::Session;
use crate::util::filetime::Zone;

/// A module's row.
pub fn row(module: &Module, options: &Options<'_>, session: &Session) -> Record {
    let symbols = session.target.symbols().loaded(module);
    let status = session.target.symbols().status(module);
    let file = symbols.as_ref().and_then(|symbols| symbols.file.as_deref());
    let record = Record::new("module")
        .field("start", Field::Hex(module.base))
        .field("end", Field::Hex(module.end()))
        .field("name", module.name.as_str())
        .field("image_name", module.image_name.as_str())
        .field("image_path", module.image_path.as_str())
        .field("time_date_stamp", module.time_date_stamp.map(|stamp| Field::Hex(u64::from(stamp))))
        .field("checksum", module.checksum.map(|sum| Field::Hex(u64::from(sum))))
        .field("kind", if module.kind == ModuleKind::Kernel { "kernel" } else { "user" })
        .field("symbols", status.word().trim_matches(['(', ')']))
        .field("symbol_file", file.map(|file| file.display().to_string()))
        .field("broken", module.broken);
    if options.names_only {
        return record.line(name(module));
    }
    let line = Line::new().address(module.base).text(" ").address(module.end()).text("   ");
    let line = line.append(name(module)).pad_to(38 + 8).text(" ");
    if !(options.times || options.files || options.paths) {
        let file = file.map(|file| file.display().to_string()).unwrap_or_default();
        return record.line(line.text("  ").label(format!("{:<23}", status.word())).text(file));
    }
    let mut line = line;
    if options.files {
        line = line.text(format!("{:<13}", format!("{} ", module.image_name)));
    }
    if options.paths {
        line = line.text(format!("{} ", module.image_path));
    }
    if options.times {
        line = line.value(timestamp(module.time_date_stamp, &session.settings.zone));
    }
    record.line(line)
}

fn name(module: &Module) -> Line {
    Line::new().link(Role::Module, &module.name, format!("lmvm {}", module.name))
}

/// An unloaded module's row.
pub fn unloaded(module: &UnloadedModule) -> Record {
    Record::new("unloaded_module")
        .field("start", Field::Hex(module.start))
        .field("end", Field::Hex(module.end))
        .field("name", module.name.as_str())
        .line(
            Line::new()
                .address(module.start)
                .text(" ")
                .address(module.end)
                .text("   ")
                .role(Role::Module, format!("{:<8}", module.name)),
        )
}

/// A PE time stamp as the debugger words it; values past 2038 are no dates but hashes of reproducible builds.
pub fn timestamp(stamp: Option<u32>, zone: &Zone) -> String {
    match stamp {
        None | Some(0) => "unavailable (00000000)".to_owned(),
        Some(stamp) => match crate::util::filetime::asctime_unix(stamp, zone) {
            Some(date) if stamp < 0x8000_0000 => format!("{date} ({stamp:08X})"),
            _ => format!("***** Invalid ({stamp:08X})"),
        },
    }
}

/// 8 upper-case digits, the form of `lmv`.
pub fn upper(value: u64) -> String {
    format!("{value:08X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_dates_or_hashes() {
        assert_eq!(timestamp(Some(0x59ba_8548), &Zone::Utc), "Thu Sep 14 13:34:00 2017 (59BA8548)");
        assert_eq!(timestamp(Some(0xbf9e_e658), &Zone::Utc), "***** Invalid (BF9EE658)");
        assert_eq!(timestamp(None, &Zone::Utc), "unavailable (00000000)");
    }
}
