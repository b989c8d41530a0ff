//! What WinDbg's users type by habit and what has nothing to do here: scripts that do so run.

use crate::command::{Argument, CommandSpec, Expects, Group, Needs};
use crate::output::{Line, Role};

/// `.load` and its likes.
pub const EXTENSIONS: CommandSpec = CommandSpec {
    names: &[".load", ".loadby", ".unload", ".unloadall", ".setdll", ".chain", ".extpath"],
    group: Group::Language,
    arguments: &[Argument::new("[EXTENSION]", Expects::Text)],
    summary: "Loads extensions: nothing to do, what they do is built in",
    help: "The commands of kdexts, ext, MEX, fltkd, wdfkd, ndiskd and others that there are stand in .help.\n\
           Example: .load mex\n\
           Nothing is loaded: the commands of extensions are built in (.help)",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|_, context| {
        let text = "Nothing is loaded: the commands of extensions are built in (.help)";
        context.out.emit(Line::new().role(Role::Dim, text))
    })
};

/// `.prefer_dml` and its likes.
pub const WINDOWS: CommandSpec = CommandSpec {
    names: &[
        ".cls",
        ".prefer_dml",
        ".enable_unicode",
        ".enable_long_status",
        ".force_radix_output",
        ".lines",
        ".wtitle",
    ],
    group: Group::Language,
    arguments: &[Argument::new("[SETTING]", Expects::Text)],
    summary: "Settings of WinDbg's windows: taken, and nothing changes",
    help: "Links need no setting here, text is shown whatever its characters, and integers are shown as they are without.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|_, _| Ok(()))
};
