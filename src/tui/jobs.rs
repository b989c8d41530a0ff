//! What the engine is asked and when, and what its replies change.

use super::app::{App, Effect, Go, Guide, Running, Sight};
use super::message::{End, Errand, Reply, State, Task, hint_line};
use super::page::Page;
use super::panes::{self, CONSOLE, DISASSEMBLY, MODULES, PANES, PROCESSORS, PaneSpec, STACK, Steady};
use crate::output::{Action, Line, Piece, Role};
use crate::session::Selection;
use crate::util::order::Order;
use crate::words::{Message, text};
use std::time::Instant;

/// Command lines that wait at most.
const MAX_WAITING: usize = 100;
/// What stands in the console before the first command: the target, as debuggers show it at opening.
const GREETING: &str = "vertarget";
/// What is told while the frame that the verdict looked at is looked for.
const VERDICT: &str = "!analyze";

impl App {
    /// The next request for an idle engine: typed lines first, then the active pane, the frame of the verdict, and the other
    /// panes in sight, which show that frame.
    pub(super) fn next_request(&mut self, now: Instant) -> Option<Errand> {
        if self.running.is_some() {
            return None;
        }
        let (line, task, pane) = self.next_wanted()?;
        if let Some(pane) = pane.and_then(|pane| self.panes.get_mut(pane)) {
            pane.page.begin();
        }
        self.next_id += 1;
        let columns = pane.is_none().then(|| self.console_width());
        let request = Errand { id: self.next_id, line, for_pane: pane.is_some(), columns, task };
        self.running = Some(Running {
            request: request.clone(),
            pane,
            since: now,
            stopping: false,
            how_far: None,
            outdated: false,
            unwanted: false,
        });
        Some(request)
    }

    fn next_wanted(&mut self) -> Option<(String, Task, Option<usize>)> {
        if let Some((line, task)) = self.waiting.pop_front() {
            if task == Task::Line {
                self.greets = false;
                self.echo_command(&line);
            }
            return Some((line, task, None));
        }
        let unfilled = self.unfilled_pane();
        if let Some((pane, line)) = unfilled.clone().filter(|(pane, _)| *pane == self.active) {
            return Some((line, Task::Line, Some(pane)));
        }
        if self.guide == Guide::Wanted(self.state.chosen) {
            return Some((VERDICT.to_owned(), Task::Verdict, None));
        }
        if let Some((pane, line)) = unfilled {
            return Some((line, Task::Line, Some(pane)));
        }
        std::mem::take(&mut self.greets).then(|| (GREETING.to_owned(), Task::Line, None))
    }

    fn unfilled_pane(&self) -> Option<(usize, String)> {
        let layout = self.layout();
        let mut places = layout.panes.clone();
        places.order_by_key(|place| place.pane != self.active);
        places.iter().find_map(|place| {
            let line = self.line_of(place.pane, place.body.width)?;
            let page = &self.panes.get(place.pane)?.page;
            (place.body.area() > 0 && page.needs(&line)).then_some((place.pane, line))
        })
    }

    /// Runs a line that was typed or followed, once the engine is free of what came before. A pane's command that is
    /// running makes way and starts again later.
    pub(super) fn submit(&mut self, line: &str) {
        super::test_hook::in_screen(line);
        if self.waiting.len() >= MAX_WAITING {
            let message = Message::new("explorer.message.many_wait").with("count", MAX_WAITING);
            self.say(Role::Warning, message);
            return;
        }
        self.waiting.push_back((line.to_owned(), Task::Line));
        if self.refuses {
            return self.refuse_typed();
        }
        self.make_way();
    }

    /// Selects again what was selected before.
    pub(super) fn select(&mut self, selection: Selection) {
        self.waiting.push_back((String::new(), Task::Select(selection)));
        self.make_way();
    }

    fn echo_command(&mut self, line: &str) {
        self.ran += 1;
        // Whoever asks for something wants to see all of the answer.
        self.console.set_filter(None);
        let echo = Line::new().role(Role::Heading, format!("{}{line}", self.state.prompt));
        let width = self.console_width();
        self.console.kept_mut().command(echo, Some(width));
        self.echo = self.console.kept().count().checked_sub(1);
        if self.sight == Sight::End {
            self.sight = Sight::Answer;
        }
        self.append::<Line>([]);
    }

