//! Ctrl-C in line mode: as in kd it stops the command that runs, and not the program.

use super::complain;
use crate::debuggee::Fetches;
use crate::search::observer::Observer;
use crate::session::Session;
use crate::util::cancel::CancelToken;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What Ctrl-C stops.
pub(super) struct Interrupt {
    cancel: CancelToken,
    fetches: Fetches,
    running: AtomicBool,
}

impl Interrupt {
    /// From now on Ctrl-C stops the session's commands. Where the system gives no handler, it ends the program as ever.
    pub(super) fn listen(session: &Session) -> Arc<Interrupt> {
        let interrupt = Arc::new(Interrupt {
            cancel: session.cancel.clone(),
            fetches: session.target.symbols().fetches().clone(),
            running: AtomicBool::new(false),
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
        self.running.store(true, Ordering::Relaxed);
        let result = command(session);
        self.running.store(false, Ordering::Relaxed);
        result
    }

    #[cfg_attr(not(unix), allow(dead_code))]
    fn press(&self) {
        if self.running.load(Ordering::Relaxed) {
            self.cancel.cancel();
            self.fetches.stop();
        } else {
            complain("nothing runs; q or Ctrl-D ends dumpscope");
        }
    }
}
