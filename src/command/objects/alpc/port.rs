//! `!alpc /p`: a port.

use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::show::{process, thread};
use crate::command::{CommandError, Context};
use crate::debuggee::Lack;
use crate::kernel::{AlpcMessage, AlpcPort, AlpcPortKind, AlpcQueue, Process};
use crate::output::{Action, Branch, Cell, Field, Record, Role};

/// Where the colons stand.
const VALUES: usize = 27;

/// A port with its queues and the messages in them.
pub(super) fn show(address: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    let scope = context.session.scope();
    let port = AlpcPort::at(&scope, address)?;
    let facts = Facts::of(&port);
    let record = block(&facts);
    let out = &mut context.out;
    let mut missing = Missing::default();
    missing.note(&record);
    out.emit(record)?;
    for (queue, length) in AlpcQueue::ALL.into_iter().zip(&facts.queues) {
        match length {
            Ok(0) => out.emit(
                Record::new("alpc_queue").text(title(queue)).field(key(queue), 0u64).text("is empty."),
            )?,
            length => {
                let count = Cell::new(length.clone());
                let head = Record::new("alpc_queue").text(title(queue)).text("has ").cell(key(queue), count);
                let head = head.text(" messages.");
                missing.note(&head);
                out.within(Branch::new(head), |out| messages(&port, queue, &mut missing, out))?;
            }
        }
    }
    missing.say(out)
}

/// The messages of a queue that are shown; `!alpc /m` shows each.
const MOST_SHOWN: usize = 64;

fn messages(
    port: &AlpcPort<'_>,
    queue: AlpcQueue,
    missing: &mut Missing,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let messages = match port.messages(queue) {
        Ok(messages) => messages,
        Err(why) => {
            missing.add(&why.to_string());
            return Ok(());
        }
    };
    for (at, message) in messages.enumerate() {
        let message = match message {
            Ok(message) => message,
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => {
                missing.add(&why.to_string());
                return Ok(());
            }
        };
        if at == MOST_SHOWN {
            return out.warn(Some(format!("more than {MOST_SHOWN} messages; the rest is not shown")));
        }
        let row = row(&message);
        missing.note(&row);
        out.emit(row)?;
    }
    Ok(())
}

/// `    ffff8a0f4c3d2c20 0BFC LPC_REQUEST, waited for by ffff..., worked on by ffff...`
fn row(message: &AlpcMessage<'_>) -> Record {
    let at = Cell::new(Field::Address(message.address())).digits(16);
    let id = message.id();
    let spelled = id.as_ref().map_or(String::new(), |id| format!("{id:04X}"));
    let kind = message.kind().map(|kind| kind.to_string());
    let record = Record::new("alpc_message")
        .text("    ")
        .cell("address", at.follow(Action::AlpcMessage))
        .text(" ")
        .cell("id", Cell::new(id).shown(spelled))
        .text(" ")
        .cell("type", Cell::new(kind).role(Role::Text));
    let of_thread = |record: Record, key, text: &str, thread: Result<u64, Lack>| match thread {
        Ok(0) => record.field(key, Field::Null),
        Ok(at) => record.text(text).cell(key, thread::address(at)),
        Err(why) => record.text(text).cell(key, Cell::new(Field::from(why)).digits(16)),
    };
    let record = of_thread(record, "waiting_thread", ", waited for by ", message.waiting_thread());
    of_thread(record, "server_thread", ", worked on by ", message.server_thread())
}

fn title(queue: AlpcQueue) -> &'static str {
    match queue {
        AlpcQueue::Main => " Main queue ",
        AlpcQueue::Large => " Large message queue ",
        AlpcQueue::Pending => " Pending queue ",
        AlpcQueue::Canceled => " Canceled queue ",
    }
}

fn key(queue: AlpcQueue) -> &'static str {
    match queue {
        AlpcQueue::Main => "main_queue",
        AlpcQueue::Large => "large_queue",
        AlpcQueue::Pending => "pending_queue",
        AlpcQueue::Canceled => "canceled_queue",
    }
}

/// What WinDbg calls an end of a connection.
pub(super) fn kind_word(kind: AlpcPortKind) -> &'static str {
    match kind {
        AlpcPortKind::Connection => "ALPC_CONNECTION_PORT",
        AlpcPortKind::ServerCommunication => "ALPC_SERVER_COMMUNICATION_PORT",
        AlpcPortKind::ClientCommunication => "ALPC_CLIENT_COMMUNICATION_PORT",
    }
}

/// The address of a port, which leads to it.
pub(super) fn port_at(value: &Result<u64, Lack>) -> Cell {
    let cell = Cell::new(value.clone().map(Field::Address)).digits(16);
    if value.as_ref().is_ok_and(|at| *at != 0) { cell.follow(Action::AlpcPort) } else { cell }
}

/// `fffffa801807b8f0 (svchost.exe)`; zeros where there is no process.
pub(super) fn process_at(record: Record, key: &'static str, owner: Result<Process<'_>, Lack>) -> Record {
    match owner {
        Ok(owner) => {
            let name = Cell::new(owner.name()).role(Role::Text);
            let record = record.cell(key, process::address(owner.address()));
            record.text(" (").cell("owner_name", name).text(")")
        }
        Err(why) => record.cell(key, Cell::new(Field::from(why)).absent("0".repeat(16)).digits(16)),
    }
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
            queues: AlpcQueue::ALL.map(|queue| port.queue_length(queue)),
        }
    }
}

fn block(port: &Facts) -> Record {
    let pointer = |value: &Result<u64, Lack>, ty: &'static str| {
        let cell = Cell::new(value.clone().map(Field::Address)).digits(16);
        if value.as_ref().is_ok_and(|at| *at != 0) { cell.follow(|at| Action::object(ty, at)) } else { cell }
    };
    let kind = port.kind.clone().map(kind_word);
    let own = Cell::new(Field::Address(port.address)).digits(16);
    let own = own.follow(|at| Action::object("nt!_ALPC_PORT", at));
    let record = Record::new("alpc_port").text("Port @ ").cell("address", own);
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
    record.line("")
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
    }
}
