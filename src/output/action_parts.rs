//! What an action is made of, for those who keep many.

use super::action::Action;

impl Action {
    /// The number of 64 bits that tells it from others of its kind: an address, mostly. `None` where it has none, or is kept
    /// whole.
    pub(crate) fn number_mut(&mut self) -> Option<&mut u64> {
        match self {
            Action::Memory(number)
            | Action::Pointers(number)
            | Action::Numbers(number)
            | Action::Physical(number)
            | Action::Code(number)
            | Action::Number(number)
            | Action::Object { address: number, .. }
            | Action::Trap(number)
            | Action::Context(number)
            | Action::ExceptionRecord(number)
            | Action::Thread(number)
            | Action::ThreadVariables(number)
            | Action::Process(number)
            | Action::Peb(number)
            | Action::ProcessThreads(number)
            | Action::ThreadList(number)
            | Action::UniqueStacks(number)
            | Action::AddressSpace(number)
            | Action::Vad(number)
            | Action::Token(number)
            | Action::Job(number)
            | Action::AlpcPort(number)
            | Action::AlpcMessage(number)
            | Action::Irp(number)
            | Action::Device(number)
            | Action::DeviceStack(number)
            | Action::DeviceNode(number)
            | Action::Driver(number)
            | Action::File(number)
            | Action::NetBufferList(number)
            | Action::Structure(_, number)
            | Action::Handle { handle: number, .. }
            | Action::What(number)
            | Action::Pool(number)
            | Action::Pte(number)
            | Action::PageFrame(number) => Some(number),
            Action::Run(_)
            | Action::Help(_)
            | Action::Type(_)
            | Action::More { .. }
            | Action::Frame(_)
            | Action::Processor(_)
            | Action::Module(_)
            | Action::Tag(_)
            | Action::PoolTag(_)
            | Action::TraceSession(_)
            | Action::ControlCode(_)
            | Action::ErrorCode(_)
            | Action::Reason(_) => None,
        }
    }

    /// Bytes of the names and texts that it holds.
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Action::Type(text)
            | Action::Object { ty: text, .. }
            | Action::Module(text)
            | Action::Reason(text) => text.len(),
            Action::More { options, expression } => options.len() + expression.len(),
            _ => 0,
        }
    }
}
