//! The line where commands are typed, with its history.

use crate::command::{Argument, COMMANDS, Expects, first_command};
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
    /// While going through the history: where, and the text that was typed before.
    recall: Option<(usize, String)>,
    /// While searching the history backwards: the text searched for, and the place of what was found.
    search: Option<(String, Option<usize>)>,
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
    /// Several commands begin like what was typed.
    Several(Vec<&'static str>),
    /// What stands at the cursor is not completed.
    Incompletable,
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

    /// What is searched for in the history, while that goes on.
    pub(super) fn searching(&self) -> Option<&str> {
        self.search.as_ref().map(|(text, _)| text.as_str())
    }

    /// Replaces the text.
    pub(super) fn set(&mut self, text: &str) {
        self.input = Input::new(text.to_owned());
    }

    /// Inserts text at the cursor; tabs become blanks, other control characters are left out.
    pub(super) fn paste(&mut self, text: &str) {
        self.recall = None;
        self.search = None;
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
        self.input.value_and_reset()
    }

    /// Adds a line to the history.
    pub(super) fn remember(&mut self, line: &str) {
        if line.trim().is_empty() || self.history.last().is_some_and(|last| last == line) {
            return;
        }
        if self.history.len() >= MAX_HISTORY {
            self.history.remove(0);
        }
        self.history.push(line.to_owned());
    }

    /// The line that ran last.
    pub(super) fn last(&self) -> Option<&str> {
        self.history.last().map(String::as_str)
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent) -> Typed {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if self.search.is_some()
            && let Some(typed) = self.search_key(key, control)
        {
            return typed;
        }
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let request = match key.code {
            KeyCode::Enter => return self.enter(),
            KeyCode::Esc => return self.escape(),
            KeyCode::Up | KeyCode::Down if self.history.is_empty() => return Typed::NoHistory,
            KeyCode::Up => return self.recall(true),
            KeyCode::Down => return self.recall(false),
            KeyCode::Char('p') if control => return self.recall(true),
            KeyCode::Char('n') if control => return self.recall(false),
            KeyCode::Char('r') if control => {
                self.search = Some((String::new(), None));
                return Typed::Used;
            }
            KeyCode::Tab if !self.text().is_empty() => return self.complete(),
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

    /// Completes the command's name, a switch of it or an argument that is one of a few words, as far as it is certain.
    fn complete(&mut self) -> Typed {
        let text = self.text().to_owned();
        let start = text.rfind([';', ' ']).map_or(0, |at| at + 1);
        let (before, word) = text.split_at_checked(start).unwrap_or(("", &text));
        if self.input.cursor() == text.chars().count() {
            let choices = choices(before, word).into_iter().filter(|choice| choice.starts_with(word));
            let mut choices: Vec<&'static str> = choices.collect();
            choices.sort_unstable();
            choices.dedup();
            let common = choices.iter().map(|&choice| choice.to_owned()).reduce(|a, b| common_start(&a, &b));
            return match common {
                Some(common) if common != word || choices.len() == 1 => {
                    self.set(&format!("{before}{common}"));
                    Typed::Used
                }
                Some(_) => Typed::Several(choices),
                None => Typed::Incompletable,
            };
        }
        Typed::Incompletable
    }
}

/// What may stand where `word` does, behind `before`.
fn choices(before: &str, word: &str) -> Vec<&'static str> {
    let names = || COMMANDS.iter().flat_map(|spec| spec.names).copied().collect();
    let command = before.rsplit(';').next().unwrap_or_default().trim_start();
    if command.is_empty() {
        return names();
    }
    let Ok(Some((parsed, _))) = first_command(command) else {
        return Vec::new();
    };
    if word.starts_with(['-', '/']) {
        return parsed.spec.switches.list.iter().map(|switch| switch.spelling).collect();
    }
    let words = |argument: &Argument| match argument.kind {
        Expects::Command => names(),
        Expects::Word(words) => words.to_vec(),
        _ => Vec::new(),
    };
    parsed.spec.arguments.iter().flat_map(words).collect()
}

fn common_start(a: &str, b: &str) -> String {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn names_complete_as_far_as_they_are_certain() {
        let mut prompt = Prompt::default();
        write(&mut prompt, "r; .bug");
        press(&mut prompt, KeyCode::Tab);
        assert_eq!(prompt.text(), "r; .bugcheck");
        assert_eq!(press(&mut prompt, KeyCode::Tab), Typed::Used);
        assert_eq!(prompt.text(), "r; .bugcheck");
        prompt.set(".sym");
        assert_eq!(press(&mut prompt, KeyCode::Tab), Typed::Several(vec![".symfix", ".symopt", ".sympath"]));
        for text in ["dt nt!_EPRO", "nosuch"] {
            prompt.set(text);
            assert_eq!(press(&mut prompt, KeyCode::Tab), Typed::Incompletable);
            assert_eq!(prompt.text(), text);
        }
    }

    #[test]
    fn switches_and_fixed_words_complete_too() {
        for (typed, wanted) in [
            ("r; k --f", "r; k --fold"),
            (".reload /us", ".reload /user"),
            ("!analyze -s", "!analyze -show"),
            ("!sym no", "!sym noisy"),
            (".help .bugc", ".help .bugcheck"),
            // Nothing of k begins so, and an address is not guessed.
            ("k --x", "k --x"),
            ("ln nt!Ke", "ln nt!Ke"),
        ] {
            let mut prompt = Prompt::default();
            write(&mut prompt, typed);
            press(&mut prompt, KeyCode::Tab);
            assert_eq!(prompt.text(), wanted);
        }
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
