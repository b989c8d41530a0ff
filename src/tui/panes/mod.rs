//! The panes. A pane is a command whose output stays in sight: it shows what the command says and nothing of its own,
//! so that a pane and a command can never disagree.

mod analysis;
mod common;
mod console;
mod disassembly;
pub(super) mod memory;
mod modules;
mod pool;
mod processes;
mod processors;
mod registers;
mod stack;
mod threads;
mod types;

use crate::command::{COMMANDS, CommandSpec};
use crate::output::Action;
use crate::words::{Language, text};

/// What makes a pane.
pub(super) struct PaneSpec {
    /// The key of its name.
    name: &'static str,
    /// The key of a shorter name, for tabs that would not fit otherwise.
    short: &'static str,
    /// The command lines that can fill it, best first; the first one that fits is run.
    choices: &'static [Choice],
    /// What fills it where an image was opened and there is no crash to look at; `None` where that is the same.
    image: Option<ImagePane>,
    /// Which links belong here: their output becomes the pane's page.
    takes: fn(&Action) -> bool,
    /// The line for such a link in a pane of a width, where it is not the link's own.
    fit: fn(&Action, u16) -> Option<String>,
    /// The line that is run where a link is chosen here, if it is not what following it runs anywhere.
    choose: fn(&Action) -> Option<String>,
    /// Which of a line's links Enter follows if none is chosen.
    pub(super) lead: Lead,
    /// Whether a line about the second thing stands at or before what the first one, which the page is about, leads to:
    /// the cursor begins at the last such line.
    pub(super) lands: fn(&Action, &Action) -> bool,
    /// Whether the parts of its lines are folded at first.
    pub(super) folded: bool,
    /// Whether it begins where the selection points, so that another selection leads back to its first line.
    pub(super) anchored: bool,
    /// What of it is the same whatever is selected, and need not run again for another selection.
    pub(super) steady: Steady,
    /// Whether it is prose, whose long lines are broken at blanks.
    pub(super) wrap: bool,
    /// Blocks of this kind are left out: the banner of `!analyze` says only its name.
    pub(super) skip: Option<&'static str>,
    /// Columns before its lines, for the mark of what is selected.
    pub(super) gutter: u16,
    /// The key of what to choose where it shows by itself nothing that can be followed.
    pub(super) guide: Option<&'static str>,
    /// The key of the text of its keys, for the last line.
    pub(super) hints: &'static str,
}

/// A pane of an image.
struct ImagePane {
    /// The key of its name in the tabs.
    name: &'static str,
    /// The line to run, with `{}` for the module.
    line: &'static str,
}

/// A command line for a pane.
struct Choice {
    /// The command that must exist.
    command: &'static str,
    /// The switch that it must have.
    switch: Option<&'static str>,
    /// How wide the pane must be for it.
    columns: u16,
    /// The line to run.
    line: &'static str,
    /// Whether it lists what only a dump of all of the kernel's memory holds.
    whole: bool,
}

/// Which link a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Lead {
    /// The first that names something, else the first.
    #[default]
    Name,
    /// The first thread.
    Thread,
    /// The first process.
    Process,
}

impl Lead {
    /// Whether a line is about this link before all others.
    pub(super) fn prefers(self, action: &Action) -> bool {
        match self {
            Lead::Name => false,
            Lead::Thread => matches!(action, Action::Thread(_)),
            Lead::Process => matches!(action, Action::Process(_)),
        }
    }
}

/// What a pane shows whatever is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Steady {
    /// Nothing.
    Nothing,
    /// What links led to.
    Links,
    /// Everything.
    All,
}

/// What was opened, as far as it decides what panes show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opened<'t> {
    /// The module of an image.
    pub(super) image: Option<&'t str>,
    /// Whether it is a triage dump.
    pub(super) triage: bool,
}

const fn choice(command: &'static str, line: &'static str) -> Choice {
    wide(0, command, line)
}

const fn wide(columns: u16, command: &'static str, line: &'static str) -> Choice {
    Choice { command, switch: None, columns, line, whole: false }
}

/// The panes by number. New ones come last, so that no other has moved.
pub(super) const PANES: [&PaneSpec; 13] = [
    &analysis::SPEC,
    &processors::SPEC,
    &stack::SPEC,
    &registers::SPEC,
    &disassembly::SPEC,
    &modules::SPEC,
    &memory::SPEC,
    &console::SPEC,
    &threads::SPEC,
    &processes::SPEC,
    &types::SPEC,
    &pool::SPEC,
    &common::SPEC,
];

