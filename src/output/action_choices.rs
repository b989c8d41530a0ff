//! What else shows a thing besides its own command.

use super::action::{Action, module_name};
use crate::util::hex;

impl Action {
    /// The same thing by its type: an object that `dt` lays out, or a type; `None` where none is known.
    pub fn typed(&self) -> Option<Action> {
        let (ty, address) = match self {
            Action::Object { .. } | Action::Type(_) => return Some(self.clone()),
            Action::Thread(address) | Action::ThreadVariables(address) => ("nt!_ETHREAD", address),
            Action::Process(address)
            | Action::Peb(address)
            | Action::ProcessThreads(address)
            | Action::ThreadList(address)
            | Action::UniqueStacks(address)
            | Action::AddressSpace(address) => ("nt!_EPROCESS", address),
            Action::AlpcPort(address) => ("nt!_ALPC_PORT", address),
            Action::AlpcMessage(address) => ("nt!_KALPC_MESSAGE", address),
            Action::Token(address) => ("nt!_TOKEN", address),
            Action::Job(address) => ("nt!_EJOB", address),
            Action::Vad(address) => ("nt!_MMVAD", address),
            Action::Trap(address) => ("nt!_KTRAP_FRAME", address),
            Action::Context(address) => ("nt!_CONTEXT", address),
            Action::ExceptionRecord(address) => ("nt!_EXCEPTION_RECORD", address),
            Action::Irp(address) => ("nt!_IRP", address),
            Action::Device(address) | Action::DeviceStack(address) => ("nt!_DEVICE_OBJECT", address),
            Action::DeviceNode(address) => ("nt!_DEVICE_NODE", address),
            Action::Driver(address) => ("nt!_DRIVER_OBJECT", address),
            Action::File(address) => ("nt!_FILE_OBJECT", address),
            Action::NetBufferList(address) => ("ndis!_NET_BUFFER_LIST", address),
            Action::Structure(kind, address) => (kind.shown_by().1, address),
            Action::Pte(address) => ("nt!_MMPTE", address),
            _ => return None,
        };
        Some(Action::object(ty, *address))
    }

    /// The page of the pool that it may lie in: of addresses of data in the kernel's half of memory.
    pub fn pooled(&self) -> Option<Action> {
        let address = self.address().filter(|address| address >> 63 == 1)?;
        (!matches!(self, Action::Code(_))).then_some(Action::Pool(address))
    }

    /// More command lines that show something of the same thing, nearest first; of every address also what it is.
    pub fn choices(&self) -> Vec<String> {
        let what = self.address().map(|address| format!("!what {}", hex::tick(address)));
        self.own_choices().into_iter().chain(what).collect()
    }

    fn own_choices(&self) -> Vec<String> {
        let lines = |commands: &[&str], address: &u64| {
            commands.iter().map(|command| format!("{command} {}", hex::tick(*address))).collect()
        };
        match self {
            Action::Memory(address) | Action::Pointers(address) | Action::Numbers(address) => {
                let own = self.command().unwrap_or_default();
                let mut all: Vec<String> = lines(&["db", "dc", "dps", "dq", "ln", "u"], address);
                all.retain(|line| *line != own);
                all
            }
            Action::Code(address) => lines(&["uf", "ub", "ln", "db"], address),
            Action::Thread(address) => lines(&["!t", ".thread", "dq"], address),
            Action::Process(address) => lines(&[".process", "!peb /p", "!vad /p", "dq"], address),
            Action::Peb(process)
            | Action::ProcessThreads(process)
            | Action::ThreadList(process)
            | Action::UniqueStacks(process)
            | Action::AddressSpace(process) => {
                lines(&["!peb /p", "!vad /p", "!process", ".process"], process)
            }
            Action::AlpcPort(address) => lines(&["!alpc /lpc", "dps"], address),
            Action::Irp(address) => lines(&["dps", "db"], address),
            Action::Device(address) | Action::DeviceStack(address) => {
                let own = self.command().unwrap_or_default();
                let mut all: Vec<String> = lines(&["!devobj", "!devstack", "dps"], address);
                all.retain(|line| *line != own);
                all
            }
            Action::AlpcMessage(address)
            | Action::Token(address)
            | Action::Job(address)
            | Action::Vad(address)
            | Action::Trap(address)
            | Action::Context(address)
            | Action::ExceptionRecord(address)
            | Action::DeviceNode(address) => lines(&["dps"], address),
            Action::Driver(address) => lines(&["!drvobj", "dps"], address),
            Action::File(address) => lines(&["!object", "dps"], address),
            Action::Pte(address) => lines(&["dq", "dps"], address),
            Action::Object { ty, address, .. } if ty.ends_with("!_LIST_ENTRY") => {
                lines(&["dl", "dps", "db"], address)
            }
            Action::Structure(_, address) | Action::Object { address, .. } | Action::Pool(address) => {
                lines(&["dps", "db"], address)
            }
            Action::Number(value) => lines(&["ln", "db", "dps", "!pte"], value),
            Action::Frame(number) => vec![format!(".frame /r {number:x}")],
            Action::Processor(number) => vec![format!("!pcr {number}")],
            Action::Module(name) => match module_name(name) {
                Ok(name) => vec![format!("!lmi {name}"), format!("x {name}!*"), format!("lm m {name}")],
                Err(_) => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_type_is_laid_out_by_it() {
        let at = 0xffff8000_00001000;
        assert_eq!(Action::Thread(at).typed(), Some(Action::object("nt!_ETHREAD", at)));
        assert_eq!(Action::Type("nt!_LUID".into()).typed(), Some(Action::Type("nt!_LUID".into())));
        assert_eq!(Action::Pointers(at).typed(), None);
    }

    #[test]
    fn only_data_of_the_kernel_lies_in_a_pool() {
        let at = 0xffff8000_00001000;
        assert_eq!(Action::Pointers(at).pooled(), Some(Action::Pool(at)));
        assert_eq!(Action::Pointers(0x7ff6_0000_1000).pooled(), None);
        assert_eq!(Action::Code(at).pooled(), None);
        assert_eq!(Action::Frame(3).pooled(), None);
    }
}
