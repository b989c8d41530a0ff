//! The line where commands are typed, with its history.

use super::offer::Offer;
use crate::command::Choices;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

/// Lines that the history keeps.
const MAX_HISTORY: usize = 1_000;
/// A line longer than this is not typed by anyone; pasted text is cut here.
const MAX_LINE: usize = 1 << 16;

/// The prompt.
#[derive(Debug, Default)]
pub(super) struct Prompt {
    input: Input,
    history: Vec<String>,
    /// The line that ran last.
    last: Option<String>,
    /// While going through the history: where, and the text that was typed before.
    recall: Option<(usize, String)>,
    /// While searching the history backwards: the text searched for, and the place of what was found.
    search: Option<(String, Option<usize>)>,
    /// What may stand at the cursor, while that is shown.
    offer: Option<Offer>,
}

/// What a key did to the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Typed {
    /// It was used.
    Used,
    /// A line is to be run.
    Line(String),
    /// Esc with nothing left to undo: back to the panes.
    Leave,
    /// An earlier line was asked for, and there is none.
    NoHistory,
    /// What stands before the cursor is to be completed.
    Complete(String),
    /// Not one of the prompt's keys.
    Unused,
}

impl Prompt {
    /// The text.
    pub(super) fn text(&self) -> &str {
        self.input.value()
    }

    /// The cursor's column within the text.
    pub(super) fn column(&self) -> usize {
        self.input.visual_cursor()
    }

    /// What may stand at the cursor, while that is shown.
    pub(super) fn offered(&self) -> Option<&Offer> {
        self.offer.as_ref()
    }

    /// Takes what may stand at the end of `typed`, if that still stands before the cursor: completes as far as it is
    /// certain, and shows the choices where it is not. False if there are none.
    pub(super) fn offer(&mut self, typed: &str, choices: Choices) -> bool {
        let (before, behind) = self.around_cursor();
        if before != typed {
            return true;
        }
        let Some(word) = typed.get(choices.at..) else { return false };
        match choices.list.as_slice() {
            [] => return false,
            [_] => {}
            _ if choices.common.len() > word.len() => {}
            _ => {
                self.offer = Some(Offer::new(before, behind, choices));
                return true;
            }
        }
        let head = typed.get(..choices.at).unwrap_or_default();
        self.place(&format!("{head}{}", choices.common), &behind);
        true
    }

    /// What stands before and behind the cursor.
    fn around_cursor(&self) -> (String, String) {
        let before: String = self.text().chars().take(self.input.cursor()).collect();
        let behind = self.text().get(before.len()..).unwrap_or_default().to_owned();
        (before, behind)
    }

    /// Makes the text `before` and `behind`, with the cursor between them.
    fn place(&mut self, before: &str, behind: &str) {
        self.recall = None;
        self.input = Input::new(format!("{before}{behind}")).with_cursor(before.chars().count());
    }

    /// Whether nothing was typed, and nothing is looked for among what was typed before.
    pub(super) fn is_blank(&self) -> bool {
        self.text().is_empty() && self.searching().is_none()
    }

    /// What is searched for in the history, while that goes on.
    pub(super) fn searching(&self) -> Option<&str> {
        self.search.as_ref().map(|(text, _)| text.as_str())
    }

    /// Replaces the text.
    pub(super) fn set(&mut self, text: &str) {
        self.offer = None;
        self.input = Input::new(text.to_owned());
    }

    /// Inserts text at the cursor; tabs become blanks, other control characters are left out.
    pub(super) fn paste(&mut self, text: &str) {
        self.recall = None;
        self.search = None;
        self.offer = None;
        for c in text.chars().take(MAX_LINE.saturating_sub(self.text().len())) {
            let c = if c == '\t' { ' ' } else { c };
            if !c.is_control() {
                self.input.handle(InputRequest::InsertChar(c));
            }
        }
    }

    /// Takes the line away.
    pub(super) fn take(&mut self) -> String {
        self.recall = None;
        self.offer = None;
        self.input.value_and_reset()
    }

