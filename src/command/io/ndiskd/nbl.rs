//! `!ndiskd.nbl`: a net buffer list, and whose it is.

use super::owner::whose;
use crate::analysis::status_name;
use crate::command::line::Out;
use crate::command::show::device::leading;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{NBL_FLAGS, NetBuffer, NetBufferList, io_flags};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};

/// `!ndiskd.nbl`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ndiskd.nbl", "!nbl"],
    group: Group::Kernel,
    arguments: &[Argument::new("ADDRESS", Expects::Expression)],
    summary: "Shows a net buffer list: whose it is, its pool, parent, flags, status, chain, buffers and their MDLs",
    help: "Source is the handle of the driver that made the list, as it gave it to NDIS. With the symbols of ndis, the \
           adapter, filter or binding that has this handle is named. Without them: where it lies in a driver's image \
           that driver made it; where it leads to a block of NDIS or of a driver, the drivers whose routines that block \
           holds are named, which is no proof: a filter's block holds its neighbours' routines, too. The structures are \
           public and are read without symbols as well.\n\n\
           kd> !nbl ffffa4058c03a9f0\n    \
           NBL                ffffa4058c03a9f0    Next NBL           NULL\n    \
           First NB           NULL                Source             fffff80765094000 - wlanflt+0x4000",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let address =
        context.evaluate_any(args.text)?.ok_or_else(|| CommandError::Syntax(args.name.to_owned()))?;
    let scope = context.session.scope();
    let list = NetBufferList::at(&scope, address);
    list.number("Next")?;
    let out = &mut context.out;
    let mut missing = Missing::default();
    let record = described(&scope, &list);
    missing.note(&record);
    out.emit(record)?;
    out.blank()?;
    out.emit(whose(&scope, list.number("SourceHandle")))?;
    if !list.is_typed() {
        let text =
            "No symbols describe it: read by the public headers, as 64-bit Windows has it since NDIS 6.0";
        out.emit(Line::new().role(Role::Dim, text))?;
    }
    buffers(&list, &mut missing, out)?;
    missing.say(out)
}

/// `ffffc107f7be1d90`, or NULL.
pub(super) fn pointer(value: Result<u64, Lack>, link: fn(u64) -> Action) -> Cell {
    let is_null = matches!(value, Ok(0));
    let cell = leading(value, link);
    if is_null { cell.shown("NULL") } else { cell }
}

/// Columns of a value, behind its label of nineteen.
pub(super) const VALUE: usize = 20;

pub(super) fn label(text: &str) -> String {
    format!("{text:<19}")
}

/// The name of what an address lies in, behind a dash.
pub(super) fn place(
    record: Record,
    key: &'static str,
    scope: &Scope<'_>,
    address: &Result<u64, Lack>,
) -> Record {
    let named = address.as_ref().ok().filter(|&&at| at != 0).and_then(|&at| scope.target().name_address(at));
    match named {
        Some(named) => record.text(" - ").cell(key, Cell::new(named.text()).role(Role::Symbol)),
        None => record.field(key, Field::Null),
    }
}

