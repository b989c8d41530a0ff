//! `!for_each_module`: commands that run for each module.

use super::{Name, commands, each, unknown, word};
use crate::command::{Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Module, ModuleKind, SymbolStatus};
use crate::session::Session;
use crate::symbols::wildcard::Wildcard;

/// `!for_each_module`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!for_each_module"],
    group: Group::Language,
    arguments: &[Argument::new("[\"COMMANDS\"]", Expects::Command)],
    summary: "Runs commands for each module",
    help: "Names stand for the module, between blanks or in ${}: @#ModuleIndex, @#ModuleName, @#ImageName, @#LoadedImageName, \
           @#MappedImageName (the image file that was found for it), @#SymbolFileName, each of the last five with Size behind \
           it for its length and one, @#Base, @#End, @#Size, @#TimeDateStamp, @#Checksum, @#Flags, @#SymbolType, @#FileVersion, \
           @#ProductVersion. What is not known is unknown. Several commands stand in quotation marks.\n\
           Example: !for_each_module .echo @#ModuleName fver = @#FileVersion",
    needs: Needs::Target,
    ..CommandSpec::runs(|args, context| walk(None, &commands(args.text, DEFAULT), context))
};

/// What runs where nothing was typed.
pub(super) const DEFAULT: &str =
    ".echo @#ModuleIndex : @#Base @#End @#ModuleName @#ImageName @#LoadedImageName";

/// Runs commands for each module whose name or file is called like that.
pub(super) fn walk(
    filter: Option<&Wildcard>,
    commands: &str,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let is_wanted = |module: &Module| {
        filter.is_none_or(|filter| filter.is_match(&module.name) || filter.is_match(&module.image_name))
    };
    let modules = context.session.target.modules();
    let wanted: Vec<(usize, Module)> =
        modules.iter().cloned().enumerate().filter(|(_, module)| is_wanted(module)).collect();
    each(wanted, commands, context, |(index, module), context| Ok(names(index, &module, context.session)))
}

/// Every name with what it stands for.
fn names(index: usize, module: &Module, session: &Session) -> Vec<Name> {
    let target = &session.target;
    let image = target.image(module).ok();
    let version = image.as_ref().and_then(|image| image.version());
    let string = |key: &str| {
        let tables = version.iter().flat_map(|version| &version.tables);
        let found = tables.flat_map(|table| &table.strings).find(|(name, _)| name == key);
        found.map_or_else(unknown, |(_, text)| text.clone())
    };
    let mapped = target.memory().images().and_then(|images| images.file_at(module.base));
    let mapped = mapped.map(|path| path.display().to_string()).unwrap_or_default();
    let loaded = target.symbols().loaded(module);
    let pdb = loaded.as_ref().and_then(|symbols| symbols.file.as_ref());
    let pdb = pdb.map_or_else(|| module.image_name.clone(), |path| path.display().to_string());
    let hex = |value: Option<u32>| value.map_or_else(unknown, |value| format!("{value:08x}"));
    let size = |text: &str| format!("{:x}", text.chars().count() + 1);
    vec![
        ("@#ModuleIndex", format!("{index:02x}")),
        ("@#ModuleNameSize", size(&module.name)),
        ("@#ImageNameSize", size(&module.image_name)),
        ("@#LoadedImageNameSize", size(&module.image_name)),
        ("@#MappedImageNameSize", size(&mapped)),
        ("@#SymbolFileNameSize", size(&pdb)),
        ("@#ModuleName", module.name.clone()),
        ("@#ImageName", module.image_name.clone()),
        ("@#LoadedImageName", module.image_name.clone()),
        ("@#MappedImageName", mapped),
        ("@#SymbolFileName", pdb),
        ("@#Base", word(module.base)),
        ("@#End", word(module.end())),
        ("@#Size", format!("{:x}", module.size)),
        ("@#TimeDateStamp", hex(module.time_date_stamp)),
        ("@#Checksum", hex(module.checksum.or_else(|| Some(image.as_ref()?.headers().check_sum)))),
        ("@#Flags", format!("{:x}", flags(module))),
        ("@#SymbolType", format!("{:x}", symbol_type(target.symbols().status(module)))),
        ("@#FileVersion", string("FileVersion")),
        ("@#ProductVersion", string("ProductVersion")),
    ]
}

/// DEBUG_MODULE_USER_MODE and DEBUG_MODULE_EXE_MODULE (dbgeng.h).
fn flags(module: &Module) -> u32 {
    let user = if module.kind == ModuleKind::User { 2 } else { 0 };
    let program = module.image_name.to_ascii_lowercase().ends_with(".exe");
    if program { user | 4 } else { user }
}

/// DEBUG_SYMTYPE_NONE, _PDB, _EXPORT, _DEFERRED (dbgeng.h); it has none for symbol tables of other origin.
fn symbol_type(status: SymbolStatus) -> u32 {
    match status {
        SymbolStatus::Deferred => 5,
        SymbolStatus::PrivatePdb | SymbolStatus::Pdb | SymbolStatus::Isf => 3,
        SymbolStatus::Export => 4,
        SymbolStatus::BuiltIn | SymbolStatus::None => 0,
    }
}
