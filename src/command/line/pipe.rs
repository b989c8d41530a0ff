//! `COMMAND | PROGRAM`: what a command says goes through a program of this computer.

use super::error::CommandError;
use crate::output::{Line, OutputClosed, Piece, Role, Sink, Span, plain};
use crate::session::Session;
use crate::util::cancel::CancelToken;
use crate::util::disk::AsFile as _;
use crate::util::temporary::TemporaryFile;
use crate::words::Message;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// Longer lines of a program are cut, in bytes.
const MAX_LINE: u64 = 1 << 16;

/// How often it is asked whether anybody still wants what a program says.
const ASK: Duration = Duration::from_millis(50);

/// Runs something, and a program that reads what it says; what the program says is shown.
///
/// All is said before the program starts: it may take its time, and the dump is not read meanwhile.
///
/// # Errors
/// What fails in either.
pub fn run(
    program: &str,
    session: &mut Session,
    sink: &mut dyn Sink,
    run: impl FnOnce(&mut Session, &mut dyn Sink) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let failed =
        |what: &str, error: &io::Error| CommandError::Argument(format!("'{program}': {what}: {error}"));
    let beside = TemporaryFile::new_in(&std::env::temp_dir());
    let mut said = Said { file: beside.map_err(|error| failed("no temporary file", &error))?, error: None };
    let outcome = run(session, &mut said);
    if let Some(error) = said.error {
        return Err(failed("what it is to read cannot be kept", &error));
    }
    // What failed says so itself; the program sees what was said before.
    let input = said.file.reopen().map_err(|error| failed("what it is to read is gone", &error))?;
    let child = shell(program).stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|error| failed("it does not start", &error))?;
    let cancel = session.cancel.clone();
    let shown = show(&mut child, sink, &cancel);
    if shown.is_err() {
        // It may be gone already.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| failed("its end is not known", &error))?;
    outcome.and(shown)?;
    match status.success() {
        true => Ok(()),
        false => Err(CommandError::Argument(format!("'{program}' ended with {status}"))),
    }
}

/// The system's shell with a command line.
fn shell(line: &str) -> Command {
    let (name, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    let mut command = Command::new(name);
    command.arg(flag).arg(line);
    command
}

/// Shows what a program says, and what it complains of.
fn show(child: &mut Child, sink: &mut dyn Sink, cancel: &CancelToken) -> Result<(), CommandError> {
    let (lines, says) = bounded(64);
    if let Some(out) = child.stdout.take() {
        read(out, Role::Text, lines.clone());
    }
    if let Some(complaints) = child.stderr.take() {
        read(complaints, Role::Warning, lines.clone());
    }
    drop(lines);
    pass_on(&says, sink, cancel)
}

fn pass_on(
    says: &Receiver<(Role, String)>,
    sink: &mut dyn Sink,
    cancel: &CancelToken,
) -> Result<(), CommandError> {
    loop {
        cancel.check().map_err(|_| CommandError::Cancelled)?;
        match says.recv_timeout(ASK) {
            Ok((role, text)) => {
                let mut span = Span::typed(&text);
                span.role = role;
                sink.block(Line::new().span(span).into())?;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

/// Reads lines on a thread of its own, until nobody takes them.
fn read(from: impl Read + Send + 'static, role: Role, lines: Sender<(Role, String)>) {
    let reader = move || {
        let mut from = BufReader::new(from);
        let mut bytes = Vec::new();
        while from.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
            let text = String::from_utf8_lossy(&bytes);
            if lines.send((role, text.trim_end_matches(['\n', '\r']).to_owned())).is_err() {
                return;
            }
            bytes.clear();
        }
    };
    // Without the thread the program's output is lost, and its end is still seen.
    let _ = thread::Builder::new().name("pipe".to_owned()).spawn(reader);
}

/// Keeps what is said in a file.
struct Said {
    file: TemporaryFile,
    error: Option<io::Error>,
}

impl Sink for Said {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        self.file.as_file_mut().write_all(plain(piece.lines()).as_bytes()).map_err(|error| {
            self.error = Some(error);
            OutputClosed
        })
    }

    fn progress(&mut self, _: &dyn Fn() -> Message) {}
}
