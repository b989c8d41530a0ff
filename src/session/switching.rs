//! Opening the systems beside a session, and going from one to the other.

use super::session::Session;
use super::settings::Settings;
use super::systems::{NoSystem, Systems};
use crate::debuggee::Target;
use crate::search::finder::FinderOptions;
use crate::search::path::SearchPath;
use std::fmt;
use std::mem::{swap, take};
use std::path::Path;
use std::sync::Arc;

/// Opens others of the systems as one of them would, on any thread.
#[derive(Clone)]
pub struct Opener {
    systems: Systems,
    settings: Settings,
    symbols: SearchPath,
    images: SearchPath,
    options: FinderOptions,
}

impl fmt::Debug for Opener {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Opener").finish_non_exhaustive()
    }
}

impl Opener {
    /// Opens a system, with the search paths and settings of the session that this is of.
    ///
    /// # Errors
    /// There is none of that number, or its file cannot be opened.
    pub fn open(&self, number: usize) -> Result<Session, NoSystem> {
        let path = self.systems.path(number)?;
        let target = self.open_beside(&path).inspect_err(|why| self.systems.failed(number, why));
        let target = target.map_err(|why| NoSystem::Unopened { number, why })?;
        self.systems.opened(number, target.subject());
        // The event logs came with the first one.
        let settings = Settings { events: Vec::new(), ..self.settings.clone() };
        let mut session = Session::new(target, settings);
        session.systems = self.systems.of(number);
        Ok(session)
    }

    fn open_beside(&self, path: &Path) -> Result<Target, String> {
        let mut target = Target::open(path, &mut |_| {}).map_err(|why| why.to_string())?;
        target.set_paths(self.symbols.clone(), self.images.clone(), self.options.clone());
        match target.lost_files().into_iter().next() {
            Some(lost) => Err(lost.to_string()),
            None => Ok(target),
        }
    }
}

impl Session {
    /// What opens others of the systems as this session would.
    pub fn opener(&self) -> Opener {
        let finder = self.target.symbols().finder();
        Opener {
            systems: self.systems.clone(),
            settings: self.settings.clone(),
            symbols: finder.symbol_path().clone(),
            images: finder.image_path().clone(),
            options: finder.options().clone(),
        }
    }

    /// Looks at another of the systems: this session becomes its session, and is found as it was left when it is looked
    /// at again. What belongs to the debugger and to no dump comes along: settings, aliases, `$t0` to `$t19`, the log.
    /// What was noticed when it was opened is returned.
    ///
    /// # Errors
    /// As [`Opener::open`].
    pub fn switch_system(&mut self, number: usize) -> Result<Vec<String>, NoSystem> {
        if number == self.systems.number() {
            return Ok(Vec::new());
        }
        let (mut other, warnings) =
            match self.systems.unpark(number).and_then(|parked| parked.downcast::<Session>().ok()) {
                Some(other) => (*other, Vec::new()),
                None => {
                    let other = self.opener().open(number)?;
                    let warnings = other.target.warnings().to_vec();
                    (other, warnings)
                }
            };
        let before = self.systems.number();
        other.systems = self.systems.of(number);
        swap(self, &mut other);
        self.take_over(&mut other);
        // Else those who are parked would keep each other.
        let systems = take(&mut other.systems);
        systems.park(before, Box::new(other));
        Ok(warnings)
    }

    /// Takes what belongs to the debugger over from the session that was looked at before.
    fn take_over(&mut self, before: &mut Session) {
        swap(&mut self.settings, &mut before.settings);
        swap(&mut self.settings.events, &mut before.settings.events);
        swap(&mut self.interpreter, &mut before.interpreter);
        // Values of the data model are those of one dump.
        swap(&mut self.interpreter.variables, &mut before.interpreter.variables);
        self.cancel = before.cancel.clone();
        self.log = before.log.clone();
        self.lacks = take(&mut before.lacks);
        self.user_registers = before.user_registers;
        self.user_types = take(&mut before.user_types);
        self.last_value = before.last_value;
        let (symbols, known) = (self.target.symbols(), before.target.symbols());
        symbols.fetches().share_listener(known.fetches());
        symbols.set_observer(Arc::new(self.cancel.clone()));
        symbols.set_waiting(known.is_waiting());
    }
}
