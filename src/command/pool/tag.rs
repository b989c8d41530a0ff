//! `!tag`: which drivers have a tag in their code.

use super::owner_line::owner_line;
use crate::command::line::Out;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::Maker;
use crate::kernel::pool::{PoolTag, TagInModule, TagPlace, search_tag};
use crate::memory::Memory;
use crate::output::{Action, Branch, Cell, Field, Record, Role};
use std::ops::ControlFlow;

/// `!tag`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!tag"],
    group: Group::Kernel,
    switches: Switches::words(&[Switch::with(
        "-tag",
        Takes::Text,
        "TAG",
        "the tag, where it has blanks in quotes",
    )]),
    arguments: &[Argument::new("[TAG]", Expects::Text)],
    summary: "Finds the drivers that have a pool tag in their code",
    help: "Searches the code and the constants of every loaded driver for the four bytes of the tag: who allocates with a tag \
           states it as a constant, so a tag of unknown owner is mostly found in one driver. A short tag is filled up with \
           blanks; with 0x and digits the tag is given as a number. With images (-i, symbol path) also the drivers are searched \
           whose pages are not in the dump; which ones could not be is said.\n\n\
           kd> !tag Filt\n\
           wlanflt              1 hit",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// Hits of one driver that are shown with their bytes.
const SHOWN: usize = 8;
/// Bytes before a hit, and in all, that its line shows.
const BEFORE: u64 = 8;
const BYTES: usize = 20;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let word = args.text_of("-tag").or_else(|| args.words().next());
    let tag = word.and_then(parse).ok_or_else(|| {
        CommandError::Argument("!tag needs a tag of one to four characters: !tag TAG".to_owned())
    })?;
    let scope = context.session.scope();
    let owner = owner_line(tag, &context.session.pool_tags().owners, context.session.settings.language);
    let target = scope.target();
    let out = &mut context.out;
    out.emit(
        Record::new("tag_search")
            .text("Searching the code of all drivers for the tag '")
            .cell("tag", Cell::new(tag.to_string()).role(Role::Value))
            .text("' (")
            .cell("value", Cell::new(Field::Hex(tag.0.into())).digits(8).role(Role::Text))
            .text(")"),
    )?;
    out.emit(owner)?;
    let (mut failed, mut missing, mut found, mut searched) = (None, Vec::new(), 0u64, 0u64);
    search_tag(&scope, tag, &mut |module| {
        searched += module.searched;
        if module.missing > 0 || module.unknown.is_some() {
            missing.push((module.module.name.clone(), module.searched > 0));
        }
        if module.count == 0 {
            return ControlFlow::Continue(());
        }
        found += 1;
        let maker = target.origin(module.module).maker;
        let branch = Branch::new(head(&module, maker, context.session));
        let said = out.within(branch, |out| {
            module.places.iter().take(SHOWN).try_for_each(|at| out.emit(place(at, target.memory())))
        });
        match said {
            Ok(()) => ControlFlow::Continue(()),
            Err(why) => {
                failed = Some(why);
                ControlFlow::Break(())
            }
        }
    })?;
    if let Some(why) = failed {
        return Err(why);
    }
    let size = searched.div_ceil(1 << 10);
    out.emit(
        Record::new("tag_searched")
            .text("Found in ")
            .cell("modules", found)
            .text(" modules; ")
            .cell("searched", Cell::new(searched).shown(format!("{size} KB")))
            .text(" searched"),
    )?;
    not_searched(&missing, out)
}

/// Which modules could not be searched, or not wholly.
fn not_searched(missing: &[(String, bool)], out: &mut Out<'_>) -> Result<(), CommandError> {
    for (partly, what) in [
        (true, "Searched in part, some pages are not in the dump: "),
        (false, "Not searched, not in the dump: "),
    ] {
        let names: Vec<&str> =
            missing.iter().filter(|(_, some)| *some == partly).map(|(name, _)| name.as_str()).collect();
        if names.is_empty() {
            continue;
        }
        let cells = names.iter().map(|name| Cell::new(*name).link(Action::Module((*name).into())));
        let record = Record::new("tag_missing").field("partly", partly).text(what);
        out.emit(record.list("modules", ", ", cells))?;
    }
    Ok(())
}

/// One to four characters, or a number.
fn parse(word: &str) -> Option<PoolTag> {
    let word = word.trim_matches(['\'', '"']);
    if let Some(digits) = word.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok().map(PoolTag);
    }
    if word.is_empty() || word.len() > 4 || !word.is_ascii() {
        return None;
    }
    let mut bytes = [b' '; 4];
    bytes.iter_mut().zip(word.bytes()).for_each(|(to, from)| *to = from);
    Some(PoolTag::of(bytes))
}

/// A driver's line: name, hits, version, time stamp, path.
fn head(found: &TagInModule<'_>, maker: Maker, session: &crate::session::Session) -> Record {
    let module = found.module;
    let version =
        session.target.image(module).ok().and_then(|image| image.version()).and_then(|version| version.fixed);
    let version = version.map(|fixed| fixed.file_version.map(|part| part.to_string()).join("."));
    Record::new("tag_module")
        .cell(
            "module",
            Cell::new(module.name.as_str())
                .role(Role::Module)
                .link(Action::Module(module.name.as_str().into()))
                .left(16),
        )
        .text(" ")
        .cell("hits", Cell::new(found.count).right(4))
        .text(if found.count == 1 { " hit   " } else { " hits  " })
        .cell("version", Cell::new(version).left(18))
        .text(" ")
        .cell("time_stamp", crate::command::modules::lm::stamp(module, session))
        .text("  ")
        .cell("path", module.image_path.as_str())
        .field("third_party", maker == Maker::ThirdParty)
}

/// A hit's line: its address and the bytes around it.
fn place(found: &TagPlace, memory: &dyn Memory) -> Record {
    let at = found.address;
    let start = at.saturating_sub(BEFORE);
    let mut bytes = [0u8; BYTES];
    let (read, _) = memory.read_partial(start, &mut bytes);
    let shown = bytes.iter().take(read).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    Record::new("tag_hit")
        .text("    ")
        .cell("address", Cell::new(Field::Address(at)).link(Action::Code(start)))
        .text("  ")
        .cell("bytes", Cell::new(shown).role(Role::Value))
        .text(if found.in_code { "  in code" } else { "" })
        .field("in_code", found.in_code)
}
