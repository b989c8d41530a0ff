//! The ticket line: which dump or image this is.

use super::panes::Opened;
use crate::analysis::BugCheck;
use crate::command::subsystem;
use crate::debuggee::{Subject, Target};
use crate::dump::{DumpFile, Header};
use crate::output::is_module_word;
use crate::session::Session;
use crate::symbols::layouts::UNKNOWN;
use crate::util::width::{clip, columns};

/// Columns in which a file's name can still be told from others.
const SHORT_NAME: usize = 12;
/// Characters of a report's name at most.
const LONGEST_NAME: usize = 60;
/// Columns in which a bug check can.
const SHORT_CHECK: usize = 24;

/// What the first line says of the dump.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ticket {
    /// The file's name.
    pub(super) file: String,
    /// Bug check code and name; of an image that it is one.
    pub(super) bug_check: String,
    /// Build, machine, processors: what gives way first stands last.
    pub(super) build: Vec<String>,
    /// The module's name where an image was opened; its base where the name is no word for a command line.
    pub(super) image: Option<String>,
    /// Whether it is a triage dump, which holds no lists of threads and processes.
    pub(super) triage: bool,
}

impl Ticket {
    /// The ticket of a session.
    pub(super) fn of(session: &Session) -> Ticket {
        let target = &session.target;
        let machine = target.machine().banner_name();
        let path = target.subject().path();
        let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let file = match target.subject() {
            Subject::Dump(dump) => named(&file, dump),
            Subject::Image(_) => file.into_owned(),
        };
        let (bug_check, build) = match target.subject() {
            Subject::Dump(dump) => of_dump(target, dump.header(), &machine),
            Subject::Image(image) => {
                let version = Some(image.version()).filter(|&version| version != UNKNOWN);
                let version = version.map(|version| version.to_string());
                let build = version.into_iter().chain([machine.clone()]).collect();
                (format!("{} image", subsystem(image.headers().subsystem)), build)
            }
        };
        Ticket {
            file: crate::output::sanitize(&file).into_owned(),
            bug_check: crate::output::sanitize(&bug_check).into_owned(),
            build: build.iter().map(|part| crate::output::sanitize(part).into_owned()).collect(),
            triage: target.dump().is_ok_and(|dump| dump.triage().is_some()),
            image: target.subject().image().and(target.modules().iter().next()).map(|module| {
                match is_module_word(&module.name) {
                    true => module.name.clone(),
                    false => format!("{:#x}", module.base),
                }
            }),
        }
    }

    /// What was opened.
    pub(super) fn opened(&self) -> Opened<'_> {
        Opened { image: self.image.as_deref(), triage: self.triage }
    }

    /// A name for the report: the dump's without what would end a word of a command line.
    pub(super) fn report_name(&self) -> String {
        let name = self.file.split('.').next().unwrap_or_default();
        let is_plain = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let name: String = name.chars().filter(is_plain).take(LONGEST_NAME).collect();
        let name = name.trim_start_matches('-');
        format!("{}.html", if name.is_empty() { "dump" } else { name })
    }

    /// The line's left part in at most `width` columns. The file's name is shortened first, then the build gives way part
    /// by part, then the rest is cut; which dump this is stays in sight as long as it can be told.
    pub(super) fn text(&self, width: usize) -> String {
        let least = columns(&self.file).min(SHORT_NAME);
        for kept in (0..=self.build.len()).rev() {
            let build = self.build.get(..kept).unwrap_or_default().join(" ");
            let gap = if build.is_empty() { "" } else { "  " };
            let rest = format!("  {}{gap}{build}", self.bug_check);
            let room = width.saturating_sub(columns(&rest));
            if room >= least {
                return format!("{}{rest}", shortened(&self.file, room));
            }
        }
        match width.checked_sub(least + 2) {
            Some(room) if room >= SHORT_CHECK => {
                format!("{}  {}", shortened(&self.file, least), clip(&self.bug_check, room))
            }
            _ => clip(&self.bug_check, width).to_owned(),
        }
    }
}

/// What [`DumpFile::title`] says, the path's folders left out.
fn named(file: &str, dump: &DumpFile) -> String {
    let title = dump.title();
    let member = title.strip_prefix(&*dump.path().to_string_lossy()).unwrap_or_default();
    format!("{file}{member}")
}

/// A dump's bug check, and build, machine and processors.
fn of_dump(target: &Target, header: &Header, machine: &str) -> (String, Vec<String>) {
    let bug_check = match BugCheck::of(header.bug_check_code) {
        Some(known) => format!("{:x} {}", known.code(), known.name),
        None => format!("{:x}", header.bug_check_code),
    };
    let version = match target.kernel_build() {
        Some(build) => build.version.clone(),
        None => format!("build {}", header.minor_version),
    };
    (bug_check, vec![version, machine.to_owned(), format!("{} cpu", header.processors)])
}

/// `text` in at most `width` columns, its middle left out: names of dumps begin with a machine and end with a date.
pub(super) fn shortened(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(2);
    let head = clip(text, room / 2);
    let tails = text.char_indices().map(|(at, _)| text.get(at..).unwrap_or_default());
    let tail = tails.into_iter().find(|tail| columns(tail) <= room - columns(head)).unwrap_or_default();
    format!("{head}..{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(file: &str) -> Ticket {
        Ticket {
            file: file.into(),
            bug_check: "1e KMODE_EXCEPTION_NOT_HANDLED".into(),
            build: ["10.0.19041.804", "x64", "16 cpu"].map(str::to_owned).into(),
            image: None,
            triage: false,
        }
    }

    #[test]
    fn a_report_has_the_name_of_its_dump() {
        for (file, name) in [
            ("wifi.dmp", "wifi.html"),
            ("转储 1;q.dmp.gz", "转储1q.html"),
            ("--a.dmp", "a.html"),
            ("...", "dump.html"),
        ] {
            assert_eq!(ticket(file).report_name(), name);
        }
    }

    #[test]
    fn the_name_gives_way_first() {
        let whole = "wifi.dmp  1e KMODE_EXCEPTION_NOT_HANDLED  10.0.19041.804 x64 16 cpu";
        assert_eq!(ticket("wifi.dmp").text(80), whole);
        let long = ticket("minidump-of-a-laptop-083125-14875-01.dmp");
        assert_eq!(long.text(72), "minid..01.dmp  1e KMODE_EXCEPTION_NOT_HANDLED  10.0.19041.804 x64 16 cpu");
        // Beside a chosen frame, at 80 columns.
        assert_eq!(long.text(64), "minid..1.dmp  1e KMODE_EXCEPTION_NOT_HANDLED  10.0.19041.804 x64");
        assert_eq!(long.text(59), "minidump-of-..-14875-01.dmp  1e KMODE_EXCEPTION_NOT_HANDLED");
        assert_eq!(long.text(40), "minid..1.dmp  1e KMODE_EXCEPTION_NOT_HAN");
        assert_eq!(long.text(33), "1e KMODE_EXCEPTION_NOT_HANDLED");
        assert_eq!(long.text(7), "1e KMOD");
        for width in 0..100 {
            assert!(columns(&long.text(width)) <= width);
        }
    }
}
