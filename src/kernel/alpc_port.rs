//! ALPC_PORT: an end of a connection by which processes send each other messages.

use super::object_header::ObjectHeader;
use super::process::Process;
use crate::debuggee::{Lack, Object, Scope};

/// A port. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct AlpcPort<'s>(Object<'s>);

/// Which end of a connection a port is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlpcPortKind {
    /// The one with a name, at which a server waits for clients.
    Connection,
    /// The server's end of a connection.
    ServerCommunication,
    /// The client's end.
    ClientCommunication,
}

/// The queues of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlpcQueue {
    /// Messages that nobody has received.
    Main,
    /// The same, of those that are too long for a list of completions.
    Large,
    /// Messages that were received and wait for an answer.
    Pending,
    /// Messages that their senders took back.
    Canceled,
}

impl AlpcQueue {
    /// All of them.
    pub const ALL: [AlpcQueue; 4] =
        [AlpcQueue::Main, AlpcQueue::Large, AlpcQueue::Pending, AlpcQueue::Canceled];
}

impl<'s> AlpcPort<'s> {
    /// The port at an address.
    ///
    /// # Errors
    /// Where no layout of `_ALPC_PORT` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<AlpcPort<'s>, Lack> {
        scope.object("nt!_ALPC_PORT", address).map(AlpcPort)
    }

    /// Every port of the system.
    ///
    /// # Errors
    /// Where the list's head or its types are not known; what is wrong with the list comes as its last element.
    pub fn all(scope: &'s Scope<'s>) -> Result<impl Iterator<Item = Result<AlpcPort<'s>, Lack>>, Lack> {
        let head = scope.global_of("nt!AlpcpPortList", "nt!_LIST_ENTRY")?;
        Ok(head.list("nt!_ALPC_PORT", "PortListEntry")?.map(|port| port.map(AlpcPort)))
    }

    /// Every port of the system by way of this one, for where no symbols name the list's head. The ports form a ring with
    /// the head, which lies in the kernel's image and is none.
    ///
    /// # Errors
    /// Where its connection does not know it, so that it is no port; what is wrong with the list comes as its last element.
    pub fn beside(&self) -> Result<impl Iterator<Item = Result<AlpcPort<'s>, Lack>> + use<'s>, Lack> {
        self.kind()?;
        let scope = self.0.scope();
        let others = self.0.field("PortListEntry")?.list("nt!_ALPC_PORT", "PortListEntry")?;
        let others = others.filter(|port| match port {
            Ok(port) => scope.modules().at(port.address()).is_none(),
            Err(_) => true,
        });
        Ok(std::iter::once(Ok(self.clone())).chain(others.map(|port| port.map(AlpcPort))))
    }

    /// The port itself.
    pub fn object(&self) -> &Object<'s> {
        &self.0
    }

    /// Its name; empty of a port without.
    ///
    /// # Errors
    /// As [`ObjectHeader::name`].
    pub fn name(&self) -> Result<String, Lack> {
        match ObjectHeader::of_body(self.0.scope(), self.address())?.name() {
            Err(Lack::Null { .. }) => Ok(String::new()),
            name => name,
        }
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Address of what the ends of its connection share.
    pub fn communication_info(&self) -> Result<u64, Lack> {
        self.0.field("CommunicationInfo")?.u64()
    }

    fn end(&self, member: &str) -> Result<u64, Lack> {
        self.0.field("CommunicationInfo")?.pointee_as("nt!_ALPC_COMMUNICATION_INFO")?.field(member)?.u64()
    }

    /// Address of the port to which the client connected.
    pub fn connection_port(&self) -> Result<u64, Lack> {
        self.end("ConnectionPort")
    }

    /// Address of the client's end; 0 of a port that is none of a connection.
    pub fn client_port(&self) -> Result<u64, Lack> {
        self.end("ClientCommunicationPort")
    }

    /// Address of the server's end; 0 of a port that is none of a connection.
    pub fn server_port(&self) -> Result<u64, Lack> {
        self.end("ServerCommunicationPort")
    }

    /// Which end it is: what the connection says that it is.
    ///
    /// # Errors
    /// [`Lack::Shape`] where the connection names other ports only.
    pub fn kind(&self) -> Result<AlpcPortKind, Lack> {
        let own = self.address();
        match () {
            () if self.connection_port()? == own => Ok(AlpcPortKind::Connection),
            () if self.server_port()? == own => Ok(AlpcPortKind::ServerCommunication),
            () if self.client_port()? == own => Ok(AlpcPortKind::ClientCommunication),
            () => Err(Lack::Shape { what: self.0.what(), wanted: "port of its own connection" }),
        }
    }

    /// The process that made it.
    ///
    /// # Errors
    /// [`Lack::Null`] where there is none any more.
    pub fn owner(&self) -> Result<Process<'s>, Lack> {
        let owner = self.0.field("OwnerProcess")?;
        match owner.u64()? {
            0 => Err(Lack::Null { what: owner.what() }),
            process => Process::at(self.0.scope(), process),
        }
    }

    /// The number of its next message.
    pub fn sequence_number(&self) -> Result<u64, Lack> {
        self.0.field("SequenceNo")?.u64()
    }

    /// Address of the completion port that hears of its messages; 0 without.
    pub fn completion_port(&self) -> Result<u64, Lack> {
        self.0.field("CompletionPort")?.u64()
    }

    /// How many messages are in a queue.
    pub fn queue_length(&self, queue: AlpcQueue) -> Result<u64, Lack> {
        self.0
            .field(match queue {
                AlpcQueue::Main => "MainQueueLength",
                AlpcQueue::Large => "LargeMessageQueueLength",
                AlpcQueue::Pending => "PendingQueueLength",
                AlpcQueue::Canceled => "CanceledQueueLength",
            })?
            .u64()
    }
}
