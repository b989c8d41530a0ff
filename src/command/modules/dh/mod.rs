//! `!dh`: the headers of an image.

mod debug;
mod file;
mod sections;

use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
pub use file::{machine_name, subsystem};

use crate::command::line::options::unknown;
use crate::debuggee::MemoryImage;
use crate::output::{Line, Role};
use crate::symbols::pe::{Directory, Image};
use crate::util::hex;

/// `!dh`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!dh"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Modules,
    usage: "[-f] [-s] [-a] MODULE | ADDRESS",
    summary: "Shows the headers of an image: file header, sections, data directories",
    help: "-f  only the file and optional header with the data directories\n\
           -s  only the sections\n\
           -a  everything, as without options\n\
           Triage dumps seldom hold headers: name the folder of the images with -i when opening the dump.",
    needs: Needs::Memory,
    run,
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (mut file_only, mut sections_only, mut place) = (false, false, None);
    for word in args.words() {
        match word {
            "-f" => file_only = true,
            "-s" => sections_only = true,
            "-a" => {}
            _ if word.starts_with('-') => return Err(unknown("!dh", word, "-f -s -a")),
            word if place.is_none() => place = Some(word),
            word => return Err(CommandError::Syntax(word.to_owned())),
        }
    }
    let place = place.ok_or_else(|| CommandError::Argument("!dh wants a module or an address".to_owned()))?;
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
            context.emit(record)?;
        }
        context.blank()?;
    }
    if both || sections_only {
        for (index, section) in image.headers().sections.iter().enumerate() {
            context.blank()?;
            context.emit(sections::record(index + 1, section))?;
        }
        context.blank()?;
    }
    if both {
        let entries = image.debug();
        if entries.is_empty() && image.headers().directory(Directory::Debug).is_some() {
            context.blank()?;
            let words = "The debug directory is not in the dump.";
            context.emit(Line::new().role(Role::Unreadable, words))?;
        }
        for record in debug::records(&entries) {
            context.emit(record)?;
        }
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
