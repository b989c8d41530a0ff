//! Links of addresses: what shows an object best, and which address a link is about.

use super::action::Action;

impl Action {
    /// What shows an object of this type best: its own command, else the members of its structure, else its words.
    pub fn of_object(ty: &str, body: u64) -> Action {
        let structure = match ty {
            "Process" => return Action::Process(body),
            "Thread" => return Action::Thread(body),
            "Device" => return Action::Device(body),
            "Driver" => return Action::Driver(body),
            "File" => return Action::File(body),
            "ALPC Port" => return Action::AlpcPort(body),
            "Directory" => "nt!_OBJECT_DIRECTORY",
            "SymbolicLink" => "nt!_OBJECT_SYMBOLIC_LINK",
            "Event" => "nt!_KEVENT",
            "Mutant" => "nt!_KMUTANT",
            "Semaphore" => "nt!_KSEMAPHORE",
            "Section" => "nt!_SECTION",
            "Token" => "nt!_TOKEN",
            "Timer" => "nt!_ETIMER",
            "Job" => "nt!_EJOB",
            "Key" => "nt!_CM_KEY_BODY",
            _ => return Action::Pointers(body),
        };
        Action::object(structure, body)
    }

    /// The address that it is about, of links that are about one.
    pub fn address(&self) -> Option<u64> {
        use Action::{
            AlpcMessage, AlpcPort, Code, Context, Device, DeviceNode, DeviceStack, Driver, ExceptionRecord,
            File, Irp, Job, Memory, NetBufferList, Number, Numbers, Object, Pointers, Pool, Process, Pte,
            Structure, Thread, Token, Trap, Vad,
        };
        match self {
            Memory(at)
            | Pointers(at)
            | Numbers(at)
            | Code(at)
            | Number(at)
            | Trap(at)
            | Context(at)
            | ExceptionRecord(at)
            | Thread(at)
            | Process(at)
            | Vad(at)
            | Token(at)
            | Job(at)
            | AlpcPort(at)
            | AlpcMessage(at)
            | Irp(at)
            | Device(at)
            | DeviceStack(at)
            | DeviceNode(at)
            | Driver(at)
            | File(at)
            | NetBufferList(at)
            | Structure(_, at)
            | Pool(at)
            | Pte(at)
            | Object { address: at, .. } => Some(*at),
            _ => None,
        }
    }
}
