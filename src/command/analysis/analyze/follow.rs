//! What an argument can be followed to. This file alone says which thing each kind of argument is on the screen.

use crate::analysis::{Argument, ParameterKind};
use crate::command::Context;
use crate::kernel::PteSpace;
use crate::memory::{Memory, ReadError};
use crate::output::Action;

/// The thing; `None` for numbers.
///
/// # Errors
/// The dump does not hold what would be shown.
pub fn action(argument: &Argument, context: &Context<'_>) -> Result<Option<Action>, ReadError> {
    let (kind, address) = (&argument.kind, argument.value);
    if !kind.is_address() || !Action::is_address(address) {
        return Ok(None);
    }
    let target = &context.session.target;
    if *kind == ParameterKind::Module {
        let module = target.modules().iter().find(|module| module.contains(address));
        return Ok(module.map(|module| Action::Module(module.name.as_str().into())));
    }
    target.memory().read(address, &mut [0])?;
    // What has a command of its own needs no types; the rest is shown by its type, or as it stands.
    Ok(Some(match kind {
        ParameterKind::Code => Action::Code(address),
        ParameterKind::TrapFrame => Action::Trap(address),
        ParameterKind::ContextRecord => Action::Context(address),
        ParameterKind::ExceptionRecord => Action::ExceptionRecord(address),
        ParameterKind::PoolBlock => Action::Pool(address),
        ParameterKind::Address if is_page_entry(address, context) => Action::Pte(address),
        ParameterKind::Address | ParameterKind::String => Action::Memory(address),
        ParameterKind::StackPointer => Action::Pointers(address),
        kind => object(kind, address, context),
    }))
}

/// Whether an address is that of a page table entry.
fn is_page_entry(address: u64, context: &Context<'_>) -> bool {
    PteSpace::of(&context.session.target).is_some_and(|space| space.contains(address))
}

/// The type of the object that an argument is the address of, where the dump holds the object and its type is known.
pub fn structure(argument: &Argument, context: &Context<'_>) -> Option<String> {
    let (kind, address) = (&argument.kind, argument.value);
    if !kind.is_address() || !Action::is_address(address) {
        return None;
    }
    let memory = context.session.target.memory();
    memory.read(address, &mut [0]).ok()?;
    let name = match kind {
        // The processor knows an entry by its lowest bit; what it does not use is laid out for the memory manager.
        ParameterKind::Address if is_page_entry(address, context) => match memory.u64(address).ok()? & 1 {
            1 => "nt!_MMPTE_HARDWARE",
            _ => "nt!_MMPTE_SOFTWARE",
        },
        kind => kind.structure()?,
    };
    known(name, context)
}

/// An object of a kind, or what stands at its address where its type is not known.
pub fn object(kind: &ParameterKind, address: u64, context: &Context<'_>) -> Action {
    match kind.structure().and_then(|name| known(name, context)) {
        Some(structure) => structured(kind, structure, address),
        None => Action::Pointers(address),
    }
}

/// An object whose type is known.
fn structured(kind: &ParameterKind, structure: String, address: u64) -> Action {
    match kind {
        ParameterKind::Thread => Action::Thread(address),
        ParameterKind::Process => Action::Process(address),
        ParameterKind::Irp | ParameterKind::IrpOrNull => Action::Irp(address),
        ParameterKind::DeviceObject => Action::Device(address),
        ParameterKind::DriverObject => Action::Driver(address),
        ParameterKind::FileObject => Action::File(address),
        // Lists of power requests, which one command shows as such.
        _ if structure.ends_with("_TRIAGE_9F_POWER") => Action::Run("!powertriage"),
        _ if structure.ends_with("_DEVICE_NODE") => Action::DeviceNode(address),
        _ if structure.ends_with("!_NET_BUFFER_LIST") => Action::NetBufferList(address),
        _ => Action::object(structure, address),
    }
}

/// The name by which a type is known: documentation and symbols differ in leading underscores.
fn known(name: &str, context: &Context<'_>) -> Option<String> {
    let (module, bare) = name.split_once('!')?;
    let other = bare.strip_prefix('_').map_or_else(|| format!("_{bare}"), str::to_owned);
    let target = &context.session.target;
    [name.to_owned(), format!("{module}!{other}")].into_iter().find(|name| target.find_type(name).is_some())
}
