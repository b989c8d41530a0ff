//! `!history`: what event logs tell of the machine before and after the crash.

mod head;
mod rows;

use crate::analysis::{Check, Crashes, Entry, History};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::events::{self, LogError, Reading};
use crate::session::Session;
use crate::words::Message;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `!history`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!history"],
    group: Group::Analysis,
    switches: Switches::letters(&[Switch::flag(
        "-v",
        "also shows what comes every day (programs of the store, what the virus scanner knows) and updates as they began, and counts \
         events that do not matter",
    )]),
    arguments: &[Argument::new("[FILE.evtx]", Expects::Path)],
    summary: "Shows what event logs tell of the machine: crashes, hardware, disks, what was installed",
    help: "Reads the System log that came with the dump (and others that --events named): every bug check with its arguments \
           and its dump, restarts without one, complaints of hardware, disks, volumes and displays, and the drivers, services \
           and updates that were installed, in one time line in which the crash of this dump is marked. What was installed in \
           the fourteen days before the crashes began stands before it. That something was installed then proves nothing \
           against it.\n\n\
           A record is this dump's if it has its bug check with all four arguments and was written within a week after the \
           crash. Crashes that lie less than three weeks apart are one series. A log is copied while Windows runs as \
           wevtutil epl System System.evtx.\n\
           Example: !history System.evtx",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let named = args.text.trim().trim_matches('"');
    let logs = match named.is_empty() {
        true => context.session.settings.events.clone(),
        false => vec![PathBuf::from(named)],
    };
    if logs.is_empty() {
        let what = "no event log is named: !history System.evtx reads one, and --events System.evtx names one for the session";
        return Err(CommandError::Argument(what.to_owned()));
    }
    let history = match named.is_empty() {
        true => known(&logs, context)?,
        false => Arc::new(read(&logs, context)?),
    };
    let header = context.session.target.header()?;
    let own = Check { code: header.bug_check_code, parameters: header.bug_check_parameters };
    let crashed = header.system_time;
    let entries = history.entries();
    let crashes = Crashes::of(&entries, own, crashed, history.span());
    let shown = Shown {
        history: &history,
        entries: &entries,
        crashes: &crashes,
        own,
        crashed,
        is_verbose: args.has("-v"),
    };
    head::show(&shown, context)?;
    rows::changes(&shown, context)?;
    rows::time_line(&shown, context)?;
    rows::counts(&shown, context)
}

/// What the parts of the answer are made of.
struct Shown<'h> {
    history: &'h History,
    entries: &'h [&'h Entry],
    crashes: &'h Crashes,
    /// The dump's bug check.
    own: Check,
    /// When the dump says it was.
    crashed: Option<u64>,
    is_verbose: bool,
}

fn read(logs: &[PathBuf], context: &mut Context<'_>) -> Result<History, CommandError> {
    let mut history = History::default();
    for log in logs {
        let reading = read_one(log, &mut history, context)?;
        history.was_read(log, reading);
    }
    Ok(history)
}

/// What the session's logs tell, read only once. Where one of them could not be read when the verdict asked, they are read
/// again, so that the reason is told.
fn known(logs: &[PathBuf], context: &mut Context<'_>) -> Result<Arc<History>, CommandError> {
    if let Some(history) = context.session.history.get()
        && history.readings().len() == logs.len()
    {
        return Ok(history.clone());
    }
    let history = Arc::new(read(logs, context)?);
    // Where the verdict has an incomplete one, that stays: it was judged by.
    let _ = context.session.history.set(history.clone());
    Ok(history)
}

/// What the session's event logs tell, read when it is first asked for; `None` without logs. A log that cannot be read tells
/// nothing: this command says why.
///
/// # Errors
/// The command was stopped.
pub fn of_session(session: &Session) -> Result<Option<&Arc<History>>, CommandError> {
    if session.settings.events.is_empty() {
        return Ok(None);
    }
    if session.history.get().is_none() {
        let mut history = History::default();
        for log in &session.settings.events {
            let read = events::read(log, &session.cancel, &mut |event| history.add(&event), &mut |_| {});
            match read {
                Ok(reading) => history.was_read(log, reading),
                Err(LogError::Stopped) => return Err(CommandError::Cancelled),
                Err(_) => {}
            }
        }
        let _ = session.history.set(Arc::new(history));
    }
    Ok(session.history.get())
}

fn read_one(log: &Path, history: &mut History, context: &mut Context<'_>) -> Result<Reading, CommandError> {
    let stop = context.session.cancel.clone();
    let out = &mut context.out;
    let mut step = |reading: &Reading| {
        out.progress(&|| Message::new("progress.events").with("done", reading.events));
    };
    events::read(log, &stop, &mut |event| history.add(&event), &mut step).map_err(|error| match error {
        LogError::Stopped => CommandError::Cancelled,
        other => CommandError::Argument(other.to_string()),
    })
}
