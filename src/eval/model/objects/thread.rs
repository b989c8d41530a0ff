//! A thread, its stack and its registers.

use super::Member;
use crate::debuggee::Lack;
use crate::dump::Machine;
use crate::eval::model::error::ModelError;
use crate::eval::model::machine::Model;
use crate::eval::model::value::{Source, Value};
use crate::kernel::{Thread, stack};
use crate::unwind::GENERAL_NAMES;
use crate::util::hex::tick;
use std::sync::Arc;

pub(super) const MEMBERS: &[&str] = &["KernelObject", "Id", "Stack", "Registers", "Environment"];

/// What the documentation's outputs say of a thread of which it is not known where it is.
const NO_STACK: &str = "<Unable to get stack trace>";

impl Model<'_> {
    fn thread<T>(
        &self,
        address: u64,
        ask: impl FnOnce(Thread<'_>) -> Result<T, Lack>,
    ) -> Result<T, ModelError> {
        Ok(Thread::at(&self.session.scope(), address).and_then(ask)?)
    }

    /// The process whose memory a thread works in; `None` where that is not known.
    pub(super) fn process_of(&self, thread: u64) -> Option<u64> {
        self.thread(thread, |thread| thread.attached_process()).ok()
    }

    pub(super) fn thread_member(&self, address: u64, name: &str) -> Member {
        let owner = || self.thread(address, |thread| thread.process()).ok();
        Some(match name {
            "KernelObject" => self.object("nt!_ETHREAD", address, owner()),
            "Id" => self.thread(address, |thread| thread.client_id()).map(|id| Value::number(id.thread)),
            "Stack" => self.stack(Some(address)),
            "Registers" => Value::facts(vec![("User", self.registers(address))]),
            "Environment" => {
                let teb = self.thread(address, |thread| match thread.teb()? {
                    0 => Err(Lack::Null { what: format!("the Teb of {}", thread.object().what()) }),
                    teb => Ok(teb),
                });
                Value::facts(vec![(
                    "EnvironmentBlock",
                    teb.and_then(|teb| self.object("nt!_TEB", teb, owner())),
                )])
            }
            _ => return None,
        })
    }

    /// The stack of a thread; the current one where none is named.
    pub(in crate::eval::model) fn stack(&self, thread: Option<u64>) -> Result<Value, ModelError> {
        Value::facts(vec![("Frames", Value::list(Source::Frames(thread)))])
    }

    /// The registers that the thread's stack starts from.
    fn registers(&self, address: u64) -> Result<Value, ModelError> {
        let lost = |name: &str| {
            let why = "it was not saved".to_owned();
            ModelError::Lack(Lack::NoValue { what: name.to_owned(), why })
        };
        let record = |values: Vec<(String, Option<u64>)>| {
            let field = |(name, value): (String, Option<u64>)| {
                let value = value.map(Value::number).ok_or_else(|| lost(&name));
                Ok((Arc::from(name.as_str()), Value::of(value)?))
            };
            Value::record(values.into_iter().map(field).collect::<Result<_, ModelError>>()?)
        };
        let session = self.session;
        if session.target.machine() == Machine::Arm64 && session.thread() == Some(address) {
            let context = session.base_context().map_err(|why| Lack::NoRegisters { why })?;
            let numbered = (0..29).map(|number| format!("x{number}"));
            let names = numbered.chain(["fp", "lr", "sp", "pc"].map(str::to_owned));
            return record(names.map(|name| (name.clone(), context.get(&name))).collect());
        }
        let registers = match session.thread() == Some(address) {
            true => session.base_registers().map_err(|why| Lack::NoRegisters { why })?,
            false => self.thread(address, |thread| Ok(stack::start(&thread)?.registers().clone()))?,
        };
        let general = GENERAL_NAMES
            .iter()
            .map(|&name| (name.to_owned(), registers.by_name(name).and_then(|slot| slot.known())));
        let others = [
            ("rip", registers.rip.known()),
            ("efl", registers.eflags.known()),
            ("cs", registers.cs.known().map(u64::from)),
            ("ss", registers.ss.known().map(u64::from)),
        ];
        record(general.chain(others.map(|(name, value)| (name.to_owned(), value))).collect())
    }

    /// Where the thread is.
    pub(super) fn thread_title(&self, address: u64) -> String {
        let session = self.session;
        let ip = match session.thread() == Some(address) {
            true => session.base_context().map(|context| context.ip()).ok(),
            false => self.thread(address, |thread| Ok(stack::start(&thread)?.registers().rip.value)).ok(),
        };
        let Some(ip) = ip else {
            return NO_STACK.to_owned();
        };
        let eyes = self.eyes(self.process_of(address));
        match eyes.scope().name_address(ip) {
            Some(named) => format!("{} ({})", named.text(), tick(ip)),
            None => format!("0x{ip:x}"),
        }
    }
}
