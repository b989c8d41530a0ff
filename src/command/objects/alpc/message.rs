//! `!alpc /m`: a message.

use super::port::{kind_word, port_at, process_at};
use crate::command::show::missing::Missing;
use crate::command::show::thread;
use crate::command::{CommandError, Context};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{AlpcMessage, AlpcPort, AlpcQueue};
use crate::output::{Action, Cell, Field, Record, Role};

/// Where the colons stand.
const VALUES: usize = 24;

/// A message with who waits for it and where it is.
pub(super) fn show(address: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    let scope = context.session.scope();
    let message = AlpcMessage::at(&scope, address)?;
    let record = block(&message, &scope);
    let mut missing = Missing::default();
    missing.note(&record);
    context.out.emit(record)?;
    missing.say(&mut context.out)
}

fn block(message: &AlpcMessage<'_>, scope: &Scope<'_>) -> Record {
    let at = Cell::new(Field::Address(message.address())).digits(16);
    let record = Record::new("alpc_message")
        .text("Message @ ")
        .cell("address", at.link(Action::object("nt!_KALPC_MESSAGE", message.address())));
    let record = label(record, "MessageID").cell("id", number(message.id(), 4));
    let record = label(record, "CallbackID").cell("callback_id", number(message.callback_id(), 4));
    let record = label(record, "SequenceNumber").cell("sequence", number(message.sequence_number(), 8));
    let kind = message.kind();
    let word = kind.clone().map(|kind| kind.to_string());
    let record = label(record, "Type").cell("type", Cell::new(word).role(Role::Text));
    let record = label(record, "DataLength").cell("data_length", number(message.data_length(), 4));
    let record = label(record, "TotalLength").cell("total_length", number(message.total_length(), 4));
    let record = label(record, "Canceled").cell("canceled", yes(message.is_canceled()));
    let record = label(record, "Release").cell("release", yes(message.is_released()));
    let record = label(record, "ReplyWaitReply").cell("reply_wait_reply", yes(message.is_reply_wait_reply()));
    let continuation = kind.map(|kind| kind.wants_answer());
    let record = label(record, "Continuation").cell("continuation", yes(continuation));
    let record = port(label(record, "OwnerPort"), "owner_port", message.owner_port(), scope);
    let record = label(record, "WaitingThread").cell("waiting_thread", thread_at(message.waiting_thread()));
    let queue = message.queue().map(|queue| match queue {
        None => "ALPC_MSGQUEUE_NONE",
        Some(AlpcQueue::Main) => "ALPC_MSGQUEUE_MAIN",
        Some(AlpcQueue::Large) => "ALPC_MSGQUEUE_LARGE",
        Some(AlpcQueue::Pending) => "ALPC_MSGQUEUE_PENDING",
        Some(AlpcQueue::Canceled) => "ALPC_MSGQUEUE_CANCELED",
    });
    let record = label(record, "QueueType").cell("queue", Cell::new(queue).role(Role::Text));
    let queue_port = message.queue_port();
    let record = port(label(record, "QueuePort"), "queue_port", queue_port.clone(), scope);
    let owner = queue_port.and_then(|at| match at {
        0 => Err(Lack::Null { what: "QueuePort".to_owned() }),
        at => AlpcPort::at(scope, at)?.owner(),
    });
    let record = process_at(label(record, "QueuePortOwnerProcess"), "queue_port_owner", owner);
    let record = label(record, "ServerThread").cell("server_thread", thread_at(message.server_thread()));
    let [queue, sequence] = message.cancel_ports();
    let record = label(record, "CancelQueuePort").cell("cancel_queue_port", port_at(&queue));
    label(record, "CancelSequencePort").cell("cancel_sequence_port", port_at(&sequence))
}

/// Begins a line with a label, up to the colon.
fn label(record: Record, text: &str) -> Record {
    record.line("  ").text(text).pad_to(VALUES).text(": ")
}

/// `0x0BFC (3068)`
fn number(value: Result<u64, Lack>, digits: usize) -> Cell {
    let spelled = value.as_ref().map_or(String::new(), |value| format!("0x{value:0digits$X} ({value})"));
    Cell::new(value).shown(spelled)
}

fn yes(value: Result<bool, Lack>) -> Cell {
    let spelled = value.as_ref().map_or("", |value| if *value { "Yes" } else { "No" });
    Cell::new(value.clone()).shown(spelled).role(Role::Text)
}

/// A thread, or zeros where there is none.
fn thread_at(value: Result<u64, Lack>) -> Cell {
    match value {
        Ok(0) => Cell::new(Field::Address(0)).digits(16),
        Ok(at) => thread::address(at),
        Err(why) => Cell::new(Field::from(why)).digits(16),
    }
}

/// `fffffa8018a95e60 [ALPC_CLIENT_COMMUNICATION_PORT]`
fn port(record: Record, key: &'static str, value: Result<u64, Lack>, scope: &Scope<'_>) -> Record {
    let record = record.cell(key, port_at(&value));
    match value {
        Ok(at) if at != 0 => {
            let kind = AlpcPort::at(scope, at).and_then(|port| port.kind()).map(kind_word);
            record.text(" [").cell("port_type", Cell::new(kind).role(Role::Text)).text("]")
        }
        _ => record,
    }
}