/// The keys that lead to them, in their order: digits, then the letters of the keys that show something there.
const KEYS: &str = "1234567890dpC";

/// How many of them there are where an image was opened: it has neither threads nor processes, and nothing lies in memory.
const OF_IMAGE: usize = 8;

/// How many panes there are; with several dumps one for what they have in common.
pub(super) fn count(image: bool, several: bool) -> usize {
    match (image, several) {
        (true, _) => OF_IMAGE,
        (false, true) => PANES.len(),
        (false, false) => COMMON,
    }
}

/// The key that leads to a pane.
pub(super) fn key(pane: usize) -> char {
    KEYS.chars().nth(pane).unwrap_or('?')
}

/// The pane that a key leads to.
pub(super) fn of_key(key: char) -> Option<usize> {
    KEYS.chars().position(|known| known == key)
}

/// The pane that a digit leads to.
pub(super) fn of_digit(digit: char) -> Option<usize> {
    of_key(digit).filter(|_| digit.is_ascii_digit())
}

/// How many panes there are with the second halves of all.
pub(super) const HALVES: usize = 2 * PANES.len();

/// The pane that a half is one of.
pub(super) fn whole(pane: usize) -> usize {
    if pane < PANES.len() { pane } else { pane - PANES.len() }
}

/// The second half of a pane.
pub(super) fn second(pane: usize) -> usize {
    whole(pane) + PANES.len()
}

/// Whether a pane can be divided: what the commands said is one text.
pub(super) fn may_divide(pane: usize) -> bool {
    pane < PANES.len() && pane != CONSOLE
}

/// The half that belongs to this one.
pub(super) fn other_half(pane: usize) -> usize {
    if pane < PANES.len() { second(pane) } else { whole(pane) }
}

/// What makes a pane, or a half of one.
pub(super) fn spec(pane: usize) -> Option<&'static PaneSpec> {
    PANES.get(whole(pane)).copied()
}

/// Number of the analysis pane.
pub(super) const ANALYSIS: usize = 0;
/// Number of the processors pane.
pub(super) const PROCESSORS: usize = 1;
/// Number of the stack pane.
pub(super) const STACK: usize = 2;
/// Number of the registers pane.
pub(super) const REGISTERS: usize = 3;
/// Number of the disassembly pane.
pub(super) const DISASSEMBLY: usize = 4;
/// Number of the modules pane.
pub(super) const MODULES: usize = 5;
/// Number of the memory pane.
pub(super) const MEMORY: usize = 6;
/// Number of the console.
pub(super) const CONSOLE: usize = 7;
/// Number of the threads pane.
pub(super) const THREADS: usize = 8;
/// Number of the processes pane.
pub(super) const PROCESSES: usize = 9;
/// Number of the pane of types and variables.
pub(super) const TYPES: usize = 10;
/// Number of the pool pane.
pub(super) const POOL: usize = 11;
/// Number of the pane of what several dumps have in common.
pub(super) const COMMON: usize = 12;

impl PaneSpec {
    /// The command line that fills the pane when it is `width` columns wide; `None` for the console.
    pub(super) fn line(&self, width: u16, opened: Opened<'_>) -> Option<String> {
        if let (Some(pane), Some(module)) = (&self.image, opened.image) {
            return Some(pane.line.replace("{}", module));
        }
        let fits =
            |choice: &&Choice| choice.columns <= width && !(choice.whole && opened.triage) && exists(choice);
        self.choices.iter().find(fits).map(|choice| choice.line.to_owned())
    }

    /// The command line that shows a link's thing in the pane when it is `width` columns wide.
    pub(super) fn line_for(&self, action: &Action, width: u16) -> Option<String> {
        (self.fit)(action, width).or_else(|| Some(action.command().ok()?.into_owned()))
    }

    /// The command line of a link that was chosen in the pane, if the pane has its own.
    pub(super) fn chosen(&self, action: &Action) -> Option<String> {
        (self.choose)(action)
    }

