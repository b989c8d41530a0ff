//! `.symopt`: options of symbol loading.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs};
use crate::eval::as_typed;
use crate::output::{Branch, Cell, Field, Record, Role};

/// `.symopt`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".symopt"],
    glue: Glue::Letters("+-"),
    group: Group::Symbols,
    arguments: &[Argument::new("[+FLAGS | -FLAGS]", Expects::Expression)],
    summary: "Shows or changes the options of symbol loading",
    help: "Two options can be changed: 40 (SYMOPT_LOAD_ANYTHING) takes PDBs whose identity differs, and 80000000 \
           (SYMOPT_DEBUG) tells every search, as !sym noisy does. The others are shown as they always are.\n\
           Example: .symopt+40",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

const LOAD_ANYTHING: u64 = 0x40;
const DEBUG: u64 = 0x8000_0000;

/// Bits that are always on, and those that can be changed; names as in DbgHelp.h.
const NAMES: &[(u64, &str)] = &[
    (0x1, "SYMOPT_CASE_INSENSITIVE"),
    (0x2, "SYMOPT_UNDNAME"),
    (0x4, "SYMOPT_DEFERRED_LOADS"),
    (0x10, "SYMOPT_LOAD_LINES"),
    (LOAD_ANYTHING, "SYMOPT_LOAD_ANYTHING"),
    (0x1_0000, "SYMOPT_AUTO_PUBLICS"),
    (DEBUG, "SYMOPT_DEBUG"),
];
const ALWAYS: u64 = 0x1_0017;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let typed = format!("{}{}", args.glued, args.text);
    if let Some(flags) = typed.strip_prefix(['+', '-']) {
        let flags = as_typed(context.evaluate(flags)?);
        let on = typed.starts_with('+');
        if flags & !(LOAD_ANYTHING | DEBUG | ALWAYS) != 0 || (!on && flags & ALWAYS != 0) {
            return Err(CommandError::Argument(format!(
                "{flags:#x}: only 0x40 (take any PDB) and 0x80000000 (tell searches) can be changed"
            )));
        }
        let table = context.session.target.symbols();
        if flags & LOAD_ANYTHING != 0 {
            table.allow_mismatch(on);
        }
        if flags & DEBUG != 0 {
            table.set_noisy(on);
        }
    } else if !typed.is_empty() {
        return Err(CommandError::Syntax(typed));
    }
    let table = context.session.target.symbols();
    let mut options = ALWAYS;
    options |= if table.finder().options().allow_mismatch { LOAD_ANYTHING } else { 0 };
    options |= if table.is_noisy() { DEBUG } else { 0 };
    let number = |value: u64, text: String| Cell::new(Field::Hex(value)).shown(text).role(Role::Text);
    let head = Record::new("symbol_options")
        .text("Symbol options are ")
        .cell("options", number(options, format!("0x{options:X}")))
        .text(":");
    context.out.within(Branch::new(head), |out| {
        NAMES.iter().filter(|(bit, _)| options & bit != 0).try_for_each(|&(bit, name)| {
            let record = Record::new("symbol_option")
                .text("  ")
                .cell("bit", number(bit, format!("0x{bit:08X}")))
                .text(" - ")
                .cell("name", name);
            out.emit(record)
        })
    })
}
