//! The block below a module's row (`lmv`).

use super::rows::{timestamp, upper};
use crate::output::Line;
use crate::session::Session;
use crate::target::{Module, UnloadedModule};
use crate::util::filetime::{Zone, asctime};

/// Everything known of a module.
pub fn lines(module: &Module, session: &Session) -> Vec<Line> {
    let zone = &session.settings.zone;
    let mut lines = vec![
        labelled("Image path:", &module.image_path, 1),
        labelled("Image name:", &module.image_name, 1),
        labelled("Timestamp:", &timestamp(module.time_date_stamp, zone), 8),
    ];
    if let Some(checksum) = module.checksum {
        lines.push(labelled("CheckSum:", &upper(u64::from(checksum)), 9));
    }
    lines.push(labelled("ImageSize:", &upper(module.size), 8));
    if let Some(build) = session.target.kernel_build().filter(|_| module.name == "nt") {
        let text = format!("{} (from the time stamp and size)", build.version);
        lines.push(labelled("File version:", &text, 5));
    }
    if module.broken {
        lines.push(Line::of("    The dump names this driver as the one at fault."));
    }
    lines
}

/// What is known of an unloaded module.
pub fn unloaded(module: &UnloadedModule, zone: &Zone) -> Vec<Line> {
    let mut lines = vec![labelled(
        "ImageSize:",
        &upper(module.end.saturating_sub(module.start)),
        2,
    )];
    if let Some(time) = module.time.and_then(|time| asctime(time, zone)) {
        lines.push(labelled("Unloaded:", &time, 3));
    }
    lines
}

fn labelled(label: &str, value: &str, gap: usize) -> Line {
    Line::of("    ").label(label).text(" ".repeat(gap)).value(value)
}
