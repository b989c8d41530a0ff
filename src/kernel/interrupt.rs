//! KINTERRUPT: what a driver connected to an interrupt.

use super::processor::Processor;
use crate::debuggee::{Lack, Object};
use crate::memory::Memory;

/// KOBJECTS of wdm.h: InterruptObject.
const INTERRUPT: u64 = 22;

/// An interrupt object.
#[derive(Clone)]
pub struct Interrupt<'s>(Object<'s>);

impl<'s> Interrupt<'s> {
    /// What is connected to a vector of a processor, whose gate leads to `handler`; [`Lack::Null`] for nothing.
    ///
    /// # Errors
    /// Where the layouts are not known or memory cannot be read.
    pub fn of_vector(processor: &Processor<'s>, vector: u64, handler: u64) -> Result<Interrupt<'s>, Lack> {
        match processor.object().field("InterruptObject") {
            Ok(objects) => {
                let interrupt = Interrupt(objects.index(vector)?.pointee_as("nt!_KINTERRUPT")?);
                interrupt.checked()
            }
            // Before it was serviced, Windows 7 let the gate lead to code inside the object.
            Err(lack) => {
                let scope = processor.object().scope();
                let code = scope.object("nt!_KINTERRUPT", 0)?.field("DispatchCode").map_err(|_| lack)?;
                let object = scope.object("nt!_KINTERRUPT", handler.wrapping_sub(code.address()))?;
                let what = object.what();
                Interrupt(object).checked().map_err(|_| Lack::Null { what })
            }
        }
    }

    fn checked(self) -> Result<Interrupt<'s>, Lack> {
        let member = self.0.field("Type")?;
        match member.u64()? {
            INTERRUPT => Ok(self),
            _ => Err(Lack::Shape { what: member.what(), wanted: "type of an interrupt object" }),
        }
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// The driver's function that is called.
    pub fn service_routine(&self) -> Result<u64, Lack> {
        // For message-signalled interrupts the kernel's own function stands before the driver's.
        match self.routine("MessageServiceRoutine", 1) {
            Ok(0) | Err(_) => self.routine("ServiceRoutine", 0),
            found => found,
        }
    }

    /// A function whose pointer stands so many words behind InterruptListEntry: in every x64 build from 5.2 to
    /// 10.0.26100, while some layouts leave out pointers to functions.
    fn routine(&self, member: &str, words: u64) -> Result<u64, Lack> {
        if let Ok(member) = self.0.field(member) {
            return member.u64();
        }
        let list = self.0.field("InterruptListEntry")?;
        let at = list.address().wrapping_add(list.size().unwrap_or(16)).wrapping_add(words * 8);
        let why = |why| Lack::Unreadable { what: format!("{member} of {}", self.0.what()), why };
        self.0.scope().memory().u64(at).map_err(why)
    }

    /// What the function is called with.
    pub fn service_context(&self) -> Result<u64, Lack> {
        self.0.field("ServiceContext")?.u64()
    }

    /// The IRQL at which it is called.
    pub fn irql(&self) -> Result<u64, Lack> {
        self.0.field("Irql")?.u64()
    }

    /// The other interrupt objects of the same vector; what is wrong with their list comes last.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn others(&self) -> Result<impl Iterator<Item = Result<Interrupt<'s>, Lack>> + use<'s>, Lack> {
        let link = "InterruptListEntry";
        let own = self.0.field(link)?;
        // A list of its own that was never made.
        let alone = own.field("Flink")?.u64()? == 0;
        let others = own.list("nt!_KINTERRUPT", link)?;
        Ok(others.take(if alone { 0 } else { usize::MAX }).map(|found| found.map(Interrupt)))
    }
}