    /// Its name.
    pub(super) fn name(&self, image: bool, language: Language) -> &'static str {
        text(self.image.as_ref().filter(|_| image).map_or(self.name, |pane| pane.name), language)
    }

    /// Its name where there is little room.
    pub(super) fn short(&self, image: bool, language: Language) -> &'static str {
        text(self.image.as_ref().filter(|_| image).map_or(self.short, |pane| pane.name), language)
    }
}

fn exists(choice: &Choice) -> bool {
    let has = |spec: &CommandSpec| choice.switch.is_none_or(|switch| spec.switches.named(switch).is_some());
    COMMANDS.iter().any(|spec| spec.names.contains(&choice.command) && has(spec))
}

/// For panes that no link leads into.
fn nothing(_action: &Action) -> bool {
    false
}

/// For panes that show a link's line as it is.
fn as_it_is(_action: &Action, _width: u16) -> Option<String> {
    None
}

/// For panes whose cursor begins at the top.
fn at_the_top(_page: &Action, _line: &Action) -> bool {
    false
}

/// Whether what is chosen in a pane becomes current.
pub(super) fn selects(pane: usize) -> bool {
    pane == THREADS
}

/// For panes in which links lead where they lead anywhere.
fn as_anywhere(_action: &Action) -> Option<String> {
    None
}

/// The pane in which a followed link's output belongs, if one of the first `count` has it.
pub(super) fn taker(action: &Action, count: usize) -> Option<usize> {
    PANES.iter().take(count).position(|pane| (pane.takes)(action))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::first_command;

    #[test]
    fn every_pane_but_the_console_has_a_command_that_exists() {
        for (number, pane) in PANES.iter().enumerate() {
            let of = |image, triage| Opened { image, triage };
            let all = [of(None, false), of(None, true), of(Some("driver"), false)];
            for (width, opened) in all.into_iter().flat_map(|opened| [(20, opened), (200, opened)]) {
                let line = pane.line(width, opened);
                assert_eq!(line.is_none(), number == CONSOLE, "{} at {width}: {line:?}", pane.name);
                if let Some(line) = line {
                    assert!(first_command(&line).is_ok_and(|found| found.is_some()), "{line}");
                }
            }
        }
    }

    #[test]
    fn a_triage_dump_has_no_lists() {
        let lines =
            |triage| [THREADS, PROCESSES].map(|pane| PANES[pane].line(80, Opened { image: None, triage }));
        assert_eq!(lines(true), ["!mex.running", "!tl"].map(|line| Some(line.to_owned())));
        assert_eq!(lines(false), ["!lt -a", "!tl -t"].map(|line| Some(line.to_owned())));
    }

    #[test]
    fn digits_and_panes_are_the_same() {
        let keys: String = (0..PANES.len()).map(key).collect();
        assert_eq!(keys, "1234567890dpC");
        assert!(keys.chars().take(10).enumerate().all(|(pane, key)| of_digit(key) == Some(pane)));
        assert_eq!(of_digit('d'), None);
    }

    #[test]
    fn a_chosen_thread_or_process_becomes_a_line_of_its_pane() {
        let at = 0xfffff807_61200000;
        let chosen = |pane: usize, action| PANES[pane].chosen(&action);
        assert_eq!(chosen(THREADS, Action::Thread(at)).as_deref(), Some(".thread fffff807`61200000"));
        assert_eq!(chosen(THREADS, Action::Process(at)), None);
        assert_eq!(chosen(PROCESSES, Action::Process(at)).as_deref(), Some("!process fffff807`61200000 7"));
        for pane in [THREADS, PROCESSES] {
            for action in [Action::Thread(at), Action::Process(at)] {
                let Some(line) = chosen(pane, action) else { continue };
                assert!(first_command(&line).is_ok_and(|found| found.is_some()), "{line}");
            }
        }
    }

    #[test]
    fn links_go_where_their_output_belongs() {
        let of_dump = |action| taker(&action, PANES.len());
        assert_eq!(of_dump(Action::Module("nt".into())), Some(MODULES));
        assert_eq!(of_dump(Action::Code(0x10000)), Some(DISASSEMBLY));
        assert_eq!(of_dump(Action::object("nt!_LUID", 0x10000)), Some(TYPES));
        assert_eq!(of_dump(Action::Pool(0x10000)), Some(POOL));
        assert_eq!(of_dump(Action::Frame(3)), None);
        assert_eq!(of_dump(Action::Help("k")), None);
        assert_eq!(taker(&Action::Pool(0x10000), count(true, true)), None);
    }
}
