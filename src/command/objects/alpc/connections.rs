//! `!alpc /lpc` and `/lpp`: who is connected with whom.

use super::port::port_at;
use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::show::process;
use crate::command::{CommandError, Context};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{AlpcPort, AlpcPortKind, AlpcQueue, Process};
use crate::output::{Branch, Cell, Line, Record, Role};
use crate::util::order::Order;
use std::collections::HashMap;

/// The ports of the system by what they are.
struct Ports<'s> {
    /// Those at which servers wait, in the order of the system's list.
    servers: Vec<AlpcPort<'s>>,
    /// The clients' ends, by the address of the port that they connected to.
    clients: HashMap<u64, Vec<AlpcPort<'s>>>,
    missing: Missing,
}

impl<'s> Ports<'s> {
    fn of(scope: &'s Scope<'s>, known: Option<u64>, out: &Out<'_>) -> Result<Ports<'s>, CommandError> {
        let mut ports = Ports { servers: Vec::new(), clients: HashMap::new(), missing: Missing::default() };
        for port in all(scope, known)? {
            out.check()?;
            let told = port.and_then(|port| Ok((port.kind()?, port.connection_port()?, port)));
            match told {
                Ok((AlpcPortKind::Connection, _, port)) => ports.servers.push(port),
                Ok((AlpcPortKind::ClientCommunication, to, port)) => {
                    ports.clients.entry(to).or_default().push(port);
                }
                // The client's end leads to it.
                Ok((AlpcPortKind::ServerCommunication, ..)) => {}
                Err(Lack::Stopped) => return Err(CommandError::Cancelled),
                Err(why) => ports.missing.add(&why.to_string()),
            }
        }
        Ok(ports)
    }

    fn of_server(&self, port: u64) -> &[AlpcPort<'s>] {
        self.clients.get(&port).map_or(&[], Vec::as_slice)
    }
}

/// The ports of the system, as a walk along them meets them.
type Walk<'s> = Box<dyn Iterator<Item = Result<AlpcPort<'s>, Lack>> + 's>;

/// The ports of the system: those of its list, or where no symbols name that, those beside one that is known.
fn all<'s>(scope: &'s Scope<'s>, known: Option<u64>) -> Result<Walk<'s>, Lack> {
    let why = match AlpcPort::all(scope) {
        Ok(all) => return Ok(Box::new(all)),
        Err(why) => why,
    };
    let beside = |port| AlpcPort::at(scope, port)?.beside();
    match known.map(beside) {
        Some(Ok(all)) => Ok(Box::new(all)),
        _ => Err(why),
    }
}

/// Why the ports of the system are not known.
fn lack(known: Option<u64>, context: &Context<'_>) -> Option<String> {
    let scope = context.session.scope();
    let why = all(&scope, known).err()?;
    Some(format!("the ALPC ports of the system are not known: {why}"))
}

/// The connections of a port.
pub(super) fn of_port(address: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    if let Some(lack) = lack(Some(address), context) {
        return context.lack(&lack);
    }
    let scope = context.session.scope();
    let out = &mut context.out;
    // A client's or server's end stands for the port that the client asked for.
    let address = AlpcPort::at(&scope, address)?.connection_port()?;
    let ports = Ports::of(&scope, Some(address), out)?;
    let clients = ports.of_server(address);
    let port = AlpcPort::at(&scope, address)?;
    out.within(Branch::new(server(&port, clients.len(), "Port @ ", " has ")), |out| {
        clients.iter().try_for_each(|client| out.emit(connection(client, &scope, true)))
    })?;
    ports.missing.say(out)
}

/// The ports of a process.
pub(super) fn of_process(address: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    if let Some(lack) = lack(None, context) {
        return context.lack(&lack);
    }
    let scope = context.session.scope();
    let out = &mut context.out;
    let process = Process::at(&scope, address)?;
    let ports = Ports::of(&scope, None, out)?;
    let is_of = |port: &AlpcPort<'_>| port.owner().is_ok_and(|owner| owner.address() == address);
    out.emit(heading("Ports created by the process ", &process))?;
    out.blank()?;
    for port in ports.servers.iter().filter(|port| is_of(port)) {
        let clients = ports.of_server(port.address());
        out.within(Branch::new(server(port, clients.len(), "    ", ", ")), |out| {
            clients.iter().try_for_each(|client| out.emit(connection(client, &scope, true)))
        })?;
    }
    out.blank()?;
    out.emit(heading("Ports the process is connected to: ", &process))?;
    out.blank()?;
    let mut of_others: Vec<&AlpcPort<'_>> =
        ports.clients.values().flatten().filter(|port| is_of(port)).collect();
    of_others.order_by_key(|port| port.address());
    of_others.into_iter().try_for_each(|client| out.emit(connection(client, &scope, false)))?;
    out.emit(Line::new())?;
    ports.missing.say(out)
}

fn heading(text: &str, process: &Process<'_>) -> Record {
    Record::new("process")
        .text(text)
        .cell("process", process::address(process.address()))
        .text(" (")
        .cell("name", Cell::new(process.name()).role(Role::Text))
        .text(")")
}

/// `Port @ ffff... ('ApiPort') has 14 connections`
fn server(port: &AlpcPort<'_>, connections: usize, before: &str, between: &str) -> Record {
    let record = Record::new("alpc_port").text(before).cell("address", port_at(&Ok(port.address())));
    let record = named(record, port);
    record.text(between).cell("connections", connections as u64).text(if connections == 1 {
        " connection"
    } else {
        " connections"
    })
}

fn named(record: Record, port: &AlpcPort<'_>) -> Record {
    match port.name() {
        Ok(name) if name.is_empty() => record.field("name", name),
        name => record.text("('").cell("name", Cell::new(name).role(Role::Text)).text("')"),
    }
}

/// `SRV:ffff... (m:0, p:0, l:0) <-> CLI:ffff... (m:0, p:0, l:0), Process=ffff... ('winlogon.exe')`: for the server's
/// view the client's process, else the server's port and process.
fn connection(client: &AlpcPort<'_>, scope: &Scope<'_>, for_server: bool) -> Record {
    let server = client.server_port();
    let end = |record: Record, keys: [&'static str; 2], port: Result<u64, Lack>| {
        let counts = port.clone().and_then(|at| match at {
            0 => Err(Lack::Null { what: "the port".to_owned() }),
            at => queues(&AlpcPort::at(scope, at)?),
        });
        let record = record.cell(keys[0], port_at(&port)).text(" (");
        record.cell(keys[1], Cell::new(counts).mark("?").role(Role::Text)).text(")")
    };
    let record = Record::new("alpc_connection").text("        SRV:");
    let record = end(record, ["server_port", "server_queues"], server);
    let record = end(record.text(" <-> CLI:"), ["client_port", "client_queues"], Ok(client.address()));
    let (owner, record) = match for_server {
        true => (client.owner(), record.text(", Process=")),
        false => {
            let port = client.connection_port();
            let record = record.text(", Port=").cell("connection_port", port_at(&port));
            match port.and_then(|at| AlpcPort::at(scope, at)) {
                Ok(port) => (port.owner(), named(record, &port).text(", Process=")),
                Err(why) => (Err(why), record.text(", Process=")),
            }
        }
    };
    match owner {
        Ok(owner) => record
            .cell("process", process::address(owner.address()))
            .text(" ('")
            .cell("process_name", Cell::new(owner.name()).role(Role::Text))
            .text("')"),
        Err(Lack::Null { .. }) => record.cell("process", "none"),
        Err(why) => record.cell("process", Cell::new(crate::output::Field::from(why)).digits(16)),
    }
}

/// `m:0, p:0, l:0`
fn queues(port: &AlpcPort<'_>) -> Result<String, Lack> {
    let [main, pending, large] =
        [AlpcQueue::Main, AlpcQueue::Pending, AlpcQueue::Large].map(|queue| port.queue_length(queue));
    Ok(format!("m:{}, p:{}, l:{}", main?, pending?, large?))
}
