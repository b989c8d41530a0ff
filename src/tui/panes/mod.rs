//! The panes. A pane is a command whose output stays in sight: it shows what the command says and nothing of its own,
//! so that a pane and a command can never disagree.

mod analysis;
mod console;
mod disassembly;
mod memory;
mod modules;
mod processors;
mod registers;
mod stack;

use crate::command::{COMMANDS, CommandSpec};
use crate::output::Action;
use crate::words::{Language, text};

/// What makes a pane.
pub(super) struct PaneSpec {
    /// The key of its name.
    name: &'static str,
    /// The command lines that can fill it, best first; the first one that fits is run.
    choices: &'static [Choice],
    /// What fills it where an image was opened and there is no crash to look at; `None` where that is the same.
    image: Option<ImagePane>,
    /// Which links belong here: their output becomes the pane's page.
    takes: fn(&Action) -> bool,
    /// The line for such a link in a pane of a width, where it is not the link's own.
    fit: fn(&Action, u16) -> Option<String>,
    /// Whether it begins where the selection points, so that another selection leads back to its first line.
    pub(super) anchored: bool,
    /// Whether it is prose, whose long lines are broken at blanks.
    pub(super) wrap: bool,
    /// Blocks of this kind are left out: the banner of `!analyze` says only its name.
    pub(super) skip: Option<&'static str>,
    /// Columns before its lines, for the mark of what is selected.
    pub(super) gutter: u16,
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
}

const fn choice(command: &'static str, line: &'static str) -> Choice {
    wide(0, command, line)
}

const fn wide(columns: u16, command: &'static str, line: &'static str) -> Choice {
    Choice { command, switch: None, columns, line }
}

/// The panes by number.
pub(super) const PANES: [&PaneSpec; 8] = [
    &analysis::SPEC,
    &processors::SPEC,
    &stack::SPEC,
    &registers::SPEC,
    &disassembly::SPEC,
    &modules::SPEC,
    &memory::SPEC,
    &console::SPEC,
];

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

impl PaneSpec {
    /// The command line that fills the pane when it is `width` columns wide; `None` for the console. `image` is the
    /// module of an image that was opened.
    pub(super) fn line(&self, width: u16, image: Option<&str>) -> Option<String> {
        if let (Some(pane), Some(module)) = (&self.image, image) {
            return Some(pane.line.replace("{}", module));
        }
        let fits = |choice: &&Choice| choice.columns <= width && exists(choice);
        self.choices.iter().find(fits).map(|choice| choice.line.to_owned())
    }

    /// The command line that shows a link's thing in the pane when it is `width` columns wide.
    pub(super) fn line_for(&self, action: &Action, width: u16) -> Option<String> {
        (self.fit)(action, width).or_else(|| Some(action.command().ok()?.into_owned()))
    }

    /// Its name in the tabs.
    pub(super) fn name(&self, image: bool, language: Language) -> &'static str {
        text(self.image.as_ref().filter(|_| image).map_or(self.name, |pane| pane.name), language)
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

/// The pane in which a followed link's output belongs, if it has one.
pub(super) fn taker(action: &Action) -> Option<usize> {
    PANES.iter().position(|pane| (pane.takes)(action))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::first_command;

    #[test]
    fn every_pane_but_the_console_has_a_command_that_exists() {
        for (number, pane) in PANES.iter().enumerate() {
            for (width, image) in [(20, None), (200, None), (20, Some("driver")), (200, Some("driver"))] {
                let line = pane.line(width, image);
                assert_eq!(line.is_none(), number == CONSOLE, "{} at {width}: {line:?}", pane.name);
                if let Some(line) = line {
                    assert!(first_command(&line).is_ok_and(|found| found.is_some()), "{line}");
                }
            }
        }
    }

    #[test]
    fn links_go_where_their_output_belongs() {
        assert_eq!(taker(&Action::Module("nt".into())), Some(MODULES));
        assert_eq!(taker(&Action::Code(0x10000)), Some(DISASSEMBLY));
        assert_eq!(taker(&Action::Frame(3)), None);
        assert_eq!(taker(&Action::Help("k")), None);
    }
}
