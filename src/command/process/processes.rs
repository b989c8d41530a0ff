//! Which processes a command is about, as it is typed: an address, an id, a name, all of them.

use crate::command::line::Out;
use crate::command::{CommandError, Context};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Process, Thread};
use crate::session::Session;
use crate::symbols::wildcard::Wildcard;

/// Which processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// The one whose EPROCESS lies there.
    At(u64),
    /// The one with this id.
    Id(u64),
    /// Those of a name.
    Named(String),
}

/// Kernel addresses begin here; smaller numbers are ids.
const KERNEL: u64 = 1 << 63;

impl Which {
    /// What a word means: `0` all, `-1` or nothing the current process, an address, an id, else a name.
    ///
    /// # Errors
    /// Where the current process is asked for and not known.
    pub fn read(word: Option<&str>, context: &Context<'_>) -> Result<Which, CommandError> {
        let current = || match context.session.process() {
            Some(process) => Ok(Which::At(process)),
            None => Err(CommandError::Missing("the current process is not known".to_owned())),
        };
        match word {
            None | Some("-1") => current(),
            // A dot makes a file's name of what would else be a symbol, which is looked for everywhere.
            Some(word) if is_name(word) => Ok(Which::Named(word.to_owned())),
            Some(word) => Ok(match context.evaluate(word) {
                Ok(0) => Which::All,
                Ok(u64::MAX) => return current(),
                Ok(address) if address >= KERNEL => Which::At(address),
                Ok(id) => Which::Id(id),
                Err(_) => Which::Named(word.to_owned()),
            }),
        }
    }
}

impl Which {
    /// The process, where one is meant: the first of a name.
    ///
    /// # Errors
    /// No such process, or what lies at the address is none.
    pub fn one<'s>(&self, scope: &'s Scope<'s>) -> Result<Process<'s>, CommandError> {
        let (is_it, what): (Matches<'_>, String) = match self {
            Which::At(address) => return process_argument(scope, Some(*address)),
            Which::Id(id) => (Box::new(|process| process.id() == Ok(*id)), format!("has the id {id:x}")),
            Which::Named(name) => {
                let pattern = Wildcard::new(name);
                (Box::new(move |process| is_called(process, &pattern)), format!("is called {name}"))
            }
            Which::All => return Err(CommandError::Argument("one process has to be named".to_owned())),
        };
        let mut broken = None;
        for process in Process::all(scope)? {
            match process {
                Ok(process) if is_it(&process) => return Ok(process),
                Ok(_) => {}
                Err(Lack::Stopped) => return Err(CommandError::Cancelled),
                Err(why) => broken = Some(why),
            }
        }
        Err(CommandError::Missing(match broken {
            Some(why) => format!("no process {what}; not all processes are known: {why}"),
            None => format!("no process {what}"),
        }))
    }
}

/// Tells whether a process is meant.
type Matches<'m> = Box<dyn Fn(&Process<'_>) -> bool + 'm>;

/// The process that a command without an argument is about, or the one at an address.
///
/// # Errors
/// Where none is known, or what lies there is none.
pub fn process_argument<'s>(scope: &'s Scope<'s>, address: Option<u64>) -> Result<Process<'s>, CommandError> {
    let unknown = || CommandError::Missing("the current process is not known".to_owned());
    let process = Process::at(scope, address.ok_or_else(unknown)?)?;
    check(&process)?;
    Ok(process)
}

/// Does something with each process that was asked for.
///
/// # Errors
/// There is none like that, and what `show` fails with. What is wrong with the list of processes is said.
pub fn each<'s>(
    which: &Which,
    scope: &'s Scope<'s>,
    out: &mut Out<'_>,
    mut show: impl FnMut(&Process<'s>, &mut Out<'_>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let pattern = match which {
        Which::At(_) | Which::Id(_) => return show(&which.one(scope)?, out),
        Which::All => None,
        Which::Named(name) => Some(Wildcard::new(name)),
    };
    let mut any = false;
    for process in listed(scope)? {
        match process {
            Ok(process) => {
                if pattern.as_ref().is_none_or(|pattern| is_called(&process, pattern)) {
                    any = true;
                    show(&process, out)?;
                }
            }
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => out.warn(Some(format!("not all processes are known: {why}")))?,
        }
    }
    match which {
        Which::Named(name) if !any => Err(CommandError::Missing(format!("no process is called {name}"))),
        _ => Ok(()),
    }
}

