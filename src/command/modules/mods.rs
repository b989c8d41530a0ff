//! `!mex.mods`: the modules in a table, a line each with version and path.

use super::cells::{date, file_version, version};
use crate::command::show::grid::Grid;
use crate::command::show::maker;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::debuggee::{Maker, Module, ModuleKind};
use crate::output::{Action, Cell, Column, Field, Line, Role};
use crate::session::Session;
use crate::symbols::wildcard::Wildcard;

/// `!mex.mods`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!mods"],
    group: Group::Modules,
    switches: Switches::letters(&[
        Switch::flag("-3", "only those that did not come with Windows"),
        Switch::flag("-k", "only kernel-mode modules"),
        Switch::flag("-u", "only user-mode modules"),
    ]),
    arguments: &[Argument::new("[NAME]", Expects::Module)],
    summary: "Lists modules in a table: who made them, date, version and path",
    help: "NAME may hold * and ?. A date of (hash) is that of a reproducible build, which has none. A version stands where the \
           dump or an image (-i, symbol path) holds the module's version resource; most triage dumps hold none. \
           lmvm NAME shows all that is known of a module, !software what those of others do.\n\n\
           kd> !mex.mods -3\n\
           Base             End              Maker       Date       Module  Version Path\n\
           ================ ================ =========== ========== ======= ======= ===============================\n\
           fffff80762600000 fffff80762605000 third party 2020-06-23 wlanflt 2.1.0.7 \\SystemRoot\\drivers\\wlanflt.sys",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

const COLUMNS: [Column; 7] = [
    Column::left("start", "Base", 16),
    Column::left("end", "End", 16).yields(3),
    Column::left("maker", "Maker", 5).yields(2),
    Column::left("date", "Date", 10).yields(1),
    Column::left("name", "Module", 6),
    Column::left("file_version", "Version", 7),
    Column::left("image_path", "Path", 4).yields(4),
];

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let session = &*context.session;
    let pattern = (!args.text.is_empty()).then(|| Wildcard::new(args.text));
    let (kernel, user) = (args.has("-k"), args.has("-u"));
    let all: Vec<&Module> = session.target.modules().iter().collect();
    let mut grid = Grid::new("module", &COLUMNS);
    let mut third_party = 0;
    for module in &all {
        context.out.check()?;
        let made = session.target.origin(module).maker;
        third_party += usize::from(made == Maker::ThirdParty);
        let is_kind = match module.kind {
            ModuleKind::Kernel => kernel || !user,
            ModuleKind::User => user || !kernel,
        };
        let is_named = pattern.as_ref().is_none_or(|pattern| pattern.is_match(&module.name));
        if is_kind && is_named && (made == Maker::ThirdParty || !args.has("-3")) {
            grid.add(row(module, made, session));
        }
    }
    let unloaded = session.target.unloaded().len();
    let next = Line::of(format!(" of {} loaded, {unloaded} unloaded | ", all.len()))
        .link(Role::Value, format!("{third_party} third party"), Action::Run("!mex.mods -3"))
        .text(" | ")
        .link(Role::Value, "what those do", Action::Run("!software"));
    grid.say_before("", &next, &mut context.out)
}

fn row(module: &Module, made: Maker, session: &Session) -> Vec<Cell> {
    let name = Cell::new(module.name.as_str());
    vec![
        Cell::new(Field::Address(module.base)).digits(16),
        Cell::new(Field::Address(module.end())).digits(16),
        Cell::new(maker::word(made)).shown(maker::short(made)),
        date(module, session),
        name.role(maker::role(Some(made), Role::Module)).link(Action::Module(module.name.as_str().into())),
        Cell::new(version(module, session).as_ref().and_then(file_version)),
        Cell::new(module.image_path.as_str()),
    ]
}
