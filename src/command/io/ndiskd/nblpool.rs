//! `!ndiskd.nblpool`: a pool of net buffer lists, and those that were taken from it.

use super::{INDENT, context as pointer, head, label, untold};
use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Scope;
use crate::kernel::NetBufferList;
use crate::kernel::ndis::NblPool;
use crate::output::{Action, Branch, Cell, Field, Record, Role};

/// `!ndiskd.nblpool`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ndiskd.nblpool"],
    group: Group::Kernel,
    arguments: &[Argument::new("ADDRESS", Expects::Expression)],
    summary: "Shows a pool of net buffer lists: its tag, who asked for it, the lists that were not given back, the other pools",
    help: "ADDRESS is what !nbl shows as the pool of a net buffer list (NdisPoolHandle). A list that stays allocated is one that \
           a driver has not given back: its source handle tells whose it is (!nbl). One pool leads to all others; the variable of \
           ndis that holds their list has no public name. NDIS may keep no list of what was taken from a pool: none listed is \
           no proof that none is out. The symbols of ndis are needed.\n\n\
           kd> !ndiskd.nblpool ffffe0008a1c4b40\n\
           NBL POOL\n\n    \
           Ndis handle        ffffe0008a1c4b40\n    \
           Tag                Mynb",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let address =
        context.evaluate_any(args.text)?.ok_or_else(|| CommandError::Syntax(args.name.to_owned()))?;
    let scope = context.session.scope();
    let out = &mut context.out;
    let pool = NblPool::at(&scope, address).map_err(|why| untold(&scope, why))?;
    let mut missing = Missing::default();
    let record = described(&scope, &pool);
    missing.note(&record);
    out.emit(record)?;
    out.blank()?;
    section(out, "net_buffer_lists", "ALLOCATED", &["NBL", "Source", "Status"], |out| {
        out.rows(pool.allocated(), |list| allocated(&list))
    })?;
    out.blank()?;
    section(out, "net_pools", "OTHER POOLS", &["Pool", "Owner", "Tag"], |out| {
        out.rows(pool.others(), |pool| other(&pool))
    })?;
    missing.say(out)
}

/// Rows under a title and the heads of their columns.
fn section(
    out: &mut Out<'_>,
    kind: &'static str,
    title: &'static str,
    columns: &[&str],
    rows: impl FnOnce(&mut Out<'_>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    out.within(Branch::new(Record::new(kind).label(title).line("").line(head(columns))), rows)
}

fn described(scope: &Scope<'_>, pool: &NblPool<'_>) -> Record {
    let allocator = pool.number("Allocator");
    let named =
        allocator.as_ref().ok().filter(|&&at| at != 0).and_then(|&at| scope.target().name_address(at));
    let link = Action::object(NblPool::TYPE, pool.address());
    let record = Record::new("net_pool")
        .label("NBL POOL")
        .line("")
        .labelled(
            label("Ndis handle"),
            "address",
            Cell::new(Field::Address(pool.address())).digits(16).link(link),
        )
        .labelled(label("Tag"), "tag", tag(pool))
        .labelled(label("Owner handle"), "owner", pointer(pool.number("OwnerHandle")))
        .labelled(label("Allocated by"), "allocator", pointer(allocator));
    let record = match named {
        Some(named) => record.text(" - ").cell("allocator_name", Cell::new(named.text()).role(Role::Symbol)),
        None => record.field("allocator_name", Field::Null),
    };
    record
        .labelled(label("Context size"), "context_size", pool.number("ContextSize"))
        .labelled(label("Data size"), "data_size", pool.number("DataSize"))
        .labelled(label("Flags"), "flags", Cell::new(pool.number("Flags").map(Field::Hex)).digits(8))
}

/// Four letters, the first in the lowest byte.
fn tag(pool: &NblPool<'_>) -> Cell {
    let text = pool.number("Tag").map(|tag| {
        let bytes = u32::try_from(tag).unwrap_or_default().to_le_bytes();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    Cell::new(text)
}

fn allocated(list: &NetBufferList<'_>) -> Record {
    let status = Cell::new(list.number("Status").map(Field::Hex)).digits(8);
    Record::new("net_buffer_list")
        .text(INDENT)
        .cell(
            "address",
            Cell::new(Field::Address(list.address()))
                .digits(16)
                .left(19)
                .link(Action::NetBufferList(list.address())),
        )
        .cell("source", pointer(list.number("SourceHandle")).left(20))
        .cell("status", status)
}

fn other(pool: &NblPool<'_>) -> Record {
    let link = Action::object(NblPool::TYPE, pool.address());
    Record::new("net_pool")
        .text(INDENT)
        .cell("address", Cell::new(Field::Address(pool.address())).digits(16).left(19).link(link))
        .cell("owner", pointer(pool.number("OwnerHandle")).left(20))
        .cell("tag", tag(pool))
}
