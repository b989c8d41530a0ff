//! The block below a module's row (`lmv`).

use super::label::labelled;
use super::rows::upper;
use super::stamp::{stamp, timestamp};
use crate::debuggee::{Module, SymbolStatus, UnloadedModule};
use crate::output::Line;
use crate::session::Session;
use crate::util::filetime::{Zone, asctime};

/// Everything known of a module. What its image says in the dump's memory stands beside what the loader recorded.
pub fn lines(module: &Module, session: &Session) -> Vec<Line> {
    let image = session.target.image(module).ok();
    let mut lines = Vec::new();
    if session.target.symbols().status(module) != SymbolStatus::Deferred {
        lines.push(labelled("Loaded symbol image file:", &module.image_name, 1));
    }
    let mapped = session.target.memory().images().and_then(|images| images.file_at(module.base));
    if let Some(path) = mapped {
        lines.push(labelled("Mapped memory image file:", &path.display().to_string(), 1));
    }
    lines.push(labelled("Image path:", &module.image_path, 1));
    lines.push(labelled("Image name:", &module.image_name, 1));
    let reproducible = image.as_ref().is_some_and(|image| image.is_reproducible());
    if reproducible {
        lines.push(Line::of("    Image was built with /Brepro flag."));
    }
    lines.push(labelled("Timestamp:", &stamp(module, session), 8));
    let checksum = module.checksum.or_else(|| Some(image.as_ref()?.headers().check_sum));
    if let Some(checksum) = checksum {
        lines.push(labelled("CheckSum:", &upper(u64::from(checksum)), 9));
    }
    lines.push(labelled("ImageSize:", &upper(module.size), 8));
    let version = image.as_ref().and_then(|image| image.version());
    match version {
        Some(version) => lines.extend(super::version::lines(&version)),
        None => lines.extend(exact_kernel(module, session)),
    }
    if module.broken {
        lines.push(Line::of("    The dump names this driver as the one at fault."));
    }
    lines
}

/// Without its version resource, a kernel's version still follows from its time stamp and size.
fn exact_kernel(module: &Module, session: &Session) -> Option<Line> {
    let build = session.target.kernel_build().filter(|_| module.name == "nt")?;
    let text = format!("{} (from the time stamp and size)", build.version);
    Some(labelled("File version:", &text, 5))
}

/// What is known of an unloaded module. Windows keeps neither its time stamp nor its check sum.
pub fn unloaded(module: &UnloadedModule, zone: &Zone) -> Vec<Line> {
    let mut lines = vec![
        labelled("Timestamp:", &timestamp(None, zone), 1),
        labelled("Checksum:", &upper(0), 2),
        labelled("ImageSize:", &upper(module.end.saturating_sub(module.start)), 2),
    ];
    if let Some(time) = module.time.and_then(|time| asctime(time, zone)) {
        lines.push(labelled("Unloaded:", &time, 2));
    }
    lines
}
