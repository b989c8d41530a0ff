//! A process.

use super::Member;
use crate::debuggee::Lack;
use crate::eval::model::error::ModelError;
use crate::eval::model::machine::Model;
use crate::eval::model::value::{Source, Value};
use crate::kernel::Process;

pub(super) const MEMBERS: &[&str] =
    &["KernelObject", "Name", "Id", "Threads", "Modules", "Environment", "Io"];

impl Model<'_> {
    fn process<T>(
        &self,
        address: u64,
        ask: impl FnOnce(Process<'_>) -> Result<T, Lack>,
    ) -> Result<T, ModelError> {
        Ok(Process::at(&self.session.scope(), address).and_then(ask)?)
    }

    pub(super) fn process_member(&self, address: u64, name: &str) -> Member {
        Some(match name {
            "KernelObject" => self.object("nt!_EPROCESS", address, Some(address)),
            "Name" => self.process_title(address).map(Value::text),
            "Id" => self.process(address, |process| process.id()).map(Value::number),
            "Threads" => Value::list(Source::Threads(address)),
            "Modules" => Value::list(Source::Modules(address)),
            "Environment" => Value::facts(vec![("EnvironmentBlock", self.peb(address))]),
            "Io" => Value::list(Source::Handles(address))
                .and_then(|handles| Value::facts(vec![("Handles", Ok(handles))])),
            _ => return None,
        })
    }

    fn peb(&self, address: u64) -> Result<Value, ModelError> {
        let peb = self.process(address, |process| match process.peb()? {
            0 => Err(Lack::Null { what: format!("the Peb of {}", process.object().what()) }),
            peb => Ok(peb),
        })?;
        self.object("nt!_PEB", peb, Some(address))
    }

    pub(super) fn process_title(&self, address: u64) -> Result<String, ModelError> {
        self.process(address, |process| process.name())
    }
}
