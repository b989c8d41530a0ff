//! The session itself.

use super::focus::Focus;
use super::interpreter::Interpreter;
use super::journal::Journal;
use super::log::Log;
use super::pool_tags::PoolTags;
use super::settings::Settings;
use super::systems::Systems;
use crate::analysis::History;
use crate::debuggee::{NoRegisters, Processor, RegisterContext, Scope, Target};
use crate::dump::Lost;
use crate::unwind::{FrameKind, GENERAL_NAMES};
use crate::util::cancel::CancelToken;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use thiserror::Error;

/// Why there is no code to look at.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoCode {
    /// The image that was opened has none.
    #[error("the image has no code")]
    NoneInImage,
    /// No instruction pointer is known.
    #[error(transparent)]
    NoRegisters(#[from] NoRegisters),
}

/// One investigation.
pub struct Session {
    /// The open dump.
    pub target: Target,
    /// What is selected in it.
    pub focus: Focus,
    /// The process that was chosen, in place of the current thread's.
    pub(super) attached: Option<u64>,
    /// The dumps that are open together, of which this is one.
    pub systems: Systems,
    /// What the user has set.
    pub settings: Settings,
    /// Stops running commands.
    pub cancel: CancelToken,
    /// Where each examining command (`d`, `u`, ...) goes on when it is given no address.
    pub next_address: HashMap<&'static str, u64>,
    /// The spelling that `d` repeats.
    pub display_form: &'static str,
    /// Where the last `s` with `[s]` found something.
    pub saved_search: Vec<u64>,
    /// `$t0` to `$t19`.
    pub user_registers: [u64; 20],
    /// The types, as C++ spells them, of those that were set with one.
    pub user_types: [Option<Box<str>>; 20],
    /// `$exp`: what `?` evaluated last.
    pub last_value: u64,
    /// `$p`: the last value that a `d` command showed.
    pub last_shown: u64,
    /// `$extret`: the element that `!list` is at.
    pub extret: u64,
    /// What the command language keeps.
    pub interpreter: Interpreter,
    /// Where a copy of what is typed and said goes.
    pub log: Log,
    /// What the event logs of the settings tell; read when it is first asked for.
    pub history: OnceCell<Arc<History>>,
    /// What was typed and said, for a report.
    pub journal: Journal,
    /// What commands of the line that runs could not show for want of data; the line goes on all the same.
    pub lacks: Vec<String>,
    /// Who uses which pool tag; read when it is first asked for.
    pool_tags: OnceCell<PoolTags>,
    /// Image files that became shorter, and of which the user was told.
    lost: Vec<Lost>,
}

impl Session {
    /// A session that looks at the processor that crashed.
    pub fn new(target: Target, settings: Settings) -> Session {
        let focus = Focus { processor: target.crashed_processor(), ..Focus::default() };
        Session {
            target,
            focus,
            attached: None,
            systems: Systems::default(),
            settings,
            cancel: CancelToken::default(),
            next_address: HashMap::new(),
            display_form: "db",
            saved_search: Vec::new(),
            user_registers: [0; 20],
            user_types: Default::default(),
            last_value: 0,
            last_shown: 0,
            extret: 0,
            interpreter: Interpreter::default(),
            log: Log::default(),
            history: OnceCell::new(),
            journal: Journal::default(),
            lacks: Vec::new(),
            pool_tags: OnceCell::new(),
            lost: Vec::new(),
        }
    }

    /// What happened to a file that became shorter while it was open, so that what was just read may be wrong. For what was
    /// opened that is said again and again, for nothing more can be read; for an image file behind it once.
    pub fn newly_lost(&mut self) -> Option<Lost> {
        let files = self.target.lost_files();
        let lost = files.into_iter().find(|lost| !self.lost.contains(lost))?;
        if lost.path != self.target.subject().path() {
            self.lost.push(lost.clone());
        }
        Some(lost)
    }

    /// Who uses which pool tag: by the user's list, or else by the built-in one.
    pub fn pool_tags(&self) -> &PoolTags {
        self.pool_tags.get_or_init(|| {
            PoolTags::find(self.settings.pool_tags.as_deref(), self.target.symbols().finder().symbol_path())
        })
    }

