//! Format specifiers: how values are written (`,x`), and how many.

/// In which base numbers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Radix {
    /// Signed numbers in decimal, others in hex.
    #[default]
    ByType,
    /// All in decimal.
    Decimal,
    /// All in hex.
    Hex,
    /// All in octal.
    Octal,
    /// All in binary.
    Binary,
}

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Form {
    /// The base of numbers.
    pub(super) radix: Radix,
    /// Bytes are text.
    pub(super) text: bool,
    /// Text without quotation marks.
    pub(super) bare: bool,
    /// Enumerators by name alone.
    pub(super) names: bool,
    /// Plain members.
    pub(super) raw: bool,
    /// How many elements.
    pub(super) count: Option<usize>,
}

impl Form {
    /// Those that there are, for messages.
    pub(super) const SPECIFIERS: &'static str = ",x ,d ,o ,b ,en ,s ,sb ,su ,sub ,! and ,COUNT";

    /// Adds a specifier; whether there is such a one.
    pub(super) fn specify(&mut self, word: &str) -> bool {
        match word {
            "x" | "h" => self.radix = Radix::Hex,
            "d" => self.radix = Radix::Decimal,
            "o" => self.radix = Radix::Octal,
            "b" => self.radix = Radix::Binary,
            "en" => self.names = true,
            "s" | "s8" | "su" => self.text = true,
            "sb" | "s8b" | "sub" => (self.text, self.bare) = (true, true),
            "!" => self.raw = true,
            "nd" => {}
            count => match count.parse() {
                Ok(count) => self.count = Some(count),
                Err(_) => return false,
            },
        }
        true
    }
}
