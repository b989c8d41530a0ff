//! Whose user memory the session looks at: the process of the current thread, unless one was chosen.

use super::session::Session;
use crate::debuggee::NoSpace;
use crate::util::hex::tick;

impl Session {
    /// EPROCESS that was chosen with [`Session::attach`], or that of the current thread.
    pub fn process(&self) -> Option<u64> {
        self.attached.or_else(|| self.target.process_of(self.thread()?))
    }

    /// Looks at memory as a process sees it, whatever thread becomes current.
    ///
    /// # Errors
    /// Why nothing was changed.
    pub fn attach(&mut self, process: u64) -> Result<(), NoSpace> {
        // The process that is looked at already needs no page tables to be looked at.
        if !self.target.sees(process) {
            self.target.attach(process)?;
        }
        self.attached = Some(process);
        self.next_address.clear();
        Ok(())
    }

    /// Looks at the current thread's process again, if another was chosen. What [`Session::follow_thread`] answers.
    #[must_use]
    pub fn detach(&mut self) -> Option<String> {
        self.attached = None;
        self.next_address.clear();
        self.follow_thread()
    }

    /// Looks at memory as the current thread's process sees it, unless a process was chosen. Where that process cannot
    /// be seen, no user memory is looked at at all, and the answer says so.
    #[must_use]
    pub fn follow_thread(&mut self) -> Option<String> {
        if self.attached.is_some() || self.target.processors().is_empty() {
            return None;
        }
        let (process, at_crash) = (self.process(), self.target.current_process());
        let crashed = self.focus.thread.is_none() && self.focus.processor == self.target.crashed_processor();
        // What the crashed processor saw is known even where its thread's process is not.
        let why = if crashed || process.is_some() && process == at_crash {
            if !self.target.is_at_crash() {
                self.target.attach_at_crash();
            }
            return None;
        } else if let Some(process) = process {
            if self.target.sees(process) {
                return None;
            }
            self.target.attach(process).err()?.to_string()
        } else {
            "the current thread's process is not known".to_owned()
        };
        // Where no user memory is to be had anyway, nobody can mistake it.
        if !self.target.holds_user_space() {
            return None;
        }
        self.target.attach_unseen(process, &why);
        let whose = process.map_or_else(String::new, |process| format!(" of process {}", tick(process)));
        Some(format!("user memory and user modules{whose} cannot be seen: {why}"))
    }
}
