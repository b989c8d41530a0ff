//! KALPC_MESSAGE: a message between processes, from being sent until nobody needs it any more.

use super::alpc_port::{AlpcPort, AlpcQueue};
use crate::debuggee::{Lack, Object, Scope};
use std::fmt;

/// A message. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct AlpcMessage<'s>(Object<'s>);

/// What a message is for: the low byte of PORT_MESSAGE.Type, with the names of phnt's ntlpcapi.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlpcMessageType(u64);

const TYPES: [&str; 14] = [
    "LPC_NEW_MESSAGE",
    "LPC_REQUEST",
    "LPC_REPLY",
    "LPC_DATAGRAM",
    "LPC_LOST_REPLY",
    "LPC_PORT_CLOSED",
    "LPC_CLIENT_DIED",
    "LPC_EXCEPTION",
    "LPC_DEBUG_EVENT",
    "LPC_ERROR_EVENT",
    "LPC_CONNECTION_REQUEST",
    "LPC_CONNECTION_REPLY",
    "LPC_CANCELED",
    "LPC_UNREGISTER_PROCESS",
];
/// LPC_CONTINUATION_REQUIRED of the same header: the sender waits for the answer.
const CONTINUATION: u64 = 0x2000;

impl AlpcMessageType {
    /// Whether its sender waits for an answer.
    pub fn wants_answer(self) -> bool {
        self.0 & CONTINUATION != 0
    }
}

impl fmt::Display for AlpcMessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match usize::try_from(self.0 & 0xff).ok().and_then(|at| TYPES.get(at)) {
            Some(name) => f.write_str(name),
            None => write!(f, "unknown type {:#x}", self.0),
        }
    }
}

impl<'s> AlpcMessage<'s> {
    /// The message at an address.
    ///
    /// # Errors
    /// Where no layout of `_KALPC_MESSAGE` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<AlpcMessage<'s>, Lack> {
        scope.object("nt!_KALPC_MESSAGE", address).map(AlpcMessage)
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    fn port_message(&self, member: &str) -> Result<u64, Lack> {
        let message = self.0.field("PortMessage")?;
        message.field(member)?.u64()
    }

    /// The number that both sides know it by.
    pub fn id(&self) -> Result<u64, Lack> {
        self.port_message("MessageId")
    }

    /// The number by which an answer finds it.
    pub fn callback_id(&self) -> Result<u64, Lack> {
        self.port_message("CallbackId")
    }

    /// Its number on its port.
    pub fn sequence_number(&self) -> Result<u64, Lack> {
        Ok(self.number("SequenceNo")? & 0xffff_ffff)
    }

    /// What it is for.
    pub fn kind(&self) -> Result<AlpcMessageType, Lack> {
        self.port_message("u2.s2.Type").map(|kind| AlpcMessageType(kind & 0xffff))
    }

    /// Bytes of what it says.
    pub fn data_length(&self) -> Result<u64, Lack> {
        self.port_message("u1.s1.DataLength").map(|length| length & 0xffff)
    }

    /// Bytes with its head.
    pub fn total_length(&self) -> Result<u64, Lack> {
        self.port_message("u1.s1.TotalLength").map(|length| length & 0xffff)
    }

    /// Whether its sender took it back.
    pub fn is_canceled(&self) -> Result<bool, Lack> {
        self.0.field("u1.s1.Canceled")?.is_set()
    }

    /// Whether it goes away once it is received.
    pub fn is_released(&self) -> Result<bool, Lack> {
        self.0.field("u1.s1.ReleaseMessage")?.is_set()
    }

    /// Whether who answers waits for an answer itself.
    pub fn is_reply_wait_reply(&self) -> Result<bool, Lack> {
        self.0.field("u1.s1.ReplyWaitReply")?.is_set()
    }

    /// Address of the port that it was sent by; 0 where that is gone.
    pub fn owner_port(&self) -> Result<u64, Lack> {
        self.number("OwnerPort")
    }

    /// The thread that waits for the answer; 0 without.
    pub fn waiting_thread(&self) -> Result<u64, Lack> {
        self.number("WaitingThread")
    }

    /// Address of the port in whose queue it stands; 0 where it stands in none.
    pub fn queue_port(&self) -> Result<u64, Lack> {
        self.number("PortQueue")
    }

    /// Which of that port's queues it stands in, by looking for it there: what the numbers in the message mean is not
    /// documented. `None` where it stands in none.
    ///
    /// # Errors
    /// A queue cannot be read, and the others do not have it.
    pub fn queue(&self) -> Result<Option<AlpcQueue>, Lack> {
        let port = match self.queue_port()? {
            0 => return Ok(None),
            port => AlpcPort::at(self.0.scope(), port)?,
        };
        let mut lack = None;
        for queue in AlpcQueue::ALL {
            match self.stands_in(&port, queue) {
                Ok(true) => return Ok(Some(queue)),
                Ok(false) => {}
                Err(why) => lack = Some(why),
            }
        }
        lack.map_or(Ok(None), Err)
    }

    fn stands_in(&self, port: &AlpcPort<'s>, queue: AlpcQueue) -> Result<bool, Lack> {
        for message in port.messages(queue)? {
            if message?.address() == self.address() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The server's thread that works on it; 0 without.
    pub fn server_thread(&self) -> Result<u64, Lack> {
        self.number("ServerThread")
    }

    /// Addresses of the ports in whose queue of canceled messages, and by whose numbering, it stands; 0 without.
    pub fn cancel_ports(&self) -> [Result<u64, Lack>; 2] {
        [self.number("CancelQueuePort"), self.number("CancelSequencePort")]
    }
}

impl<'s> AlpcPort<'s> {
    /// The messages in a queue; what is wrong with it comes last.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn messages(
        &self,
        queue: AlpcQueue,
    ) -> Result<impl Iterator<Item = Result<AlpcMessage<'s>, Lack>> + use<'s>, Lack> {
        let (member, link) = match queue {
            AlpcQueue::Main => ("MainQueue", "Entry"),
            AlpcQueue::Large => ("LargeMessageQueue", "Entry"),
            AlpcQueue::Pending => ("PendingQueue", "Entry"),
            AlpcQueue::Canceled => ("CanceledQueue", "CancelListEntry"),
        };
        let list = self.object().field(member)?.list("nt!_KALPC_MESSAGE", link)?;
        Ok(list.map(|message| message.map(AlpcMessage)))
    }
}