fn described(scope: &Scope<'_>, list: &NetBufferList<'_>) -> Record {
    let at = list.address();
    let memory = Action::Memory;
    let (source, pool) = (list.number("SourceHandle"), list.number("NdisPoolHandle"));
    let flags = list.number("NblFlags");
    let mut names: Vec<String> = flags
        .as_ref()
        .map_or(Vec::new(), |&flags| io_flags::names_of(flags, NBL_FLAGS).map(str::to_owned).collect());
    // Bits without a public name are NDIS's own, or a miniport's.
    let known: u64 = NBL_FLAGS.iter().map(|(bit, _)| bit).sum();
    names.extend(
        flags
            .as_ref()
            .ok()
            .map(|flags| flags & !known)
            .filter(|&rest| rest != 0)
            .map(|rest| format!("{rest:#x}")),
    );
    let status = list.number("Status");
    let status_word = status.as_ref().ok().and_then(|&status| status_name(u32::try_from(status).ok()?));
    let chain = list.chain().map(|chain| chain.take_while(Result::is_ok).count() as u64);
    let record = Record::new("net_buffer_list")
        .labelled(
            format!("    {}", label("NBL")),
            "address",
            Cell::new(Field::Address(at)).digits(16).link(Action::Pool(at)).left(VALUE),
        )
        .label(label("Next NBL"))
        .cell("next", pointer(list.number("Next"), Action::NetBufferList))
        .labelled(
            format!("    {}", label("First NB")),
            "first_buffer",
            pointer(list.number("FirstNetBuffer"), memory).left(VALUE),
        )
        .label(label("Source"))
        .cell("source", pointer(source.clone(), memory));
    let record = place(record, "source_name", scope, &source)
        .labelled(
            format!("    {}", label("Parent")),
            "parent",
            pointer(list.number("ParentNetBufferList"), Action::NetBufferList).left(VALUE),
        )
        .label(label("Pool"))
        .cell("pool", pointer(pool.clone(), Action::Pool));
    let record = place(record, "pool_name", scope, &pool)
        .labelled(
            format!("    {}", label("Children")),
            "children",
            Cell::new(list.number("ChildRefCount")).left(VALUE),
        )
        .label(label("Context"))
        .cell("context", pointer(list.number("Context"), memory))
        .labelled(format!("    {}", label("In chain behind it")), "behind", Cell::new(chain).left(VALUE))
        .label(label("Status"))
        .cell("status", Cell::new(status.map(Field::Hex)).digits(8));
    let record = match status_word {
        Some(word) => record.text(" ").cell("status_name", word),
        None => record,
    };
    record
        .labelled(
            format!("    {}", label("NblFlags")),
            "nbl_flags",
            Cell::new(flags.map(Field::Hex)).digits(8),
        )
        .text("  ")
        .cell("nbl_flag_names", Cell::new(names.clone()).shown(names.join(", ")).role(Role::Text))
        .labelled(
            format!("    {}", label("Flags")),
            "flags",
            Cell::new(list.number("Flags").map(Field::Hex)).digits(8),
        )
}

/// More buffers than are listed of one list.
const MOST: usize = 256;

fn buffers(list: &NetBufferList<'_>, missing: &mut Missing, out: &mut Out<'_>) -> Result<(), CommandError> {
    let buffers = match list.buffers() {
        Ok(buffers) => buffers,
        Err(why) => {
            missing.add(&why.to_string());
            return Ok(());
        }
    };
    for (index, buffer) in buffers.enumerate() {
        if index == 0 {
            out.blank()?;
        }
        if index >= MOST {
            return out.emit(
                Line::new()
                    .role(Role::Warning, format!("    More than {MOST} buffers: the rest is not shown")),
            );
        }
        match buffer {
            Ok(buffer) => out.within(Branch::new(head(&buffer)), |out| {
                out.rows(buffer.mdls().map(|mdls| mdls.take(MOST)), |mdl| {
                    let number = |member: &str| mdl.field(member).and_then(|field| field.u64());
                    Record::new("mdl")
                        .text("        MDL ")
                        .cell("mdl", leading(Ok(mdl.address()), |at| Action::object("nt!_MDL", at)))
                        .text("  bytes ")
                        .cell("bytes", number("ByteCount"))
                        .text("  mapped at ")
                        .cell("mapped", leading(number("MappedSystemVa"), Action::Memory))
                })
            })?,
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => {
                out.emit(Line::new().role(Role::Warning, format!("    The rest of the buffers: {why}")))?
            }
        }
    }
    Ok(())
}

fn head(buffer: &NetBuffer<'_>) -> Record {
    Record::new("net_buffer")
        .text("    NB ")
        .cell("address", Cell::new(Field::Address(buffer.address())).digits(16))
        .text("  length ")
        .cell("length", buffer.number("DataLength"))
        .text("  offset ")
        .cell("offset", buffer.number("DataOffset"))
        .text("  current MDL ")
        .cell("current_mdl", leading(buffer.number("CurrentMdl"), |at| Action::object("nt!_MDL", at)))
        .text("  offset there ")
        .cell("current_offset", buffer.number("CurrentMdlOffset"))
}
