//! The power requests that are under way: what the power manager keeps of each.

use super::irp::Irp;
use super::irp_function::POWER;
use crate::debuggee::{Lack, Object, Scope};

/// POP_IRP_DATA: a power request that has not ended.
#[derive(Clone)]
pub struct PowerIrp<'s>(Object<'s>);

/// POP_IRP_WORKER_ENTRY: a thread that sends power requests to drivers.
#[derive(Clone)]
pub struct PowerThread<'s>(Object<'s>);

/// A list of the power manager's, and how it was found.
pub struct PowerList<'s> {
    /// Its head.
    pub head: Object<'s>,
    /// Whether the bug check's parameter led to it, not a symbol.
    pub of_bug_check: bool,
}

/// IRP_MN_WAIT_WAKE.
const WAIT_WAKE: u64 = 0;
/// DRIVER_POWER_STATE_FAILURE.
const DRIVER_POWER_STATE_FAILURE: u32 = 0x9f;
/// Which of its parameters is the nt!_TRIAGE_9F_POWER, and its signature
/// (<https://learn.microsoft.com/windows-hardware/drivers/debugger/bug-check-0x9f--driver-power-state-failure>).
const TRIAGE_PARAMETER: usize = 2;
const TRIAGE_SIGNATURE: u64 = 0x8000;
/// Parameter 1 of the case in which it is that: a device has blocked a request for too long.
const BLOCKED: u64 = 3;

/// nt!_TRIAGE_9F_POWER, where the bug check names one.
///
/// # Errors
/// It is another bug check; the types are not known; what lies there is another thing.
fn triage<'s>(scope: &'s Scope<'s>) -> Result<Object<'s>, Lack> {
    let none = || Lack::NoName { name: "a list of power requests in the bug check's parameters".to_owned() };
    let header = scope.target().header().map_err(|_| none())?;
    let is_blocked = header.bug_check_parameters.first() == Some(&BLOCKED);
    let at = header.bug_check_parameters.get(TRIAGE_PARAMETER).copied().unwrap_or_default();
    if header.bug_check_code & 0xffff != DRIVER_POWER_STATE_FAILURE || !is_blocked || at == 0 {
        return Err(none());
    }
    let triage = scope.object("nt!_TRIAGE_9F_POWER", at)?;
    let signature = triage.field("Signature")?;
    match signature.u64()? {
        TRIAGE_SIGNATURE => Ok(triage),
        _ => Err(Lack::Shape { what: signature.what(), wanted: "signature of what bug check 0x9F saves" }),
    }
}

/// The head of a list: a variable of the kernel, else a member of what the bug check names.
fn list<'s>(scope: &'s Scope<'s>, variable: &str, member: &str) -> Result<PowerList<'s>, Lack> {
    match scope.global_of(variable, "nt!_LIST_ENTRY") {
        Ok(head) => Ok(PowerList { head, of_bug_check: false }),
        Err(why) => match triage(scope).and_then(|triage| triage.field(member)?.pointee_as("nt!_LIST_ENTRY"))
        {
            Ok(head) => Ok(PowerList { head, of_bug_check: true }),
            Err(Lack::NoName { .. }) => Err(why),
            Err(other) => Err(other),
        },
    }
}

impl<'s> PowerIrp<'s> {
    /// The list of them: nt!PopIrpList.
    ///
    /// # Errors
    /// Neither a symbol nor the bug check tells where it lies.
    pub fn list(scope: &'s Scope<'s>) -> Result<PowerList<'s>, Lack> {
        list(scope, "nt!PopIrpList", "IrpList")
    }

    /// The requests of the list; what is wrong with it comes last.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn all(
        list: &PowerList<'s>,
    ) -> Result<impl Iterator<Item = Result<PowerIrp<'s>, Lack>> + use<'s>, Lack> {
        let found = list.head.list("nt!_POP_IRP_DATA", "Link")?;
        Ok(found.map(|found| found.map(PowerIrp)))
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A pointer or a number of its own: `Irp`, `Pdo`, `CurrentDevice`, `MinorFunction` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// The request itself.
    pub fn irp(&self) -> Result<Irp<'s>, Lack> {
        Irp::at(self.0.scope(), self.number("Irp")?)
    }

    /// What it asks: IRP_MN_WAIT_WAKE, IRP_MN_SET_POWER or IRP_MN_QUERY_POWER. Where the dump lacks what the power manager
    /// keeps, the request's own current location says so.
    pub fn function(&self) -> Result<u64, Lack> {
        self.number("MinorFunction").or_else(|why| {
            let current = self.irp().and_then(|irp| irp.current());
            current
                .and_then(|current| match current.major()? {
                    POWER => current.minor(),
                    _ => Err(why.clone()),
                })
                .map_err(|_| why)
        })
    }

    /// The state that it asks for: 0 for one of the system or 1 for one of the device, and which.
    pub fn state(&self) -> Result<(u64, u64), Lack> {
        let kept = self.number("PowerStateType").and_then(|kind| Ok((kind, self.number("PowerState")?)));
        kept.or_else(|why| {
            let low = |value: u64| value & u64::from(u32::MAX);
            let asked = self.irp().and_then(|irp| {
                let current = irp.current()?;
                // Parameters of WaitWake and of Power in wdm.h.
                match (current.major()?, current.minor()?) {
                    (POWER, WAIT_WAKE) => Ok((0, low(current.parameter(0)?))),
                    (POWER, _) => Ok((low(current.parameter(1)?), low(current.parameter(2)?))),
                    _ => Err(why.clone()),
                }
            });
            asked.map_err(|_| why)
        })
    }
}

impl<'s> PowerThread<'s> {
    /// The list of them: nt!PopIrpThreadList.
    ///
    /// # Errors
    /// As [`PowerIrp::list`].
    pub fn list(scope: &'s Scope<'s>) -> Result<PowerList<'s>, Lack> {
        list(scope, "nt!PopIrpThreadList", "ThreadList")
    }

    /// The threads of the list; what is wrong with it comes last.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn all(
        list: &PowerList<'s>,
    ) -> Result<impl Iterator<Item = Result<PowerThread<'s>, Lack>> + use<'s>, Lack> {
        let found = list.head.list("nt!_POP_IRP_WORKER_ENTRY", "Link")?;
        Ok(found.map(|found| found.map(PowerThread)))
    }

    /// A pointer or a number of its own: `Thread`, `Irp`, `Device`, `Static`.
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }
}