    /// Adds a line to the history.
    /// False if it is there already.
    pub(super) fn remember(&mut self, line: &str) -> bool {
        self.last = Some(line.to_owned()).filter(|line| !line.trim().is_empty()).or(self.last.take());
        if line.trim().is_empty() || self.history.last().is_some_and(|last| last == line) {
            return false;
        }
        if self.history.len() >= MAX_HISTORY {
            self.history.remove(0);
        }
        self.history.push(line.to_owned());
        true
    }

    /// Takes over the lines of earlier runs, oldest first.
    pub(super) fn remember_earlier(&mut self, lines: Vec<String>) {
        for line in lines {
            self.remember(&line);
        }
        // An empty line repeats what ran here, not what ran then.
        self.last = None;
    }

    /// Takes the lines out that were typed so far.
    pub(super) fn take_history(&mut self) -> Vec<String> {
        self.recall = None;
        self.search = None;
        std::mem::take(&mut self.history)
    }

    /// Goes on with the lines that were typed elsewhere.
    pub(super) fn set_history(&mut self, history: Vec<String>) {
        self.history = history;
    }

    /// The line that ran last in this run.
    pub(super) fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent) -> Typed {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if self.search.is_some()
            && let Some(typed) = self.search_key(key, control)
        {
            return typed;
        }
        if let Some(typed) = self.offer_key(key) {
            return typed;
        }
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let request = match key.code {
            KeyCode::Enter => return self.enter(),
            KeyCode::Esc => return self.escape(),
            KeyCode::Up | KeyCode::Down if self.history.is_empty() => return Typed::NoHistory,
            KeyCode::Up => return self.recall(true),
            KeyCode::Down => return self.recall(false),
            KeyCode::Char('n') if control => return self.recall(false),
            KeyCode::Char('r') if control => {
                self.search = Some((String::new(), None));
                return Typed::Used;
            }
            KeyCode::Tab if !self.text().is_empty() => return Typed::Complete(self.around_cursor().0),
            KeyCode::Left if control || alt => InputRequest::GoToPrevWord,
            KeyCode::Right if control || alt => InputRequest::GoToNextWord,
            KeyCode::Left => InputRequest::GoToPrevChar,
            KeyCode::Right => InputRequest::GoToNextChar,
            KeyCode::Home => InputRequest::GoToStart,
            KeyCode::End => InputRequest::GoToEnd,
            KeyCode::Backspace if alt => InputRequest::DeletePrevWord,
            KeyCode::Backspace => InputRequest::DeletePrevChar,
            KeyCode::Delete => InputRequest::DeleteNextChar,
            KeyCode::Char('a') if control => InputRequest::GoToStart,
            KeyCode::Char('e') if control => InputRequest::GoToEnd,
            KeyCode::Char('b') if alt => InputRequest::GoToPrevWord,
            KeyCode::Char('f') if alt => InputRequest::GoToNextWord,
            KeyCode::Char('d') if alt => InputRequest::DeleteNextWord,
            KeyCode::Char('h') if control => InputRequest::DeletePrevChar,
            KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
            KeyCode::Char('u') if control => InputRequest::DeleteFromStart,
            KeyCode::Char('k') if control => InputRequest::DeleteTillEnd,
            KeyCode::Char('y') if control => InputRequest::Yank,
            KeyCode::Char(c) if !control && !alt && self.text().len() < MAX_LINE => {
                InputRequest::InsertChar(c)
            }
            _ => return Typed::Unused,
        };
        self.recall = None;
        self.input.handle(request);
        Typed::Used
    }

    fn enter(&mut self) -> Typed {
        Typed::Line(self.take())
    }

    fn escape(&mut self) -> Typed {
        self.recall = None;
        if self.text().is_empty() {
            return Typed::Leave;
        }
        self.input.reset();
        Typed::Used
    }

    /// Goes to the nearest older or newer line that starts as the typed text does.
    fn recall(&mut self, older: bool) -> Typed {
        let (at, typed) = match self.recall.take() {
            Some(state) => state,
            None if older => (self.history.len(), self.text().to_owned()),
            None => return Typed::Used,
        };
        let fits = |line: &&String| line.starts_with(&typed);
        let found = if older {
            self.history.iter().enumerate().take(at).rev().find(|(_, line)| fits(line))
        } else {
            self.history.iter().enumerate().skip(at + 1).find(|(_, line)| fits(line))
        };
        match found {
            Some((place, line)) => {
                self.input = Input::new(line.clone());
                self.recall = Some((place, typed));
            }
            None if older => self.recall = Some((at, typed)),
            None => self.input = Input::new(typed),
        }
        Typed::Used
    }

    /// A key while the history is searched; `None` when it ended the search and means what it always means.
    fn search_key(&mut self, key: KeyEvent, control: bool) -> Option<Typed> {
        let (mut text, place) = self.search.take()?;
        let before = match key.code {
            KeyCode::Char('r') if control => place.unwrap_or(self.history.len()),
            KeyCode::Char(c) if !control => {
                text.push(c);
                place.map_or(self.history.len(), |place| place + 1)
            }
            KeyCode::Backspace => {
                text.pop();
                self.history.len()
            }
            KeyCode::Esc => return Some(Typed::Used),
            KeyCode::Char('c' | 'g') if control => {
                self.input.reset();
                return Some(Typed::Used);
            }
            _ => return None,
        };
        let found = self.history.iter().enumerate().take(before).rev();
        let found =
            found.into_iter().find(|(_, line)| line.contains(&text)).map(|(at, line)| (at, line.clone()));
        if let Some((_, line)) = &found {
            self.input = Input::new(line.clone());
        }
        self.search = Some((text, found.map(|(at, _)| at).or(place)));
        Some(Typed::Used)
    }

    /// A key while choices are shown; `None` when it puts them away and means what it always means.
    fn offer_key(&mut self, key: KeyEvent) -> Option<Typed> {
        let mut offer = self.offer.take()?;
        match key.code {
            KeyCode::Tab | KeyCode::Down => offer.step(true),
            KeyCode::BackTab | KeyCode::Up => offer.step(false),
            KeyCode::Esc => {
                self.place(&offer.typed, &offer.behind);
                return Some(Typed::Used);
            }
            _ => return None,
        }
        self.place(&offer.text(), &offer.behind);
        self.offer = Some(offer);
        Some(Typed::Used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Completion, Names};

    fn with(lines: &[&str]) -> Prompt {
        let mut prompt = Prompt::default();
        for line in lines {
            prompt.remember(line);
        }
        prompt
    }

    fn press(prompt: &mut Prompt, code: KeyCode) -> Typed {
        prompt.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn control(prompt: &mut Prompt, c: char) -> Typed {
        prompt.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
    }

    fn write(prompt: &mut Prompt, text: &str) {
        for c in text.chars() {
            assert_eq!(press(prompt, KeyCode::Char(c)), Typed::Used);
        }
    }

    #[test]
    fn up_recalls_what_starts_alike_and_down_returns() {
        let mut prompt = with(&["lm", "r rax", "lmvm nt", "r"]);
        write(&mut prompt, "lm");
        press(&mut prompt, KeyCode::Up);
        assert_eq!(prompt.text(), "lmvm nt");
        press(&mut prompt, KeyCode::Up);
        assert_eq!(prompt.text(), "lm");
        press(&mut prompt, KeyCode::Up);
        assert_eq!(prompt.text(), "lm");
        press(&mut prompt, KeyCode::Down);
        assert_eq!(prompt.text(), "lmvm nt");
        press(&mut prompt, KeyCode::Down);
        assert_eq!(prompt.text(), "lm");
        assert_eq!(press(&mut prompt, KeyCode::Enter), Typed::Line("lm".into()));
        assert_eq!(prompt.text(), "");
    }

    #[test]
    fn control_r_searches_backwards() {
        let mut prompt = with(&["dps @rsp L40", "lm m nt", "dps @rsp", "r"]);
        control(&mut prompt, 'r');
        write(&mut prompt, "rsp");
        assert_eq!((prompt.text(), prompt.searching()), ("dps @rsp", Some("rsp")));
        control(&mut prompt, 'r');
        assert_eq!(prompt.text(), "dps @rsp L40");
        control(&mut prompt, 'r');
        assert_eq!(prompt.text(), "dps @rsp L40");
        assert_eq!(press(&mut prompt, KeyCode::Enter), Typed::Line("dps @rsp L40".into()));
        assert_eq!(prompt.searching(), None);
    }

    #[test]
    fn escape_clears_first_and_leaves_then() {
        let mut prompt = Prompt::default();
        write(&mut prompt, "k");
        assert_eq!(press(&mut prompt, KeyCode::Esc), Typed::Used);
        assert_eq!(press(&mut prompt, KeyCode::Esc), Typed::Leave);
    }

    #[test]
    fn pasted_control_characters_are_left_out() {
        let mut prompt = Prompt::default();
        prompt.paste("dps\t@rsp\x1b[31m\x07");
        assert_eq!(prompt.text(), "dps @rsp[31m");
    }

    /// Tab, answered by a debugger that knows no modules.
    fn complete(prompt: &mut Prompt) -> bool {
        match press(prompt, KeyCode::Tab) {
            Typed::Complete(typed) => prompt.offer(&typed, Completion::of(&typed).answer(&Names::default())),
            other => other == Typed::Used,
        }
    }

    #[test]
    fn names_complete_as_far_as_they_are_certain() {
        let mut prompt = Prompt::default();
        write(&mut prompt, "r; .bug");
        assert!(complete(&mut prompt));
        assert_eq!(prompt.text(), "r; .bugcheck");
        assert!(complete(&mut prompt));
        assert_eq!(prompt.text(), "r; .bugcheck");
        for text in ["dt nt!_EPRO", "nosuch", "k --x"] {
            prompt.set(text);
            assert!(!complete(&mut prompt));
            assert_eq!(prompt.text(), text);
        }
    }

    #[test]
    fn choices_are_gone_through_and_put_away() {
        let mut prompt = Prompt::default();
        write(&mut prompt, ".sy nt");
        for _ in 0..3 {
            press(&mut prompt, KeyCode::Left);
        }
        assert!(complete(&mut prompt));
        assert_eq!((prompt.text(), prompt.column()), (".sym nt", 4));
        assert!(complete(&mut prompt));
        assert!(prompt.offered().is_some());
        for (key, text) in [
            (KeyCode::Tab, ".symfix nt"),
            (KeyCode::Down, ".symopt nt"),
            (KeyCode::Down, ".sympath nt"),
            (KeyCode::Tab, ".symfix nt"),
            (KeyCode::Up, ".sympath nt"),
        ] {
            assert_eq!(press(&mut prompt, key), Typed::Used);
            assert_eq!(prompt.text(), text);
        }
        // Esc takes back what was chosen; any other key goes on from it.
        press(&mut prompt, KeyCode::Esc);
        assert_eq!((prompt.text(), prompt.column(), prompt.offered()), (".sym nt", 4, None));
        complete(&mut prompt);
        press(&mut prompt, KeyCode::Tab);
        press(&mut prompt, KeyCode::Char('+'));
        assert_eq!((prompt.text(), prompt.offered()), (".symfix+ nt", None));
    }

    #[test]
    fn an_answer_to_what_no_longer_stands_there_is_dropped() {
        let mut prompt = Prompt::default();
        write(&mut prompt, ".sy");
        let choices = Completion::of(".sy").answer(&Names::default());
        write(&mut prompt, "x");
        assert!(prompt.offer(".sy", choices));
        assert_eq!((prompt.text(), prompt.offered()), (".syx", None));
    }

    #[test]
    fn the_history_is_bounded() {
        let mut prompt = Prompt::default();
        for number in 0..MAX_HISTORY + 5 {
            prompt.remember(&number.to_string());
        }
        assert_eq!(prompt.history.len(), MAX_HISTORY);
        assert_eq!(prompt.history[0], "5");
    }
}
