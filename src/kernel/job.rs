//! EJOB: processes that are limited and counted together.

use crate::debuggee::{Lack, Object, Scope};

/// A job. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Job<'s>(Object<'s>);

impl<'s> Job<'s> {
    pub(super) fn of(job: Object<'s>) -> Job<'s> {
        Job(job)
    }

    /// The job at an address.
    ///
    /// # Errors
    /// Where no layout of `_EJOB` is at hand, or the dump contradicts it.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Job<'s>, Lack> {
        scope.object("nt!_EJOB", address).map(Job)
    }

    /// Address of the EJOB.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A number that it has under this name, which is Windows' own: `TotalProcesses`, `LimitFlags` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// JOB_OBJECT_LIMIT_* (winnt.h) in force.
    pub fn limit_flags(&self) -> Result<u64, Lack> {
        self.number("LimitFlags")
    }

    /// The job that it is part of, since Windows 8; [`Lack::Null`] for one on its own.
    pub fn parent(&self) -> Result<Job<'s>, Lack> {
        self.0.field("ParentJob")?.pointee_as("nt!_EJOB").map(Job)
    }

    /// The list of the processes that are assigned to it, whose EPROCESSes are linked by `JobLinks`.
    pub fn process_list(&self) -> Result<Object<'s>, Lack> {
        self.0.field("ProcessListHead")
    }
}