    /// Adds what is said to the console, broken where it ends, as on any terminal: an instruction's operand stands at its
    /// line's end. What is there already is not broken anew when the screen changes.
    pub(super) fn append<T: Into<Piece>>(&mut self, said: impl IntoIterator<Item = T>) {
        let width = self.console_width();
        let removed = self.console.extend(said.into_iter().map(Into::into), width, self.state.language);
        self.echo = self.echo.map(|echo| echo.saturating_sub(removed));
        let last = self.last_in_sight();
        if let Some(console) = self.panes.get_mut(CONSOLE) {
            let view = &mut console.page.view;
            view.cursor = view.cursor.saturating_sub(removed);
            view.top = view.top.saturating_sub(removed);
            if let Some(last) = last {
                view.go_to(last, self.console.kept());
            }
        }
    }

    /// The line at which the console stops scrolling as lines arrive; `None` where it stays.
    fn last_in_sight(&self) -> Option<usize> {
        match (self.sight, self.echo, self.layout().place(CONSOLE)) {
            (Sight::Chosen, ..) => None,
            (Sight::Answer, Some(echo), Some(place)) => {
                // A title bar tells the command, so that its line may go.
                let folds = self.console.kept().folds();
                let first = folds.row_of(echo) + usize::from(place.title.is_some());
                Some(folds.line_at(first + usize::from(place.body.height).saturating_sub(1)))
            }
            _ => Some(usize::MAX),
        }
    }

    fn console_width(&self) -> usize {
        let place = self.layout().place(CONSOLE);
        usize::from(place.map_or(self.screen.width, |place| place.body.width).max(40))
    }

    /// Something from the engine.
    pub(super) fn reply(&mut self, reply: Reply) {
        let id = match &reply {
            Reply::Output { id, .. } | Reply::Progress { id, .. } | Reply::Done { id, .. } => id,
            Reply::Fetching(fetching) => {
                self.fetching = Some(fetching.clone());
                return;
            }
            Reply::Choices { typed, choices } => return self.offer(typed, choices.clone()),
            Reply::Settled { left } => return self.symbols_arrived(*left),
            Reply::Log { lines } => return self.append(lines.iter().cloned()),
        };
        let Some(pane) =
            self.running.as_ref().filter(|running| running.request.id == *id).map(|running| running.pane)
        else {
            return;
        };
        match (reply, pane) {
            (Reply::Output { pieces, .. }, None) => {
                if self.running.as_ref().is_some_and(Running::is_typed) {
                    self.show_answer();
                    self.append(pieces);
                }
            }
            (Reply::Output { pieces, .. }, Some(pane)) => {
                let skip = panes::spec(pane).and_then(|spec| spec.skip);
                if let Some(pane) = self.panes.get_mut(pane) {
                    pane.page.receive(pieces, skip);
                }
            }
            (Reply::Progress { how_far, .. }, _) => {
                if let Some(running) = &mut self.running {
                    running.how_far = Some(how_far);
                }
            }
            (Reply::Done { end, state, .. }, pane) => self.done(pane, &end, state),
            (
                Reply::Fetching { .. } | Reply::Choices { .. } | Reply::Settled { .. } | Reply::Log { .. },
                _,
            ) => {}
        }
    }

    /// Panes that are in sight show the names that have arrived; positions in them stay.
    fn symbols_arrived(&mut self, left: usize) {
        if left == 0 {
            self.fetching = None;
        }
        if let Some(running) = &mut self.running {
            running.outdated = true;
        }
        for pane in &mut self.panes {
            pane.pages().for_each(Page::renew);
        }
        // With more names and images the stack may be another, and so the frame.
        if let (0, Guide::Stands(chosen)) = (left, self.guide) {
            self.guide = Guide::Wanted(chosen);
        }
    }

    fn done(&mut self, pane: Option<usize>, end: &End, state: State) {
        let Some(running) = self.running.take() else {
            return;
        };
        let loaded = state.symbols != self.state.symbols;
        if state.settings != self.state.settings || (loaded && pane.is_none()) {
            self.mark_stale(|_, _| true);
        } else if state.fingerprint != self.state.fingerprint {
            self.mark_stale(|spec, page| match spec.steady {
                Steady::Nothing => true,
                Steady::Links => page.pinned.is_none(),
                Steady::All => false,
            });
        } else if loaded {
            // Panes name addresses as they run; only the list of modules tells what is loaded.
            for half in [MODULES, panes::second(MODULES)] {
                self.panes.get_mut(half).into_iter().for_each(|modules| modules.page.stale = true);
            }
        }
        let before = std::mem::replace(&mut self.state, state);
        match running.request.task {
            Task::Verdict => return self.guided(&running, end),
            Task::Select(_) => return,
            Task::Line => {}
        }
        let Some(pane) = pane else {
            let selects = before.chosen != self.state.chosen;
            let both = before.selection.zip(self.state.selection.clone()).filter(|_| selects);
            self.command_selected(both);
            return self.command_done(end);
        };
        let number = pane;
        let (Some(pane), Some(spec)) = (self.panes.get_mut(number), panes::spec(number)) else {
            return;
        };
        let (line, language) = (&running.request.line, self.state.language);
        if running.unwanted {
            pane.page.begin();
        } else {
            let came = pane.page.finish(line, end, spec, language);
            if came && number == self.active {
                // It said that nothing was found.
                self.message = None;
            }
            let place = match panes::whole(number) {
                STACK => Some(Action::Frame(self.state.frame)),
                PROCESSORS => self.state.processor.map(Action::Processor),
                DISASSEMBLY => self.state.code.map(Action::Code),
                _ => None,
            };
            if let Some(place) = place.filter(|_| pane.page.pinned.is_none()) {
                pane.page.place_at(&place, self.state.chosen);
            }
            if running.outdated {
                pane.page.renew();
            }
        }
    }