    /// The current processor.
    pub fn processor(&self) -> Option<&Processor> {
        self.target.processors().get(self.focus.processor as usize)
    }

    /// What Windows' objects are read through; it borrows the session only, so that what is read can be said meanwhile.
    pub fn scope(&self) -> Scope<'_> {
        Scope::new(&self.target, &self.cancel)
    }

    /// The registers that commands show: those of the selected frame, of the context that was set, or the current
    /// processor's.
    ///
    /// # Errors
    /// Why there are none.
    pub fn context(&self) -> Result<&RegisterContext, NoRegisters> {
        match &self.focus.frame {
            Some(selected) => Ok(&selected.context),
            None => self.base_context(),
        }
    }

    /// Makes a processor current; false if there is none of that number.
    pub fn select_processor(&mut self, number: u32) -> bool {
        let exists = (number as usize) < self.target.processors().len();
        if exists {
            self.focus = Focus { processor: number, ..Focus::default() };
            self.next_address.clear();
        }
        exists
    }

    /// ETHREAD of the thread that was selected, or of the current processor's.
    pub fn thread(&self) -> Option<u64> {
        if self.focus.thread.is_some() {
            return self.focus.thread;
        }
        self.processor()?.current_thread
    }

    /// Where code is looked at unless an address is given: the instruction pointer, or where the code of an image begins.
    ///
    /// # Errors
    /// Why there is none.
    pub fn code_address(&self) -> Result<u64, NoCode> {
        match self.target.subject().image() {
            Some(image) => image.code_start().ok_or(NoCode::NoneInImage),
            None => Ok(self.context().map(RegisterContext::ip)?),
        }
    }

    /// The registers that were not recovered for the selected frame or context: their values in
    /// [`Session::context`] belong to an inner frame.
    pub fn lost_registers(&self) -> Vec<String> {
        let frame = self.focus.frame.as_ref().map(|selected| &selected.frame);
        if frame.is_some_and(|frame| frame.kind == FrameKind::First) {
            return Vec::new();
        }
        if let Some(known) = frame.and_then(|frame| frame.arm64.as_ref()) {
            let known: HashSet<String> = known.recovered().map(|(name, _)| name).collect();
            let names = (0..29).map(|number| format!("x{number}")).chain(["fp".to_owned(), "lr".to_owned()]);
            return names.filter(|name| !known.contains(name)).collect();
        }
        let Some(known) = frame.map(|frame| &frame.registers).or(self.focus.registers.as_ref()) else {
            return Vec::new();
        };
        let general = (0u8..).zip(GENERAL_NAMES);
        let lost = general.filter(|(number, _)| known.general(*number).known().is_none());
        let flags = known.eflags.known().is_none().then(|| "efl".to_owned());
        let wide = (0u8..16).filter(|number| known.xmm(*number).known().is_none());
        let wide = wide.map(|number| format!("xmm{number}"));
        lost.map(|(_, name)| name.to_owned()).chain(flags).chain(wide).collect()
    }

    /// The selectors that were not saved: a trap frame keeps cs and ss alone, and zero stands for the others.
    pub fn lost_selectors(&self) -> &'static [&'static str] {
        match (self.focus.trap_frame, &self.focus.frame) {
            (Some(_), None) => &["ds", "es", "fs", "gs"],
            _ => &[],
        }
    }

    /// The prompt: `2: kd> `, `kd> ` on a computer with one processor, `image> ` for an image; `||1:2: kd> ` where it is
    /// system 1 of several.
    pub fn prompt(&self) -> String {
        match self.systems.are_several() {
            true => format!("||{}:{}", self.systems.number(), self.own_prompt()),
            false => self.own_prompt(),
        }
    }

    fn own_prompt(&self) -> String {
        if self.target.subject().image().is_some() {
            return "image> ".to_owned();
        }
        match self.target.processors().len() {
            0 | 1 => "kd> ".to_owned(),
            _ => format!("{}: kd> ", self.focus.processor),
        }
    }
}
