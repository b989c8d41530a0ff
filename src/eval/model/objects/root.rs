//! `Debugger`, and the session: the open dump.

use super::Member;
use crate::debuggee::Subject;
use crate::eval::model::error::ModelError;
use crate::eval::model::machine::Model;
use crate::eval::model::value::{Object, Source, Value};

pub(super) const MEMBERS: &[&str] = &["Processes", "Id", "Devices", "Attributes"];

impl Model<'_> {
    /// `Debugger`
    pub(in crate::eval::model) fn debugger(&self) -> Result<Value, ModelError> {
        Value::facts(vec![
            ("Sessions", Value::list(Source::Sessions)),
            ("State", Value::facts(vec![("UserVariables", Ok(Value::Object(Object::Variables)))])),
            ("Utility", Value::facts(vec![("Collections", Ok(Value::Object(Object::Collections)))])),
        ])
    }

    pub(super) fn session_member(&self, name: &str) -> Member {
        Some(match name {
            "Processes" => Value::list(Source::Processes),
            "Id" => Ok(Value::number(0)),
            "Devices" => {
                Value::list(Source::DeviceTree).and_then(|tree| Value::facts(vec![("DeviceTree", Ok(tree))]))
            }
            "Attributes" => self.attributes(),
            _ => return None,
        })
    }

    fn attributes(&self) -> Result<Value, ModelError> {
        let target = &self.session.target;
        let is_dump = target.dump().is_ok();
        let path = target.subject().path().display().to_string();
        let details = Value::facts(vec![("DumpFileName", Ok(Value::text(path)))]);
        let machine = Value::facts(vec![
            ("PointerSize", Ok(Value::number(target.pointer_size() as u64))),
            ("PageSize", Ok(Value::number(0x1000))),
            ("NativeMachine", Ok(Value::number(target.machine().image_type().into()))),
        ]);
        let target = Value::facts(vec![
            ("IsUserTarget", Ok(Value::is(false))),
            ("IsKernelTarget", Ok(Value::is(is_dump))),
            ("IsLiveTarget", Ok(Value::is(false))),
            ("IsDumpTarget", Ok(Value::is(is_dump))),
            ("Details", details),
        ]);
        Value::facts(vec![("Target", target), ("Machine", machine)])
    }

    pub(super) fn session_title(&self) -> String {
        let subject = self.session.target.subject();
        let path = subject.path().display();
        match subject {
            Subject::Dump(dump) => format!("{}: {path}", dump.header().kind.name()),
            Subject::Image(_) => path.to_string(),
        }
    }
}
