//! Structures of the kernel that say themselves what they are.

use super::object::shown;
use super::place::{of_thread, offset};
use super::{Certainty, Meanings, Question};
use crate::analysis::facts::modules::place;
use crate::analysis::facts::{Fact, Value};
use crate::kernel::pool::BlockState;
use crate::kernel::{
    AddressUse, DeviceObject, Dispatcher, DispatcherKind, Dpc, DriverObject, FileObject, Irp,
};
use crate::kernel::{Process, Thread};
use crate::output::Action;

pub(super) fn add(question: &Question<'_>, used: Option<&AddressUse<'_>>, found: &mut Meanings) {
    let block = match used {
        Some(AddressUse::Pool(place)) => place.block(),
        Some(AddressUse::Module(_)) | None => None,
        Some(_) => return,
    };
    if question.value >> 63 == 0 || found.meanings.iter().any(|meaning| meaning.fact.kind == "object") {
        return;
    }
    let own = question.value.is_multiple_of(8).then_some(question.value);
    let data = block
        .filter(|block| block.state == BlockState::Allocated && block.data() <= question.value)
        .map(|block| block.data())
        .filter(|data| own != Some(*data));
    for at in own.into_iter().chain(data) {
        let read = [irp, driver, device, file, thread, process, dpc];
        if let Some(fact) = read.into_iter().find_map(|read| read(question, at)) {
            found.add(Certainty::Likely, offset(fact, question.value, at));
            return;
        }
    }
}

fn irp(question: &Question<'_>, at: u64) -> Option<Fact> {
    let irp = Irp::at(question.scope, at).ok()?;
    let locations = irp.locations().ok()?;
    let end = locations.last().map(|location| location.address())?;
    // A request is as large as its stack locations ask for, or larger where its driver asked for more.
    let is_whole = irp.is_request().ok()? && irp.size().ok()? >= end.checked_sub(at)?;
    is_whole.then(|| {
        let holder = irp.driver_name().ok().filter(|name| !name.is_empty());
        let fact = Fact::new("irp").with("address", Value::Address(at)).link(Action::Irp(at));
        match holder {
            Some(driver) => fact.with("driver", driver).worded("what.irp_at"),
            None => fact.worded("what.irp"),
        }
    })
}

fn driver(question: &Question<'_>, at: u64) -> Option<Fact> {
    let driver = DriverObject::at(question.scope, at).ok()?;
    let is_one = driver.is_driver().ok()? && Some(driver.number("Size").ok()?) == driver.object().size();
    is_one.then(|| {
        Fact::new("driver_object")
            .with("address", Value::Address(at))
            .with("name", driver.name().unwrap_or_else(|_| "?".to_owned()))
            .worded("what.driver")
            .link(Action::Driver(at))
    })
}

fn device(question: &Question<'_>, at: u64) -> Option<Fact> {
    let device = DeviceObject::at(question.scope, at).ok()?;
    let is_one = device.is_device().ok()? && device.number("Size").ok()? >= device.object().size()?;
    let driver = device.driver().ok().filter(|driver| driver.is_driver() == Ok(true))?;
    is_one.then(|| {
        let name = device.name().ok();
        Fact::new("device_object")
            .with("address", Value::Address(at))
            .maybe("name", name.as_deref())
            .with("shown_name", shown(name.as_deref()))
            .with("driver", driver.name().unwrap_or_else(|_| "?".to_owned()))
            .worded("what.device")
            .link(Action::Device(at))
    })
}

fn file(question: &Question<'_>, at: u64) -> Option<Fact> {
    let file = FileObject::at(question.scope, at).ok()?;
    let is_one = file.is_file().ok()? && Some(file.number("Size").ok()?) == file.object().size();
    let name = file.file_name().ok();
    is_one.then(|| {
        Fact::new("file_object")
            .with("address", Value::Address(at))
            .maybe("name", name.as_deref())
            .with("shown_name", shown(name.as_deref()))
            .worded("what.file")
            .link(Action::File(at))
    })
}

fn thread(question: &Question<'_>, at: u64) -> Option<Fact> {
    let thread = Thread::at(question.scope, at).ok()?;
    let is_one = thread.is_thread().ok()?;
    let has_stack =
        thread.stack_limit().ok()? < thread.stack_base().ok()? && thread.stack_limit().ok()? >> 63 == 1;
    (is_one && has_stack).then(|| {
        of_thread(Fact::new("thread"), question, &thread).worded("what.thread").link(Action::Thread(at))
    })
}

fn process(question: &Question<'_>, at: u64) -> Option<Fact> {
    let process = Process::at(question.scope, at).ok()?;
    let is_one = Dispatcher::at(question.scope, at).ok()?.kind().ok()? == DispatcherKind::Process;
    let name =
        process.name().ok().filter(|name| !name.is_empty() && name.chars().all(|c| !c.is_control()))?;
    // Ids count in fours.
    let id = process.id().ok().filter(|id| id.is_multiple_of(4) && *id < 1 << 32)?;
    is_one.then(|| {
        Fact::new("process")
            .with("address", Value::Address(at))
            .with("process", name)
            .with("id", Value::Hex(id))
            .worded("what.process")
            .link(Action::Process(at))
    })
}

fn dpc(question: &Question<'_>, at: u64) -> Option<Fact> {
    let dpc = Dpc::at(question.scope, at).ok()?;
    let kind = dpc.kind().ok()?;
    let routine = dpc.routine().ok()?;
    let target = question.scope.target();
    target.modules().at(routine)?;
    Some(
        Fact::new("dpc")
            .with("address", Value::Address(at))
            .with("type", kind.to_string())
            .with("routine", place(target, routine))
            .worded("what.dpc")
            .link(Action::object("nt!_KDPC", at)),
    )
}
