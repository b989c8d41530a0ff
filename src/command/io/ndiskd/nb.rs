//! `!ndiskd.nb`: a net buffer alone, and the memory that it describes.

use super::nbl::{VALUE, label, pointer};
use crate::command::show::device::leading;
use crate::command::show::missing::Missing;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::debuggee::{Lack, Object, Scope};
use crate::kernel::NetBuffer;
use crate::output::{Action, Cell, Field, Record};

/// `!ndiskd.nb`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ndiskd.nb", "!nb"],
    group: Group::Kernel,
    switches: Switches::words(&[Switch::flag("-chain", "the MDLs of its data, too")]).anywhere(),
    arguments: &[Argument::new("ADDRESS", Expects::Expression)],
    summary: "Shows a net buffer: its length, its place in the data, its pool, its MDLs",
    help: "!ndiskd.nbl shows the list that it is of, with all its buffers. The structure is public and is read without \
           symbols as well.\n\n\
           kd> !nb ffffdf8014952610\n    \
           NB                 ffffdf8014952610    Next NB            NULL\n    \
           Length             0                   Source pool        ffffdf80147e4a40\n    \
           First MDL          ffffdf8014a37930    DataOffset         0\n    \
           Current MDL        [First MDL]         Current MDL offset 0",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let words: Vec<&str> = args.words().collect();
    let address =
        context.evaluate_any(&words.join(" "))?.ok_or_else(|| CommandError::Syntax(args.name.to_owned()))?;
    let scope = context.session.scope();
    let buffer = NetBuffer::at(&scope, address);
    let current = buffer.number("CurrentMdl")?;
    let out = &mut context.out;
    let mut missing = Missing::default();
    let record = described(&scope, &buffer, current);
    missing.note(&record);
    out.emit(record)?;
    if args.has("-chain") {
        out.rows(buffer.mdls(), |mdl| of_mdl(&mdl, current))?;
    }
    missing.say(out)
}

/// A number in tens, marked where that makes a difference.
fn tens(value: Result<u64, Lack>) -> Cell {
    match value {
        Ok(value @ 0..10) => Cell::new(value),
        Ok(value) => Cell::new(value).shown(format!("0n{value}")),
        Err(why) => Cell::new(Field::from(why)),
    }
}

fn mdl(address: u64) -> Action {
    Action::object("nt!_MDL", address)
}

fn described(scope: &Scope<'_>, buffer: &NetBuffer<'_>, current: u64) -> Record {
    let first = buffer.number("MdlChain");
    let now = pointer(Ok(current), mdl);
    let now = match current {
        0 => now.shown("[NULL]"),
        _ if first == Ok(current) => now.shown("[First MDL]"),
        _ => now,
    };
    let pool = buffer.number("NdisPoolHandle");
    let record = Record::new("net_buffer")
        .labelled(
            format!("    {}", label("NB")),
            "address",
            Cell::new(Field::Address(buffer.address())).digits(16).left(VALUE),
        )
        .label(label("Next NB"))
        .cell("next", pointer(buffer.number("Next"), Action::Memory))
        .labelled(
            format!("    {}", label("Length")),
            "length",
            Cell::new(buffer.number("DataLength").map(Field::Hex)).left(VALUE),
        )
        .label(label("Source pool"))
        .cell("pool", pointer(pool.clone(), Action::Pool));
    super::nbl::place(record, "pool_name", scope, &pool)
        .labelled(format!("    {}", label("First MDL")), "first_mdl", pointer(first, mdl).left(VALUE))
        .label(label("DataOffset"))
        .cell("offset", tens(buffer.number("DataOffset")))
        .labelled(format!("    {}", label("Current MDL")), "current_mdl", now.left(VALUE))
        .label(label("Current MDL offset"))
        .cell("current_offset", tens(buffer.number("CurrentMdlOffset")))
}

fn of_mdl(object: &Object<'_>, current: u64) -> Record {
    let number = |member: &str| object.field(member).and_then(|field| field.u64());
    let title = if object.address() == current { "MDL [current]" } else { "MDL" };
    let process = number("Process");
    let system = process == Ok(0);
    let process = leading(process, Action::Process);
    Record::new("mdl")
        .labelled(format!("        {}", label(title)), "mdl", leading(Ok(object.address()), mdl).left(VALUE))
        .label(label("MDL Flags"))
        .cell("flags", number("MdlFlags").map(Field::Hex))
        .labelled(
            format!("        {}", label("MappedSystemVa")),
            "mapped",
            pointer(number("MappedSystemVa"), Action::Memory).left(VALUE),
        )
        .label(label("ByteCount"))
        .cell("bytes", tens(number("ByteCount")))
        .labelled(
            format!("        {}", label("Process")),
            "process",
            if system { process.shown("[System process]") } else { process }.left(VALUE),
        )
        .label(label("ByteOffset"))
        .cell("byte_offset", tens(number("ByteOffset")))
}
