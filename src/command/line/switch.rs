//! What may be typed after a command's name: its switches and its arguments, as data.
//!
//! Parsing ([`super::Args`]), usage, help, completion and the refusal of unknown switches are made from them.

/// A switch of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// As it is typed, with its sign: `/p`, `-show`, `--fold`; bare letters touch the command's name (`v` of `kv`); in
    /// brackets it stands between the sign and another switch (`[1]` of `s -[1]b`).
    pub spelling: &'static str,
    /// What follows it.
    pub takes: Takes,
    /// What that is called in usage and help.
    pub parameter: &'static str,
    /// What may be typed there.
    pub expects: Expects,
    /// What it does, in one line; empty for those that are taken and change nothing.
    pub tells: &'static str,
}

/// What follows a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// Decimal digits that touch it, or none: `-r2`, `-r`.
    Digits,
    /// A decimal number, touching or as the next word: `-c100`, `-c 100`.
    Count,
    /// The next word, an expression; more letters may stand between. A number may touch the letter.
    Value,
    /// The next word. More letters may stand between.
    Name,
    /// An expression, touching or apart, as long as it goes: a slash after it divides.
    Expression,
    /// A word or a text in quotes, touching or apart.
    Text,
    /// All that follows.
    Rest,
}

impl Switch {
    /// One that is there or not.
    pub const fn flag(spelling: &'static str, tells: &'static str) -> Switch {
        Switch { spelling, takes: Takes::Nothing, parameter: "", expects: Expects::Text, tells }
    }

    /// One that something follows.
    pub const fn with(
        spelling: &'static str,
        takes: Takes,
        parameter: &'static str,
        tells: &'static str,
    ) -> Switch {
        let expects = match takes {
            Takes::Value | Takes::Expression => Expects::Expression,
            _ => Expects::Text,
        };
        Switch { spelling, takes, parameter, expects, tells }
    }

    /// The same, followed by something of that kind.
    pub const fn expecting(self, expects: Expects) -> Switch {
        Switch { expects, ..self }
    }

    /// One that is taken for WinDbg's sake and changes nothing.
    pub const fn ignored(spelling: &'static str) -> Switch {
        Switch::flag(spelling, "")
    }

    /// The switch and what follows it, as usage and help show them.
    pub fn shown(&self) -> String {
        let touches = matches!(self.takes, Takes::Digits) || self.spelling.starts_with('[');
        let blank = if touches || self.parameter.is_empty() { "" } else { " " };
        format!("{}{blank}{}", self.bare().unwrap_or(self.spelling), self.parameter)
    }

    /// Its letter, if it stands in brackets.
    pub(super) fn bare(&self) -> Option<&'static str> {
        self.spelling.strip_prefix('[')?.strip_suffix(']')
    }

    /// The signs that begin it: `/`, `-`, `--`, or none.
    pub(super) fn sign(&self) -> &'static str {
        let end = self.spelling.find(|c| c != '-' && c != '/').unwrap_or(self.spelling.len());
        self.spelling.get(..end).unwrap_or_default()
    }
}

/// The switches of a command and how they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// All of them, in the order of the help.
    pub list: &'static [Switch],
    /// What stands after one sign.
    pub form: Form,
    /// Where they may stand.
    pub place: Place,
}

/// What stands after one sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Letters, one or several: `/cr`, `-rv`.
    Letters,
    /// One word: `-show`.
    Words,
}

/// Where switches may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Before the arguments; words that are known also after them.
    Outside,
    /// Before a file's name, which may begin with a slash itself: what is no switch begins it.
    BeforePath,
    /// Anywhere among the arguments, which are words then.
    Anywhere,
}

impl Switches {
    /// None.
    pub const NONE: Switches = Switches { list: &[], form: Form::Words, place: Place::Outside };

    /// Letters, of which several may follow one sign.
    pub const fn letters(list: &'static [Switch]) -> Switches {
        Switches { list, form: Form::Letters, place: Place::Outside }
    }

    /// Words.
    pub const fn words(list: &'static [Switch]) -> Switches {
        Switches { list, form: Form::Words, place: Place::Outside }
    }

