//! An entry of the time line: an event that matters for a crash.

use crate::words::Message;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Windows stopped with a bug check, and said so after the restart.
    BugCheck,
    /// The machine started without having been shut down.
    Restart,
    /// A dump was not written.
    NoDump,
    /// The hardware reported an error.
    Hardware,
    /// A disk, its controller or a file system complained.
    Storage,
    /// A display driver complained.
    Display,
    /// A driver or a service was installed.
    Installed,
    /// A driver was not loaded, or a device's driver not installed.
    Failed,
    /// An update was installed.
    Update,
}

impl Kind {
    /// The word for it in data.
    pub fn word(self) -> &'static str {
        match self {
            Kind::BugCheck => "bug_check",
            Kind::Restart => "restart",
            Kind::NoDump => "no_dump",
            Kind::Hardware => "hardware",
            Kind::Storage => "storage",
            Kind::Display => "display",
            Kind::Installed => "installed",
            Kind::Failed => "failed",
            Kind::Update => "update",
        }
    }

    /// The key of its name.
    pub fn key(self) -> &'static str {
        match self {
            Kind::BugCheck => "history.kind.bug_check",
            Kind::Restart => "history.kind.restart",
            Kind::NoDump => "history.kind.no_dump",
            Kind::Hardware => "history.kind.hardware",
            Kind::Storage => "history.kind.storage",
            Kind::Display => "history.kind.display",
            Kind::Installed => "history.kind.installed",
            Kind::Failed => "history.kind.failed",
            Kind::Update => "history.kind.update",
        }
    }

    /// Whether it tells of a crash or of a restart that nobody asked for.
    pub fn is_crash(self) -> bool {
        matches!(self, Kind::BugCheck | Kind::Restart)
    }

    /// Whether it changed what runs on the machine.
    pub fn is_change(self) -> bool {
        matches!(self, Kind::Installed | Kind::Update)
    }
}

/// A bug check as a log states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// The code.
    pub code: u32,
    /// Its arguments.
    pub parameters: [u64; 4],
}

impl Check {
    /// What wordings name of it: its code and its arguments.
    pub fn told(&self) -> [(&'static str, String); 2] {
        let arguments = self.parameters.map(|parameter| format!("{parameter:x}")).join(", ");
        [("code", format!("{:X}", self.code)), ("arguments", arguments)]
    }
}

/// An event that matters, with what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was written: a FILETIME.
    pub time: u64,
    /// Its number in the log.
    pub record: u64,
    /// Who wrote it.
    pub provider: String,
    /// The event's number.
    pub id: u32,
    /// What kind of thing happened.
    pub kind: Kind,
    /// The bug check that it states.
    pub check: Option<Check>,
    /// The key of its wording.
    pub wording: &'static str,
    /// What the wording's places stand for; as data beside it.
    pub values: Vec<(&'static str, String)>,
}

impl Entry {
    /// Whether it comes so often that only who asks for everything wants to see it.
    pub fn is_daily(&self) -> bool {
        matches!(self.wording, "history.updated_daily" | "history.update_begun" | "history.driver_daily")
    }

    /// Whether the hardware reported an error that it had corrected.
    pub fn is_corrected(&self) -> bool {
        matches!(self.wording, "history.hardware_corrected" | "history.hardware_corrected_bare")
    }

    /// What it says, in words.
    pub fn words(&self) -> Message {
        self.values
            .iter()
            .fold(Message::new(self.wording), |message, (name, value)| message.with(name, value))
    }

    /// What it says of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}
