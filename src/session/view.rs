//! What a session looks at, kept aside and put back.

use super::focus::Focus;
use super::interpreter::Depth;
use super::session::Session;
use std::collections::HashMap;
use std::sync::Arc;

/// What is selected, and where commands go on: all that a command may move without the user's having asked for it.
#[derive(Debug, Clone)]
pub struct View {
    /// Of several dumps, which one.
    system: usize,
    focus: Focus,
    attached: Option<u64>,
    next_address: HashMap<&'static str, u64>,
    display_form: &'static str,
    saved_search: Vec<u64>,
    user_registers: [u64; 20],
    user_types: [Option<Box<str>>; 20],
    last_shown: u64,
    depth: Depth,
    whole_paragraphs: bool,
}

/// What is selected: processor, thread, context, frame, process. Where commands go on is no part of it.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    focus: Arc<Focus>,
    attached: Option<u64>,
}

impl PartialEq for Selection {
    /// Whether it is the same one, not whether two are alike.
    fn eq(&self, other: &Selection) -> bool {
        Arc::ptr_eq(&self.focus, &other.focus)
    }
}

impl Eq for Selection {}

impl Session {
    /// What is selected now.
    pub fn selection(&self) -> Selection {
        Selection { focus: Arc::new(self.focus.clone()), attached: self.attached }
    }

    /// Selects that again.
    pub fn select(&mut self, selection: &Selection) {
        self.focus = (*selection.focus).clone();
        self.attached = selection.attached;
        self.next_address.clear();
        self.look_again();
    }

    /// What is looked at now.
    pub fn view(&self) -> View {
        View {
            system: self.systems.number(),
            focus: self.focus.clone(),
            attached: self.attached,
            next_address: self.next_address.clone(),
            display_form: self.display_form,
            saved_search: self.saved_search.clone(),
            user_registers: self.user_registers,
            user_types: self.user_types.clone(),
            last_shown: self.last_shown,
            depth: self.interpreter.depth,
            whole_paragraphs: self.settings.whole_paragraphs,
        }
    }

    /// Looks at that again.
    pub fn restore(&mut self, view: View) {
        // It was open a moment ago; where its file is gone, nothing of it is selected in another dump.
        if self.switch_system(view.system).is_err() {
            return;
        }
        self.focus = view.focus;
        self.next_address = view.next_address;
        self.display_form = view.display_form;
        self.saved_search = view.saved_search;
        self.user_registers = view.user_registers;
        self.user_types = view.user_types;
        self.last_shown = view.last_shown;
        self.interpreter.depth = view.depth;
        self.settings.whole_paragraphs = view.whole_paragraphs;
        self.attached = view.attached;
        self.look_again();
    }

    /// Memory as the process that was chosen sees it, or the current thread's. What cannot be seen was said when it was
    /// first looked at.
    pub fn look_again(&mut self) {
        match self.attached {
            Some(process) if !self.target.sees(process) => {
                if let Err(why) = self.target.attach(process) {
                    self.target.attach_unseen(Some(process), &why.to_string());
                }
            }
            Some(_) => {}
            None => drop(self.follow_thread()),
        }
    }
}