    /// The same, before a file's name.
    pub const fn before_path(self) -> Switches {
        Switches { place: Place::BeforePath, ..self }
    }

    /// The same, wherever they stand.
    pub const fn anywhere(self) -> Switches {
        Switches { place: Place::Anywhere, ..self }
    }

    /// The one that is spelled so.
    pub fn named(&self, spelling: &str) -> Option<&'static Switch> {
        self.list.iter().find(|switch| switch.spelling == spelling)
    }

    /// All of them, for whoever typed another: `-f -s -a`, `-b -w [1 lN]`.
    pub fn known(&self) -> String {
        let (bracketed, plain): (Vec<_>, Vec<_>) =
            self.list.iter().partition(|switch| switch.bare().is_some());
        let joined =
            |list: Vec<&Switch>| list.iter().map(|switch| switch.shown()).collect::<Vec<_>>().join(" ");
        match bracketed.is_empty() {
            true => joined(plain),
            false => format!("{}, before which may stand [{}]", joined(plain), joined(bracketed)),
        }
    }

    /// The switches in a command's usage.
    fn usage(&self) -> Vec<String> {
        const MOST: usize = 6;
        let told = || self.list.iter().filter(|switch| !switch.tells.is_empty());
        let glued: Vec<_> =
            told().filter(|switch| switch.sign().is_empty() && switch.bare().is_none()).collect();
        let signed: Vec<_> = told().filter(|switch| !switch.sign().is_empty()).collect();
        let mut parts = Vec::new();
        if self.place != Place::Anywhere && !glued.is_empty() {
            parts.push(format!("[{}]", glued.iter().map(|switch| switch.spelling).collect::<String>()));
        } else if !glued.is_empty() {
            parts.push("[OPTIONS]".to_owned());
        }
        match signed.len() {
            0..=MOST => parts.extend(signed.iter().map(|switch| format!("[{}]", switch.shown()))),
            _ => parts.push("[OPTIONS]".to_owned()),
        }
        parts
    }

    /// The table of the help: a switch a line.
    pub fn help(&self) -> Vec<String> {
        let told: Vec<(String, &str)> = self
            .list
            .iter()
            .filter(|switch| !switch.tells.is_empty())
            .map(|switch| match switch.bare() {
                Some(_) => (format!("[{}]", switch.shown()), switch.tells),
                None => (switch.shown(), switch.tells),
            })
            .collect();
        let width = told.iter().map(|(shown, _)| shown.len()).max().unwrap_or(0);
        let mut lines: Vec<String> =
            told.iter().map(|(shown, tells)| format!("  {shown:width$}  {tells}")).collect();
        let ignored: Vec<&str> =
            self.list.iter().filter(|switch| switch.tells.is_empty()).map(|switch| switch.spelling).collect();
        if !ignored.is_empty() {
            lines.push(format!("  {}  taken for WinDbg's sake; nothing changes", ignored.join(" ")));
        }
        lines
    }
}

/// What a command takes besides its switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    /// As usage shows it: `[ADDRESS [LCOUNT | END]]`.
    pub shown: &'static str,
    /// What may be typed there.
    pub kind: Expects,
}

/// What may be typed as an argument: what completion offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expects {
    /// An expression: numbers, registers, symbols.
    Expression,
    /// An expression for an address, and how much from there on.
    Range,
    /// The name of a module.
    Module,
    /// A type, with its module or without.
    Type,
    /// A member of the type before it.
    Field,
    /// A symbol or a pattern of names.
    Symbol,
    /// The name of a local variable.
    Variable,
    /// A register.
    Register,
    /// The name of a command.
    Command,
    /// A file, a folder or a path of several.
    Path,
    /// Anything.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
}

impl Argument {
    /// An argument.
    pub const fn new(shown: &'static str, kind: Expects) -> Argument {
        Argument { shown, kind }
    }
}

/// Switches and arguments as the reference shows them after a command's name.
pub(super) fn usage(switches: &Switches, arguments: &[Argument]) -> String {
    let mut parts = switches.usage();
    parts.extend(arguments.iter().map(|argument| argument.shown.to_owned()));
    parts.join(" ")
}