/// Whether a word has a dot inside, and is no dotted expression of the evaluator's; or is a plain word that is no number:
/// the module of a program's name would have a value, too.
fn is_name(word: &str) -> bool {
    let number = word.strip_prefix("0x").or_else(|| word.strip_prefix("0n")).unwrap_or(word);
    let is_plain =
        word.starts_with(char::is_alphabetic) && word.chars().all(|c| c.is_alphanumeric() || c == '_');
    word.contains('.') && !word.starts_with(['@', '$', '.', '('])
        || word.contains(['*', '?'])
        || is_plain && !number.chars().all(|c| c.is_ascii_hexdigit())
}

/// Every process in the order of the list. Where the list breaks, as in dumps that hold little memory, the reason comes, and
/// then the processes of those threads that processors run.
///
/// # Errors
/// Where the list's head or its types are not known.
pub fn listed<'s>(
    scope: &'s Scope<'s>,
) -> Result<impl Iterator<Item = Result<Process<'s>, Lack>> + use<'s>, Lack> {
    let mut known = Vec::new();
    let mut found: Vec<Result<Process<'s>, Lack>> = Process::all(scope)?.collect();
    known.extend(found.iter().flatten().map(Process::address));
    if found.last().is_some_and(|last| last.as_ref().is_err_and(|why| *why != Lack::Stopped)) {
        for thread in running(scope) {
            let process = thread.process().and_then(|process| Process::at(scope, process));
            // Threads of which nothing can be read belong to nobody; the idle process is in no list.
            if let Ok(process) = process
                && !known.contains(&process.address())
                && process.id().is_ok_and(|id| id != 0)
            {
                known.push(process.address());
                found.push(Ok(process));
            }
        }
    }
    Ok(found.into_iter())
}

/// The threads that processors run, as far as they are known.
pub fn running<'s>(scope: &'s Scope<'s>) -> impl Iterator<Item = Thread<'s>> + use<'s> {
    let current = scope.target().processors().iter().filter_map(|processor| processor.current_thread);
    current.filter_map(|thread| Thread::at(scope, thread).ok())
}

/// Whether a process has a name: whole, in either case, with wildcards; its ending `.exe` may be left out.
pub fn is_called(process: &Process<'_>, pattern: &Wildcard) -> bool {
    let names = [process.name(), process.image_file_name()];
    names.into_iter().flatten().any(|name| {
        let base = name.strip_suffix(".exe").or_else(|| name.strip_suffix(".EXE"));
        pattern.is_match(&name) || base.is_some_and(|base| pattern.is_match(base))
    })
}

/// The time of the dump, in 100 ns since 1601.
pub fn now(session: &Session) -> Option<u64> {
    session.target.header().ok().and_then(|header| header.system_time).filter(|&time| time != 0)
}

/// Why an address is no process, if the dump says so.
///
/// # Errors
/// [`CommandError::Missing`]; what cannot be read says nothing.
pub fn check(process: &Process<'_>) -> Result<(), CommandError> {
    const PROCESS_OBJECT: u64 = 3;
    let kind: Result<u64, Lack> = process.object().first_of(&["Pcb.Header.Type"]).and_then(|kind| kind.u64());
    match kind {
        // The low bits alone: others are flags of the dispatcher's.
        Ok(kind) if kind & 0x7f != PROCESS_OBJECT => Err(CommandError::Missing(format!(
            "no process lies at {:016x}: its dispatcher header has the type {kind:#x}, not {PROCESS_OBJECT}",
            process.address()
        ))),
        _ => Ok(()),
    }
}
