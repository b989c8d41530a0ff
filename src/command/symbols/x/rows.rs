//! Which symbols `x` shows, and what of each.

use crate::command::Args;

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

/// The rows that are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rows {
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

impl Rows {
    /// What the switches say; of those that exclude each other the last one counts.
    pub(super) fn of(args: &Args<'_>) -> Rows {
        let mut rows = Rows {
            show: Show::All,
            which: Which::All,
            order: Order::Address,
            backwards: false,
            types: args.has("/t"),
            verbose: args.has("/v"),
            quoted: args.has("/q"),
            tight: args.has("/p"),
            regex: args.has("/r"),
            index: args.has("/D"),
            size: args.number("/s"),
        };
        for given in args.switches() {
            match given.switch.spelling {
                "/0" => rows.show = Show::Addresses,
                "/1" => rows.show = Show::Names,
                "/2" => rows.show = Show::Both,
                "/f" => rows.which = Which::Functions,
                "/d" => rows.which = Which::Data,
                "/a" | "/A" => rows.sort(Order::Address, given.switch.spelling),
                "/n" | "/N" => rows.sort(Order::Name, given.switch.spelling),
                "/z" | "/Z" => rows.sort(Order::Size, given.switch.spelling),
                _ => {}
            }
        }
        rows
    }

    fn sort(&mut self, order: Order, spelling: &str) {
        self.order = order;
        self.backwards = spelling.ends_with(|c: char| c.is_ascii_uppercase());
    }
}
