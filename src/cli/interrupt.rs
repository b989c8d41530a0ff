//! Ctrl-C in line mode and scripts: as in kd it stops the command that runs, and not the program.

use super::complain;
use crate::debuggee::Fetches;
use crate::search::observer::Observer;
use crate::session::Session;
use crate::util::cancel::CancelToken;
use crate::util::temporary;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Pressed again so soon, it means more than the command.
const AGAIN: Duration = Duration::from_secs(2);

/// How a program ends that Ctrl-C has ended, as shells count it.
const INTERRUPTED: i32 = 130;

/// What Ctrl-C stops.
pub(super) struct Interrupt {
    cancel: CancelToken,
    /// Those of the dump that is looked at.
    fetches: Mutex<Fetches>,
    running: AtomicBool,
    /// In a script there is nobody at a prompt, and pressing again ends it.
    is_script: bool,
    ends: AtomicBool,
    last: Mutex<Option<Instant>>,
}

impl Interrupt {
    /// From now on Ctrl-C stops the session's commands; pressed twice a script, three times the program. Where the system
    /// gives no handler, it ends the program as ever.
    pub(super) fn listen(session: &Session, is_script: bool) -> Arc<Interrupt> {
        let interrupt = Arc::new(Interrupt {
            cancel: session.cancel.clone(),
            fetches: Mutex::new(session.target.symbols().fetches().clone()),
            running: AtomicBool::new(false),
            is_script,
            ends: AtomicBool::new(false),
            last: Mutex::new(None),
        });
        #[cfg(unix)]
        if let Ok(mut signals) = signal_hook::iterator::Signals::new([signal_hook::consts::SIGINT]) {
            let pressed = Arc::clone(&interrupt);
            let listener = move || signals.forever().for_each(|_| pressed.press());
            // Without the thread nobody hears the signal; Ctrl-D still ends the program.
            let _ = std::thread::Builder::new().name("interrupt".to_owned()).spawn(listener);
        }
        interrupt
    }

    /// Runs a command that Ctrl-C may stop, also while it waits for symbols.
    pub(super) fn around<T>(&self, session: &mut Session, command: impl FnOnce(&mut Session) -> T) -> T {
        let waiting: Arc<dyn Observer + Send + Sync> = Arc::new(session.cancel.begin());
        session.target.symbols().set_observer(waiting);
        *self.fetches.lock().unwrap_or_else(PoisonError::into_inner) =
            session.target.symbols().fetches().clone();
        self.running.store(true, Ordering::Relaxed);
        let result = command(session);
        self.running.store(false, Ordering::Relaxed);
        result
    }

    /// Whether the script is to end.
    pub(super) fn ends(&self) -> bool {
        self.ends.load(Ordering::Relaxed)
    }

    #[cfg_attr(not(unix), allow(dead_code))]
    fn press(&self) {
        let running = self.running.load(Ordering::Relaxed);
        if !running && !self.is_script {
            complain("nothing runs; q or Ctrl-D ends dumpscope");
            return;
        }
        self.cancel.cancel();
        self.fetches.lock().unwrap_or_else(PoisonError::into_inner).stop();
        if !self.is_script {
            return;
        }
        let now = Instant::now();
        let before = self.last.lock().unwrap_or_else(PoisonError::into_inner).replace(now);
        if self.ends() {
            temporary::remove_all();
            std::process::exit(INTERRUPTED);
        }
        if !running || before.is_some_and(|before| now.duration_since(before) < AGAIN) {
            self.ends.store(true, Ordering::Relaxed);
            complain("dumpscope: the script ends here");
        }
    }
}