    /// The frame of the verdict is selected, or could not be.
    fn guided(&mut self, running: &Running, end: &End) {
        self.guide = match end {
            End::Finished => Guide::Stands(self.state.chosen),
            // It made way for a command, and comes after it.
            _ if running.unwanted => Guide::Wanted(self.state.chosen),
            _ => Guide::Off,
        };
    }

    /// Stops a pane's command whose output nobody waits for any more: its pane is out of sight or shows something else.
    pub(super) fn stop_unwanted(&mut self) {
        let Some((pane, line)) =
            self.running.as_ref().and_then(|running| Some((running.pane?, running.request.line.clone())))
        else {
            return;
        };
        let place = self.layout().place(pane);
        let wanted = place.and_then(|place| self.line_of(pane, place.body.width));
        if wanted.as_deref() != Some(line.as_str()) {
            self.make_way();
        }
    }

    /// Stops a pane's command that is running, or the search for the frame of the verdict, to run it again when it is wanted.
    pub(super) fn make_way(&mut self) {
        let may_wait =
            |running: &&mut Running| running.pane.is_some() || running.request.task == Task::Verdict;
        let running = self.running.as_mut().filter(may_wait).filter(|running| !running.unwanted);
        if let Some(running) = running {
            running.stopping = true;
            running.unwanted = true;
            self.effects.push(Effect::Stop);
        }
    }

    fn command_done(&mut self, end: &End) {
        match end {
            End::Finished => {}
            End::System { number, rest } => self.effects.push(Effect::Show(Go::To(*number), rest.clone())),
            End::Quit => self.quit = true,
            End::Cancelled => {
                // What waited then was dropped when it was stopped; what waits now was typed since.
                let text = text("explorer.status.stopped", self.language());
                self.append([Line::new().role(Role::Warning, text)]);
            }
            End::Failed { why, hints } => {
                self.show_answer();
                if self.sight == Sight::Answer {
                    self.sight = Sight::End;
                }
                let message = Message::new("explorer.status.error").with("why", why);
                let line = Line::new().role(Role::Error, message.in_language(self.language()));
                self.append([line]);
                let language = self.language();
                self.append(hints.iter().map(|hint| hint_line(hint, language)));
            }
        }
        self.wants_answer = false;
        self.console.kept_mut().close_all();
    }

    /// Who typed a line wants to see what it says: no other pane stays alone on the screen.
    fn show_answer(&mut self) {
        if std::mem::take(&mut self.wants_answer) {
            self.arranged.zoom &= self.active == CONSOLE;
        }
    }

    /// Makes these pages run their commands again when they are next in sight.
    fn mark_stale(&mut self, which: impl Fn(&PaneSpec, &Page) -> bool) {
        for (pane, spec) in self.panes.iter_mut().zip(PANES.iter().cycle()) {
            pane.pages().filter(|page| which(spec, page)).for_each(Page::outdate);
        }
    }

    /// Stops what runs and what is being fetched, and drops what waits; false if there was nothing to stop.
    pub(super) fn stop(&mut self) -> bool {
        let mut stopped = !self.waiting.is_empty();
        self.waiting.clear();
        // First the command: without the symbols that it waits for it would go on and fail.
        if let Some(running) = &mut self.running {
            running.stopping = true;
            self.effects.push(Effect::Stop);
            stopped = true;
        }
        if self.fetching.take().is_some() {
            self.effects.push(Effect::StopFetching);
            self.say(Role::Warning, Message::new("explorer.message.stopped_fetching"));
            stopped = true;
        }
        stopped
    }
}
