//! Following links, and going back.

use super::app::{App, Sight};
use super::layers::Does;
use super::page::Page;
use super::panes::{self, CONSOLE, MEMORY, POOL, TYPES};
use super::trail::Step;
use crate::output::{Action, Role};
use crate::session::Selection;
use crate::util::hex;
use crate::words::{Message, text};

impl App {
    /// Follows the chosen link of the active pane; a head without one is folded or unfolded.
    pub(super) fn follow(&mut self) {
        let action = self.looking().and_then(|(view, kept, _)| view.link(kept)?.action);
        match action {
            Some(action) => self.follow_action(action),
            None if self.toggle_fold() => {}
            None => self.say(Role::Dim, Message::new("explorer.message.no_link")),
        }
    }

    /// Does what following a link does: shows the thing in the pane that is for such things, or runs its command.
    pub(super) fn follow_action(&mut self, action: Action) {
        let own = panes::spec(self.active).and_then(|pane| pane.chosen(&action));
        let line = match own.clone().map_or_else(|| action.command(), |line| Ok(line.into())) {
            Ok(line) => line.into_owned(),
            Err(refusal) => {
                let message = Message::new("explorer.message.refused").with("why", refusal);
                return self.say(Role::Warning, message);
            }
        };
        if let Some(pane) = panes::taker(&action, self.pane_count()).filter(|_| own.is_none()) {
            return self.show_in(pane, action);
        }
        let from = self.active;
        self.sight = Sight::Answer;
        self.submit(&line);
        // A pane of what can be selected is where the next one is selected, too.
        let stays = own.is_some() && panes::selects(panes::whole(from)) || own.is_none() && action.selects();
        if !stays {
            self.active = CONSOLE;
        }
        self.step(Step { from, to: self.active, pushed: None, selected: None, runs: true });
    }

    /// Shows a thing as a new page of a pane.
    fn show_in(&mut self, pane: usize, action: Action) {
        let (from, pane) = (self.active, self.half_of(pane));
        if let Some(state) = self.panes.get_mut(pane) {
            state.push(Page::pinned(action));
            self.active = pane;
            self.step(Step { from, to: pane, pushed: Some(pane), selected: None, runs: false });
        }
    }

    /// What the cursor is on, by its type: what is known to have one is laid out, and the variables of a frame are shown. Of an
    /// address alone the type is asked for at the prompt.
    pub(super) fn show_type(&mut self) {
        let chosen = self.looking().and_then(|(view, kept, _)| view.link(kept)?.action);
        let typed = chosen.as_ref().and_then(|action| match action {
            Action::Frame(_) => Some(action.clone()),
            action => action.typed(),
        });
        match (typed, chosen.as_ref().and_then(Action::address)) {
            (Some(action), _) if self.pane_count() > TYPES => self.show_in(TYPES, action),
            (Some(action), _) => self.follow_action(action),
            (None, Some(address)) => {
                self.does(Does::Type(format!("dt {} ", hex::tick(address))));
                self.say(Role::Text, Message::new("explorer.message.which_type"));
            }
            _ if self.pane_count() > TYPES => self.active = self.half_of(TYPES),
            _ => self.say(Role::Dim, Message::new("explorer.message.no_link")),
        }
    }

    /// The page of the pool that the address under the cursor lies in, or what the pane's page is about.
    pub(super) fn show_pool(&mut self) {
        let chosen = self.looking().and_then(|(view, kept, _)| view.link(kept)?.action);
        let page = self.panes.get(self.active).and_then(|pane| pane.page.pinned.clone());
        let pooled = chosen.into_iter().chain(page).find_map(|action| action.pooled());
        match pooled {
            _ if self.pane_count() <= POOL => self.say(Role::Dim, Message::new("explorer.message.no_pool")),
            Some(action) => self.show_in(POOL, action),
            None => self.active = self.half_of(POOL),
        }
    }

    /// The memory at the address under the cursor; in its own pane the same memory as something else.
    pub(super) fn show_memory(&mut self) {
        if panes::whole(self.active) == MEMORY {
            let form = self.memory_form().next();
            self.memory = Some(form);
            let name = text(form.name(), self.language());
            return self.say(Role::Text, Message::new("explorer.message.memory").with("form", name));
        }
        let chosen = self.looking().and_then(|(view, kept, _)| view.link(kept)?.action);
        match chosen.as_ref().and_then(Action::address) {
            Some(address) => self.show_in(MEMORY, Action::Memory(address)),
            None => self.active = self.half_of(MEMORY),
        }
    }

