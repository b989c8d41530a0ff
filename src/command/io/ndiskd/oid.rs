//! `!ndiskd.oid`: the requests (OIDs) that the network works on.

use super::{INDENT, handle, head, label, list_or_one, told, untold};
use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::ndis::{NetAdapter, OidRequest, oid_name};
use crate::output::{Action, Cell, Field, Line, Record, Role, Structure};

/// `!ndiskd.oid`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ndiskd.oid", "!ndiskd.oids"],
    group: Group::Kernel,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows the requests (OIDs) that network adapters and their filters work on; one by its address",
    help: "Each adapter and each filter on it works on one request at a time. One that hangs there holds up all that come \
           after it: the lowest that has it is who to ask. ADDRESS is that of an NDIS_OID_REQUEST. The symbols of ndis are \
           needed.\n\n\
           kd> !ndiskd.oid\n    \
           Pending on         Address             Request\n    \
           Miniport           ffffe00089c571a0    fd010101 OID_PNP_SET_POWER (SetInformation) ffffe0008a2f1c60",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    list_or_one(args, context, list, one)
}

/// What every adapter and every filter works on, adapter by adapter, from the protocols down.
fn list(scope: &Scope<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let adapters = NetAdapter::all(scope).map_err(|why| untold(scope, why))?;
    out.emit(Line::new().label(head(&["Pending on", "Address", "Request"])))?;
    let mut missing = Missing::default();
    let mut count = 0;
    let mut row = |out: &mut Out<'_>, on: &'static str, holder: Cell, name, request| {
        if matches!(request, Err(Lack::Null { .. })) {
            return Ok(());
        }
        count += 1;
        let record = Record::new("net_request")
            .text(INDENT)
            .cell("pending_on", Cell::new(on).left(19))
            .cell("holder", holder.left(20));
        let record = pending(record, request).text("  ").cell("name", Cell::new(name).role(Role::Dim));
        missing.note(&record);
        out.emit(record)
    };
    for adapter in adapters {
        let Some(adapter) = told(adapter, out)? else { continue };
        match adapter.filters() {
            Err(why) => out.lacking(why)?,
            Ok(filters) => {
                for filter in filters {
                    match filter {
                        Ok(filter) => {
                            let holder = handle(Structure::NetFilter, filter.address());
                            row(out, "Filter", holder, filter.name(), filter.pending_oid())?;
                        }
                        Err(why) => out.lacking(why)?,
                    }
                }
            }
        }
        let holder = handle(Structure::NetAdapter, adapter.address());
        row(out, "Miniport", holder, adapter.name(), adapter.pending_oid())?;
    }
    if count == 0 {
        out.emit(Line::new().role(Role::Dim, format!("{INDENT}[No pending requests were found]")))?;
    }
    missing.say(out)
}

fn one(scope: &Scope<'_>, address: u64, out: &mut Out<'_>) -> Result<(), CommandError> {
    let request = OidRequest::at(scope, address).map_err(|why| untold(scope, why))?;
    let number = |member: &str| Cell::new(request.number(member));
    let record = Record::new("net_request").label("OID REQUEST").line(Line::new().label(label("Request")));
    let record = pending(record, OidRequest::at(scope, address))
        .labelled(label("Port"), "port", number("PortNumber"))
        .labelled(label("Timeout in seconds"), "timeout", number("Timeout"))
        .labelled(
            label("Buffer"),
            "buffer",
            Cell::new(request.number("DATA.QUERY_INFORMATION.InformationBuffer").map(Field::Address))
                .digits(16),
        )
        .text(", ")
        .cell("buffer_size", number("DATA.QUERY_INFORMATION.InformationBufferLength"))
        .text(" bytes");
    let mut missing = Missing::default();
    missing.note(&record);
    out.emit(record)?;
    missing.say(out)
}

/// What a block works on.
pub(super) fn pending(record: Record, request: Result<OidRequest<'_>, Lack>) -> Record {
    let request = match request {
        Ok(request) => request,
        Err(Lack::Null { .. }) => return record.cell("pending_oid", Cell::new(Field::Null).absent("None")),
        Err(why) => return record.cell("pending_oid", Field::from(why)),
    };
    let number = request.oid();
    let name = number.as_ref().ok().and_then(|&oid| oid_name(oid));
    let record = record.cell("pending_oid", Cell::new(number.map(Field::Hex)).digits(8));
    let record = match name {
        Some(name) => record.text(" ").cell("pending_oid_name", name),
        None => record,
    };
    let link = Action::object(OidRequest::TYPE, request.address());
    record
        .text(" (")
        .cell("pending_oid_kind", request.kind())
        .text(") ")
        .cell("pending_oid_request", Cell::new(Field::Address(request.address())).digits(16).link(link))
}
