//! A handle.

use super::Member;
use crate::debuggee::Lack;
use crate::eval::model::error::ModelError;
use crate::eval::model::machine::Model;
use crate::eval::model::value::{HandleOf, Value};
use crate::kernel::{HandleEntry, HandleTable, ObjectTypes, Process};

pub(super) const MEMBERS: &[&str] = &["Handle", "Type", "GrantedAccess", "Object"];

impl Model<'_> {
    pub(super) fn handle_member(&self, of: HandleOf, name: &str) -> Member {
        Some(match name {
            "Handle" => Ok(Value::number(of.handle)),
            "Type" => self
                .entry(of, |entry| {
                    let header = entry.header()?;
                    ObjectTypes::of(header.object().scope())?.of_object(&header)?.name()
                })
                .map(Value::text),
            "GrantedAccess" => self.entry(of, |entry| entry.granted_access()).map(Value::number),
            "Object" => self
                .entry(of, |entry| Ok(entry.header()?.address()))
                .and_then(|header| self.object("nt!_OBJECT_HEADER", header, None)),
            _ => return None,
        })
    }

    fn entry<T>(
        &self,
        of: HandleOf,
        ask: impl FnOnce(HandleEntry<'_>) -> Result<T, Lack>,
    ) -> Result<T, ModelError> {
        let scope = self.session.scope();
        let table = Process::at(&scope, of.process)?.handle_table()?;
        Ok(HandleTable::at(&scope, table)?.entry(of.handle).and_then(ask)?)
    }
}