    /// Asks at the prompt where the report of the case goes; a name is there to be changed.
    pub(super) fn ask_for_report(&mut self) {
        if self.ticket.image.is_some() {
            return self.say(Role::Dim, Message::new("explorer.message.no_report"));
        }
        self.does(Does::Type(format!(".report {}", self.ticket.report_name())));
        self.say(Role::Text, Message::new("explorer.message.report_where"));
    }

    /// Runs a line for a link, in the console.
    pub(super) fn run_for_link(&mut self, line: &str) {
        let from = self.active;
        self.sight = Sight::Answer;
        self.submit(line);
        self.active = CONSOLE;
        self.step(Step { from, to: CONSOLE, pushed: None, selected: None, runs: true });
    }

    fn step(&mut self, step: Step) {
        self.panes.iter_mut().for_each(|pane| pane.future.clear());
        let too_old = self.trail.push(step).and_then(|step| step.pushed);
        if let Some(pane) = too_old.and_then(|pane| self.panes.get_mut(pane))
            && !pane.past.is_empty()
        {
            pane.past.remove(0);
        }
    }

    /// A typed or followed command has ended; what it selected can be taken back.
    pub(super) fn command_selected(&mut self, selected: Option<(Selection, Selection)>) {
        if let Some(selected) = self.trail.command_ended(selected) {
            let (from, to) = (self.active, self.active);
            self.step(Step { from, to, pushed: None, selected: Some(selected), runs: false });
        }
    }

    /// Undoes the last step: the followed link, what was selected.
    pub(super) fn back(&mut self) {
        let Some(step) = self.trail.back() else {
            return self.say(Role::Dim, Message::new("explorer.message.nothing_back"));
        };
        if let Some(pane) = step.pushed.and_then(|pane| self.panes.get_mut(pane)) {
            pane.back();
        }
        self.active = step.from;
        if let Some((before, _)) = step.selected {
            self.select(before);
        }
    }

    /// Does again what was undone last.
    pub(super) fn forward(&mut self) {
        let Some(step) = self.trail.forward() else {
            return self.say(Role::Dim, Message::new("explorer.message.nothing_forward"));
        };
        if let Some(pane) = step.pushed.and_then(|pane| self.panes.get_mut(pane)) {
            pane.forward();
        }
        self.active = step.to;
        if let Some((_, after)) = step.selected {
            self.select(after);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::command::first_command;
    use crate::output::{Action, ObjectForm};

    /// What following runs, and what else could be run, is one command of the table and nothing behind it.
    #[test]
    fn every_link_leads_to_a_command_that_exists() {
        use ObjectForm::{BothBases, Opened, Plain, Tree, TreeRaw, Verbose};
        let at = 0xfffff807_61200000;
        let mut actions = vec![
            Action::Run("vertarget"),
            Action::Help("k"),
            Action::Type("nt!_EPROCESS".into()),
            Action::More { options: "-r1 -c 100".into(), expression: "a[2]".into() },
            Action::Frame(3),
            Action::Processor(2),
            Action::Module("nt".into()),
            Action::Tag(crate::util::guid::Guid::of(1)),
            Action::PoolTag(0x746c_6946),
        ];
        actions.extend(
            [Plain, Verbose, Opened(1), BothBases(0), BothBases(2), Tree, TreeRaw]
                .map(|form| Action::Object { ty: "nt!_EPROCESS".into(), address: at, form }),
        );
        actions.extend(
            [
                Action::Memory,
                Action::Pointers,
                Action::Numbers,
                Action::Physical,
                Action::Code,
                Action::Number,
                Action::Trap,
                Action::Context,
                Action::ExceptionRecord,
                Action::Thread,
                Action::Process,
                Action::ProcessThreads,
                Action::ThreadList,
                Action::UniqueStacks,
                Action::Peb,
                Action::AddressSpace,
                Action::Vad,
                Action::Token,
                Action::Job,
                Action::Irp,
                Action::Device,
                Action::Driver,
                Action::Pool,
                Action::Pte,
                Action::PageFrame,
            ]
            .map(|action| action(at)),
        );
        for action in actions {
            let own = action.command().expect("ordinary names").into_owned();
            let panes = action.typed().into_iter().chain(action.pooled());
            let panes = panes.map(|action| action.command().expect("ordinary names").into_owned());
            for line in action.choices().into_iter().chain(panes).chain([own]) {
                let (found, rest) = first_command(&line).expect(&line).expect(&line);
                assert_eq!(rest, "", "{line}");
                assert!(found.processor.is_none(), "{line}");
            }
        }
    }
}
