//! Routines that drivers ask Windows to call: when processes, threads and images come and go, when the registry or an
//! object is touched, when the system crashes or shuts down.
//!
//! No public symbols describe most of these records. Where a record's form is documented or repeats a fact that can be
//! compared (a check sum, a pointer back to what it belongs to), it is compared, and what contradicts it is no record.

mod bug_check;
mod named;
mod notify;
mod object;
mod record;
mod registry;
mod shutdown;

use crate::debuggee::{Lack, Scope};

/// What a routine is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackKind {
    /// A process begins or ends.
    Process,
    /// A thread begins or ends.
    Thread,
    /// An image is mapped.
    Image,
    /// A key of the registry is used.
    Registry,
    /// A handle to a process, a thread or a desktop is made.
    Object,
    /// The system crashes.
    BugCheck,
    /// The system crashes, and a part of that: saving data, writing the dump.
    BugCheckReason,
    /// The processor is interrupted by an NMI.
    Nmi,
    /// The system shuts down, while there still are file systems.
    Shutdown,
    /// The system shuts down, after everything else.
    LastShutdown,
    /// A file system is registered or goes away.
    FileSystem,
    /// Something that has a name in `\Callback`: a change of the power state, of the time.
    Named,
}

impl CallbackKind {
    /// All kinds, in the order in which they are shown.
    pub const ALL: [CallbackKind; 12] = [
        CallbackKind::Process,
        CallbackKind::Thread,
        CallbackKind::Image,
        CallbackKind::Registry,
        CallbackKind::Object,
        CallbackKind::BugCheck,
        CallbackKind::BugCheckReason,
        CallbackKind::Nmi,
        CallbackKind::Shutdown,
        CallbackKind::LastShutdown,
        CallbackKind::FileSystem,
        CallbackKind::Named,
    ];
}

/// A routine that is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// What it is called for.
    pub kind: CallbackKind,
    /// Address of the record that registers it.
    pub record: u64,
    /// Address of the routine.
    pub routine: u64,
    /// What the driver wants to be given with the call.
    pub context: Option<u64>,
    /// What is known besides.
    pub detail: Option<Detail>,
}

/// What else a record tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// Where it stands among those that are called: `385200`.
    Altitude(String),
    /// It is called before or after an object of a type is opened, in the order of an altitude.
    Operation {
        /// `Process`
        object: String,
        /// Whether before.
        before: bool,
        /// Where it stands among those that are called; `None` where it could not be read.
        altitude: Option<String>,
    },
    /// What the driver calls itself; for some, what of the crash it is called for (KBUGCHECK_CALLBACK_REASON).
    Component {
        /// The name; `None` where it could not be read.
        name: Option<String>,
        /// The reason's number.
        reason: Option<u64>,
    },
    /// The device that is told.
    Device(u64),
    /// The driver that is told.
    Driver(u64),
    /// The name in `\Callback`.
    Name(String),
}

/// Callbacks, and what could not be read in their places.
pub type Callbacks = Vec<Result<Callback, Lack>>;

impl Callback {
    /// The callbacks of a kind.
    ///
    /// # Errors
    /// Where Windows keeps them is not known, or cannot be read.
    pub fn all(scope: &Scope<'_>, kind: CallbackKind) -> Result<Callbacks, Lack> {
        match kind {
            CallbackKind::Process => notify::processes(scope),
            CallbackKind::Thread => notify::threads(scope),
            CallbackKind::Image => notify::images(scope),
            CallbackKind::Registry => registry::all(scope),
            CallbackKind::Object => object::all(scope),
            CallbackKind::BugCheck => bug_check::all(scope),
            CallbackKind::BugCheckReason => bug_check::with_reasons(scope),
            CallbackKind::Nmi => bug_check::nmi(scope),
            CallbackKind::Shutdown => shutdown::devices(scope),
            CallbackKind::LastShutdown => shutdown::last(scope),
            CallbackKind::FileSystem => shutdown::file_systems(scope),
            CallbackKind::Named => named::all(scope),
        }
    }
}
