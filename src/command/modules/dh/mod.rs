//! `!dh`: the headers of an image.

mod debug;
mod file;
mod rows;
mod sections;

use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
pub use file::{machine_name, subsystem};

use crate::debuggee::MemoryImage;
use crate::output::{Line, Role};
use crate::symbols::pe::{Directory, Image};
use crate::util::hex;

/// `!dh`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!dh"],
    group: Group::Modules,
    switches: Switches::letters(&[
        Switch::flag("-f", "only the file and optional header with the data directories"),
        Switch::flag("-s", "only the sections"),
        Switch::flag("-a", "everything, as without options"),
    ])
    .anywhere(),
    arguments: &[Argument::new("MODULE | ADDRESS", Expects::Module)],
    summary: "Shows the headers of an image: file header, sections, data directories",
    help: "Triage dumps seldom hold headers: name the folder of the images with -i when opening the dump.",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (file_only, sections_only) = (args.has("-f"), args.has("-s"));
    let mut words = args.words();
    let place = words.next();
    let place = place.ok_or_else(|| CommandError::Argument("!dh wants a module or an address".to_owned()))?;
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let base = base_of(place, context)?;
    let memory = context.session.target.memory().clone();
    let image = Image::new(MemoryImage::new(&memory, base)).map_err(|error| {
        CommandError::Missing(format!(
            "no image headers at {}: {error}; -i FOLDER at the start lets image files stand in",
            hex::tick(base)
        ))
    })?;
    let both = file_only == sections_only;
    if both || file_only {
        let zone = context.session.settings.zone.clone();
        for record in file::records(image.headers(), base, image.is_reproducible(), &zone) {
            context.out.emit(record)?;
        }
        context.out.blank()?;
    }
    if both || sections_only {
        for (index, section) in image.headers().sections.iter().enumerate() {
            context.out.blank()?;
            context.out.emit(sections::record(index + 1, section))?;
        }
        context.out.blank()?;
    }
    if both {
        let entries = image.debug();
        if entries.is_empty() && image.headers().directory(Directory::Debug).is_some() {
            context.out.blank()?;
            let words = "The debug directory is not in the dump.";
            context.out.emit(Line::new().role(Role::Unreadable, words))?;
        }
        debug::show(&entries, &mut context.out)?;
    }
    Ok(())
}

/// The base of the module that `place` names or lies in; otherwise its value.
pub fn base_of(place: &str, context: &Context<'_>) -> Result<u64, CommandError> {
    let modules = context.session.target.modules();
    if let Some(module) = modules.named(place) {
        return Ok(module.base);
    }
    let address = context.evaluate(place)?;
    Ok(modules.at(address).map_or(address, |module| module.base))
}
