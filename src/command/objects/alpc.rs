//! `!alpc`: a port by which processes send each other messages.

use crate::command::show::missing::Missing;
use crate::command::show::process;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs, Switch, Switches, Takes};
use crate::debuggee::Lack;
use crate::kernel::{AlpcPort, AlpcPortKind, AlpcQueue};
use crate::output::{Action, Cell, Field, Record, Role};

/// `!alpc`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!alpc"],
    group: Group::Kernel,
    switches: Switches::letters(&[Switch::with("/p", Takes::Value, "PORT", "a port, by its address")]),
    summary: "Shows an ALPC port: which end it is, the other ends, its process, its queues",
    help: "PORT is the address of an ALPC_PORT, as !handle shows it for handles of the type 'ALPC Port'. The type is what the \
           connection says of the port. Messages, and the ports of a whole process, are not shown.\n\n\
           kd> !alpc /p ffffa405`8c0353c0",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Where the colons stand.
const VALUES: usize = 27;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let Some(address) = args.number("/p") else {
        return Err(CommandError::Argument("!alpc /p PORT shows a port".to_owned()));
    };
    if !args.text.is_empty() {
        return Err(CommandError::Syntax(args.text.to_owned()));
    }
    let scope = context.session.scope();
    let port = AlpcPort::at(&scope, address)?;
    let record = block(&Facts::of(&port));
    let mut missing = Missing::default();
    missing.note(&record);
    context.out.emit(record)?;
    missing.say(&mut context.out)
}

/// What is said of a port.
struct Facts {
    address: u64,
    kind: Result<AlpcPortKind, Lack>,
    communication_info: Result<u64, Lack>,
    connection_port: Result<u64, Lack>,
    client_port: Result<u64, Lack>,
    server_port: Result<u64, Lack>,
    owner: Result<u64, Lack>,
    owner_name: Result<String, Lack>,
    sequence: Result<u64, Lack>,
    completion_port: Result<u64, Lack>,
    queues: [Result<u64, Lack>; 4],
}

impl Facts {
    fn of(port: &AlpcPort<'_>) -> Facts {
        let owner = port.owner();
        let queues = [AlpcQueue::Main, AlpcQueue::Large, AlpcQueue::Pending, AlpcQueue::Canceled];
        Facts {
            address: port.address(),
            kind: port.kind(),
            communication_info: port.communication_info(),
            connection_port: port.connection_port(),
            client_port: port.client_port(),
            server_port: port.server_port(),
            owner: owner.as_ref().map(|owner| owner.address()).map_err(Clone::clone),
            owner_name: owner.and_then(|owner| owner.name()),
            sequence: port.sequence_number(),
            completion_port: port.completion_port(),
            queues: queues.map(|queue| port.queue_length(queue)),
        }
    }
}

fn block(port: &Facts) -> Record {
    let pointer = |value: &Result<u64, Lack>, ty: &'static str| {
        let cell = Cell::new(value.clone().map(Field::Address)).digits(16);
        if value.as_ref().is_ok_and(|at| *at != 0) { cell.follow(|at| Action::object(ty, at)) } else { cell }
    };
    let port_at = |value: &Result<u64, Lack>| pointer(value, "nt!_ALPC_PORT");
    let kind = port.kind.as_ref().map_err(Clone::clone).map(|kind| match kind {
        AlpcPortKind::Connection => "ALPC_CONNECTION_PORT",
        AlpcPortKind::ServerCommunication => "ALPC_SERVER_COMMUNICATION_PORT",
        AlpcPortKind::ClientCommunication => "ALPC_CLIENT_COMMUNICATION_PORT",
    });
    let record = Record::new("alpc_port").text("Port @ ").cell("address", port_at(&Ok(port.address)));
    let record = label(record, "Type").cell("type", Cell::new(kind).role(Role::Text));
    let info = pointer(&port.communication_info, "nt!_ALPC_COMMUNICATION_INFO");
    let record = label(record, "CommunicationInfo").cell("communication_info", info);
    let record = label(record, "ConnectionPort").cell("connection_port", port_at(&port.connection_port));
    let record = label(record, "ClientCommunicationPort").cell("client_port", port_at(&port.client_port));
    let record = label(record, "ServerCommunicationPort").cell("server_port", port_at(&port.server_port));
    let record = label(record, "OwnerProcess");
    let record = match &port.owner {
        Ok(owner) => {
            let name = Cell::new(port.owner_name.clone()).role(Role::Text);
            record.cell("owner", process::address(*owner)).text(" (").cell("owner_name", name).text(")")
        }
        Err(why) => {
            record.cell("owner", Cell::new(Field::from(why.clone())).absent("0".repeat(16)).digits(16))
        }
    };
    let spelled = port.sequence.as_ref().map_or(String::new(), |number| format!("0x{number:08X} ({number})"));
    let record =
        label(record, "SequenceNo").cell("sequence", Cell::new(port.sequence.clone()).shown(spelled));
    let completion = Cell::new(port.completion_port.clone().map(Field::Address)).digits(16);
    let record = label(record, "CompletionPort").cell("completion_port", completion);
    let queues = [
        ("Main queue", "main_queue"),
        ("Large message queue", "large_queue"),
        ("Pending queue", "pending_queue"),
        ("Canceled queue", "canceled_queue"),
    ];
    queues.into_iter().zip(&port.queues).fold(record.line(""), |record, ((title, key), length)| {
        let record = record.line(format!(" {title} "));
        match length {
            Ok(0) => record.field(key, 0u64).text("is empty."),
            Ok(length) => record.text("has ").cell(key, *length).text(" messages."),
            Err(why) => record.text("has ").cell(key, Cell::new(Field::from(why.clone()))).text(" messages."),
        }
    })
}

/// Begins a line with a label, up to the colon.
fn label(record: Record, text: &str) -> Record {
    record.line(" ").text(text).pad_to(VALUES).text(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of the public documentation (of a 32-bit system, so that its addresses are shorter), made of their values.
    #[test]
    fn lines_are_those_of_the_documentation() {
        let facts = Facts {
            address: 0x8393_d580,
            kind: Ok(AlpcPortKind::Connection),
            communication_info: Ok(0x8393_d4e0),
            connection_port: Ok(0x8393_d580),
            client_port: Ok(0),
            server_port: Err(Lack::NoName { name: "_ALPC_COMMUNICATION_INFO".to_owned() }),
            owner: Ok(0x8393_d838),
            owner_name: Ok("csrss.exe".to_owned()),
            sequence: Ok(0x3c9),
            completion_port: Ok(0),
            queues: [Ok(0), Ok(0), Ok(2), Ok(0)],
        };
        let lines: Vec<String> = block(&facts).lines.iter().map(|line| line.plain()).collect();
        assert_eq!(lines[0], "Port @ 000000008393d580");
        assert_eq!(lines[1], " Type                      : ALPC_CONNECTION_PORT");
        assert_eq!(lines[2], " CommunicationInfo         : 000000008393d4e0");
        assert_eq!(lines[4], " ClientCommunicationPort   : 0000000000000000");
        assert_eq!(lines[5], " ServerCommunicationPort   : ????????????????");
        assert_eq!(lines[6], " OwnerProcess              : 000000008393d838 (csrss.exe)");
        assert_eq!(lines[7], " SequenceNo                : 0x000003C9 (969)");
        assert_eq!(
            lines[10..13],
            [" Main queue is empty.", " Large message queue is empty.", " Pending queue has 2 messages."]
        );
    }
}
