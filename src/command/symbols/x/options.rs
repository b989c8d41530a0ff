//! The options of `x`.

use crate::command::line::options::unknown;
use crate::command::{CommandError, Context};

/// What of each symbol is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    /// Address, name and type or parameters.
    All,
    /// `/0`
    Addresses,
    /// `/1`
    Names,
    /// `/2`
    Both,
}

/// Which kinds of symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    All,
    Functions,
    Data,
}

/// The order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Address,
    Name,
    Size,
}

/// The options of `x`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) show: Show,
    pub(super) which: Which,
    pub(super) order: Order,
    pub(super) backwards: bool,
    pub(super) types: bool,
    pub(super) verbose: bool,
    pub(super) quoted: bool,
    pub(super) tight: bool,
    pub(super) regex: bool,
    pub(super) index: bool,
    pub(super) size: Option<u64>,
}

impl Options {
    /// Reads the options at the start of a command line; returns them with the pattern.
    pub(super) fn parse<'t>(
        text: &'t str,
        context: &Context<'_>,
    ) -> Result<(Options, &'t str), CommandError> {
        let mut options = Options {
            show: Show::All,
            which: Which::All,
            order: Order::Address,
            backwards: false,
            types: false,
            verbose: false,
            quoted: false,
            tight: false,
            regex: false,
            index: false,
            size: None,
        };
        let mut rest = text.trim();
        while let Some(letters) = rest.strip_prefix('/') {
            let end = letters.find(char::is_whitespace).unwrap_or(letters.len());
            let (letters, after) = letters.split_at_checked(end).unwrap_or((letters, ""));
            rest = after.trim_start();
            for letter in letters.chars() {
                if letter == 's' {
                    // One word: `38 /d` is no division.
                    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                    let (size, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                    options.size = Some(context.evaluate(size)?);
                    rest = after.trim_start();
                } else if !options.letter(letter) {
                    return Err(unknown(
                        "x",
                        &format!("/{letter}"),
                        "/0 /1 /2 /t /v /s SIZE /f /d /q /p /r /D /a /A /n /N /z /Z",
                    ));
                }
            }
        }
        Ok((options, rest))
    }

    fn letter(&mut self, letter: char) -> bool {
        match letter {
            '0' => self.show = Show::Addresses,
            '1' => self.show = Show::Names,
            '2' => self.show = Show::Both,
            't' => self.types = true,
            'v' => self.verbose = true,
            'f' => self.which = Which::Functions,
            'd' => self.which = Which::Data,
            'q' => self.quoted = true,
            'p' => self.tight = true,
            'r' => self.regex = true,
            'D' => self.index = true,
            // Case never matters.
            'i' => {}
            'a' | 'A' => self.sort(Order::Address, letter),
            'n' | 'N' => self.sort(Order::Name, letter),
            'z' | 'Z' => self.sort(Order::Size, letter),
            _ => return false,
        }
        true
    }

    fn sort(&mut self, order: Order, letter: char) {
        self.order = order;
        self.backwards = letter.is_ascii_uppercase();
    }
}
