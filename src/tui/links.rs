//! Following links, and going back.

use super::app::{App, Sight};
use super::page::Page;
use super::panes::{self, CONSOLE, PANES};
use super::step::Step;
use crate::output::{Action, Role};
use crate::words::Message;

/// Steps that Backspace can undo at most.
const MAX_STEPS: usize = 200;

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

    fn follow_action(&mut self, action: Action) {
        let own = PANES.get(self.active).and_then(|pane| pane.chosen(&action));
        let line = match own.clone().map_or_else(|| action.command(), |line| Ok(line.into())) {
            Ok(line) => line.into_owned(),
            Err(refusal) => {
                let message = Message::new("explorer.message.refused").with("why", refusal);
                return self.say(Role::Warning, message);
            }
        };
        let from = self.active;
        let mut pushed = None;
        if let Some(pane) = panes::taker(&action).filter(|_| own.is_none()) {
            if let Some(state) = self.panes.get_mut(pane) {
                state.past.push(std::mem::replace(&mut state.page, Page::pinned(action)));
                pushed = Some(pane);
                self.active = pane;
            }
        } else {
            self.sight = Sight::Answer;
            self.submit(&line);
            // A pane of what can be selected is where the next one is selected, too.
            let stays = own.is_some() && panes::selects(from) || own.is_none() && action.selects();
            if !stays {
                self.active = CONSOLE;
            }
        }
        if pushed.is_some() || self.active != from {
            if self.steps.len() >= MAX_STEPS {
                self.forget_oldest_step();
            }
            self.steps.push(Step { from, pushed });
        }
    }

    fn forget_oldest_step(&mut self) {
        let oldest = self.steps.remove(0);
        if let Some(pane) = oldest.pushed.and_then(|pane| self.panes.get_mut(pane))
            && !pane.past.is_empty()
        {
            pane.past.remove(0);
        }
    }

    /// Undoes the last followed link.
    pub(super) fn back(&mut self) {
        let Some(step) = self.steps.pop() else {
            return self.say(Role::Dim, Message::new("explorer.message.nothing_back"));
        };
        if let Some(pane) = step.pushed.and_then(|pane| self.panes.get_mut(pane))
            && let Some(page) = pane.past.pop()
        {
            pane.page = page;
        }
        self.active = step.from;
    }
}

#[cfg(test)]
mod tests {
    use crate::command::first_command;
    use crate::output::{Action, ObjectForm};

    /// What following runs, and what else could be run, is one command of the table and nothing behind it.
    #[test]
    fn every_link_leads_to_a_command_that_exists() {
        use ObjectForm::{BothBases, Plain, Tree, TreeRaw, Verbose};
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
            [Plain, Verbose, BothBases(0), BothBases(2), Tree, TreeRaw].map(|form| Action::Object {
                ty: "nt!_EPROCESS".into(),
                address: at,
                form,
            }),
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
            for line in action.choices().into_iter().chain([own]) {
                let (found, rest) = first_command(&line).expect(&line).expect(&line);
                assert_eq!(rest, "", "{line}");
                assert!(found.processor.is_none(), "{line}");
            }
        }
    }
}
