//! Takes switches off what was typed after a command's name.

use super::{Args, Follows, Given};
use crate::command::line::error::CommandError;
use crate::command::line::switch::{Form, Place, Switch, Takes};
use crate::eval::{EvalHost, evaluate, evaluate_prefix};

/// Whether a word is an address: hexadecimal digits, as many as one has at least on a machine of 32 bits.
fn is_address(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_hexdigit() || c == '`') && word.chars().filter(|c| *c != '`').count() >= 8
}

/// Takes switches off a text.
pub(super) struct Reader<'t, 'h> {
    args: Args<'t>,
    left: &'t str,
    host: &'h dyn EvalHost,
}

impl<'t, 'h> Reader<'t, 'h> {
    pub(super) fn new(args: Args<'t>, host: &'h dyn EvalHost) -> Reader<'t, 'h> {
        Reader { left: args.typed.text, args, host }
    }

    /// The arguments with their switches; with `letters`, what touches the name are switches.
    pub(super) fn read(mut self, letters: bool) -> Result<Args<'t>, CommandError> {
        self.all(letters)?;
        Ok(self.args)
    }

    fn all(&mut self, letters: bool) -> Result<(), CommandError> {
        let switches = self.args.switches;
        if letters {
            for letter in std::mem::take(&mut self.args.glued).chars() {
                self.glued(letter)?;
            }
        }
        if switches.list.is_empty() {
            return Ok(());
        }
        if switches.place != Place::Anywhere {
            while let Some(sign) = self.sign() {
                if switches.place == Place::BeforePath && !self.is_known() {
                    break;
                }
                self.run(sign)?;
                self.left = self.left.trim_start();
            }
            self.trailing();
            self.args.text = self.left;
            return Ok(());
        }
        loop {
            self.left = self.left.trim_start();
            if self.left.is_empty() {
                return Ok(());
            }
            match self.sign() {
                Some(sign) => self.run(sign)?,
                None => {
                    let word = self.word();
                    self.args.rest.push(word);
                }
            }
        }
    }

    /// The sign at the start of what is left, if it begins a switch; a minus before a number does not.
    fn sign(&self) -> Option<&'t str> {
        let list = self.args.switches.list;
        let sign = ["--", "-", "/"].into_iter().find(|sign| self.left.starts_with(sign)).unwrap_or("");
        let (sign, after) = self.left.split_at_checked(sign.len())?;
        let next = after.chars().next();
        match sign {
            "" if self.args.switches.place == Place::Anywhere => {
                list.iter().any(|switch| switch.sign().is_empty()).then_some(sign)
            }
            "" => None,
            _ if !list.iter().any(|switch| switch.sign() == sign) => None,
            "/" => Some(sign),
            _ => (next.is_some_and(|next| next.is_alphabetic() || next == '[') || self.is_known())
                .then_some(sign),
        }
    }

    /// Whether the word at the start of what is left is a switch.
    fn is_known(&self) -> bool {
        let word = self.left.split(char::is_whitespace).next().unwrap_or_default();
        self.args.switches.list.iter().any(|switch| switch.spelling.eq_ignore_ascii_case(word))
    }

    /// The switches behind one sign.
    fn run(&mut self, sign: &'t str) -> Result<(), CommandError> {
        let whole = self.left;
        self.left = whole.get(sign.len()..).unwrap_or_default();
        if let Some(inner) = self.left.strip_prefix('[') {
            self.bracketed(inner, whole)?;
            if self.left.is_empty() || self.left.starts_with(char::is_whitespace) {
                return Ok(());
            }
        }
        match self.args.switches.form {
            Form::Words => self.one_word(sign),
            Form::Letters => self.letters(sign),
        }
    }

    fn one_word(&mut self, sign: &str) -> Result<(), CommandError> {
        let end = self.left.find(char::is_whitespace).unwrap_or(self.left.len());
        let word = self.left.get(..end).unwrap_or_default();
        let list = self.args.switches.list;
        let begins = |switch: &&Switch| match switch.spelling.strip_prefix(sign) {
            _ if switch.sign() != sign => false,
            Some(name) => word.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)),
            None => false,
        };
        // What touches a switch is what follows it; else the whole word has to be its name.
        let fits = |switch: &&Switch| {
            let after = word.get(switch.spelling.len() - sign.len()..).unwrap_or_default();
            match switch.takes {
                Takes::Digits | Takes::Count => after.chars().all(|c| c.is_ascii_digit()),
                Takes::Expression | Takes::Text => true,
                // An address or a quote may touch the last letter.
                _ => !after.starts_with(|c: char| c.is_alphabetic() || matches!(c, '-' | '_')),
            }
        };
        let found = list.iter().filter(begins).filter(fits).max_by_key(|switch| switch.spelling.len());
        let Some(switch) = found else {
            return Err(self.args.unknown(&format!("{sign}{word}")));
        };
        self.left = self.left.get(switch.spelling.len() - sign.len()..).unwrap_or_default();
        self.take(switch)
    }

    fn letters(&mut self, sign: &str) -> Result<(), CommandError> {
        let outside = self.args.switches.place != Place::Anywhere;
        // `/t/v`, and an address that touches the last letter.
        let may_touch =
            |letter: char| !sign.is_empty() && (letter == '/' || outside && !letter.is_alphabetic());
        let whole = self.left;
        let end = whole.find(char::is_whitespace).unwrap_or(whole.len());
        let (mut letters, mut behind) = whole.split_at_checked(end).unwrap_or((whole, ""));
        if letters.is_empty() {
            return Err(self.args.unknown(sign));
        }
        while let Some(letter) = letters.chars().next() {
            let touched = whole.get(end - letters.len()..).unwrap_or_default();
            let begins = |switch: &&Switch| {
                let name = switch.spelling.strip_prefix(sign);
                switch.sign() == sign && name.is_some_and(|name| letters.starts_with(name))
            };
            let list = self.args.switches.list;
            let found = list.iter().filter(begins).max_by_key(|switch| switch.spelling.len());
            // `/pffffe00012345040`: no letters that stand together look like an address.
            let touching = outside && !sign.is_empty() && letters.len() < end && is_address(letters);
            let Some(switch) = found.filter(|_| !touching) else {
                if touching || letters.len() < end && may_touch(letter) {
                    self.left = touched;
                    return Ok(());
                }
                return Err(self.args.unknown(&format!("{sign}{letter}")));
            };
            let name = switch.spelling.len() - sign.len();
            letters = letters.get(name..).unwrap_or_default();
            match switch.takes {
                Takes::Nothing => self.take(switch)?,
                Takes::Digits => {
                    self.left = letters;
                    self.take(switch)?;
                    letters = self.left;
                }
                // What follows the letters belongs to the first that takes something, and so on.
                Takes::Value | Takes::Name
                    if letters.is_empty() || letters.starts_with(char::is_alphabetic) =>
                {
                    self.left = behind.trim_start();
                    self.take(switch)?;
                    behind = self.left;
                }
                _ => {
                    self.left = touched.get(name..).unwrap_or_default();
                    return self.take(switch);
                }
            }
        }
        self.left = behind;
        Ok(())
    }

    /// `[1l5]` between a sign and a switch.
    fn bracketed(&mut self, inner: &'t str, whole: &str) -> Result<(), CommandError> {
        let (inside, after) = inner.split_once(']').ok_or_else(|| CommandError::Syntax(whole.to_owned()))?;
        let mut left = inside.trim_start();
        while let Some(letter) = left.chars().next() {
            let list = self.args.switches.list;
            let found = list.iter().find(|switch| switch.bare().is_some_and(|bare| left.starts_with(bare)));
            let switch = found.ok_or_else(|| self.args.unknown(&format!("[{letter}]")))?;
            left = left.get(letter.len_utf8()..).unwrap_or_default().trim_start();
            let mut value = Follows::None;
            if switch.takes != Takes::Nothing {
                let end = left.find(|c: char| !c.is_ascii_hexdigit() && c != 'x').unwrap_or(left.len());
                let (digits, after) = left.split_at_checked(end).unwrap_or((left, ""));
                value = Follows::Number(evaluate(digits, self.host)?);
                left = after.trim_start();
            }
            self.args.given.push(Given { switch, value, after: self.args.rest.len() });
        }
        self.left = after;
        Ok(())
    }

    /// A letter that touches the command's name.
    fn glued(&mut self, letter: char) -> Result<(), CommandError> {
        let list = self.args.switches.list;
        match list.iter().find(|switch| switch.spelling.chars().eq([letter])) {
            Some(switch) => self.take(switch),
            None => Err(self.args.unknown(&letter.to_string())),
        }
    }

    /// Words that are known, at the end.
    fn trailing(&mut self) {
        let list = self.args.switches.list;
        let plain = |switch: &&Switch| switch.takes == Takes::Nothing && !switch.sign().is_empty();
        loop {
            let last = self.left.rsplit(char::is_whitespace).next().unwrap_or_default();
            let found =
                list.iter().filter(plain).find(|switch| switch.sign() == "--" && switch.spelling == last);
            let Some(switch) = found else { return };
            let end = self.left.len().saturating_sub(last.len());
            self.left = self.left.get(..end).unwrap_or_default().trim_end();
            self.args.given.push(Given { switch, value: Follows::None, after: 0 });
        }
    }

    /// Takes what follows a switch.
    fn take(&mut self, switch: &'static Switch) -> Result<(), CommandError> {
        let value = match switch.takes {
            Takes::Nothing => Follows::None,
            Takes::Digits => match self.digits() {
                "" => Follows::None,
                digits => Follows::Number(digits.parse().unwrap_or(u64::MAX)),
            },
            Takes::Count => {
                self.left = self.left.trim_start();
                let digits = self.digits();
                let whole = self.left.is_empty() || self.left.starts_with(char::is_whitespace);
                match digits.parse() {
                    Ok(number) if whole => Follows::Number(number),
                    _ => return Err(self.needs(switch)),
                }
            }
            Takes::Value | Takes::Name => {
                self.left = self.left.trim_start();
                match self.word() {
                    "" => return Err(self.needs(switch)),
                    word if switch.takes == Takes::Value => Follows::Number(evaluate(word, self.host)?),
                    word => Follows::Text(word),
                }
            }
            Takes::Expression => {
                let text = self.left.trim_start();
                if text.is_empty() {
                    return Err(self.needs(switch));
                }
                let (value, after) = evaluate_prefix(text, self.host)?;
                self.left = after;
                Follows::Number(value)
            }
            Takes::Text => {
                self.left = self.left.trim_start();
                let text = self.quoted();
                if text.is_empty() {
                    return Err(self.needs(switch));
                }
                Follows::Text(text)
            }
            Takes::Rest => Follows::Text(std::mem::take(&mut self.left).trim()),
        };
        self.args.given.push(Given { switch, value, after: self.args.rest.len() });
        Ok(())
    }

    fn needs(&self, switch: &Switch) -> CommandError {
        CommandError::Argument(format!(
            "{} of {} needs {}",
            switch.spelling, self.args.name, switch.parameter
        ))
    }

    fn digits(&mut self) -> &'t str {
        let end = self.left.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.left.len());
        let (digits, after) = self.left.split_at_checked(end).unwrap_or((self.left, ""));
        self.left = after;
        digits
    }

    /// A word or what stands in quotes.
    fn quoted(&mut self) -> &'t str {
        let Some(inner) = self.left.strip_prefix('"') else {
            let end = self.left.find(char::is_whitespace).unwrap_or(self.left.len());
            let (word, after) = self.left.split_at_checked(end).unwrap_or((self.left, ""));
            self.left = after;
            return word;
        };
        let (text, after) = inner.split_once('"').unwrap_or((inner, ""));
        self.left = after;
        text
    }

    /// A word, in which blanks inside brackets do not separate.
    fn word(&mut self) -> &'t str {
        let mut depth = 0usize;
        let mut end = self.left.len();
        for (at, c) in self.left.char_indices() {
            match c {
                '(' | '<' => depth += 1,
                ')' | '>' => depth = depth.saturating_sub(1),
                c if c.is_whitespace() && depth == 0 => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        let (word, after) = self.left.split_at_checked(end).unwrap_or((self.left, ""));
        self.left = after;
        word
    }
}
