//! What values have: the members of the debugger's things, a file a thing, and how each is called and written.

mod device;
mod frame;
mod handle;
mod module;
mod process;
mod root;
mod thread;

use super::error::ModelError;
use super::machine::Model;
use super::value::{Object, Value};
use super::{query, text};
use std::sync::Arc;

/// What stands for a value that its members alone tell.
const OPENS: &str = "{...}";

type Member = Option<Result<Value, ModelError>>;

impl Model<'_> {
    /// The member of a value that is none of C++'s own.
    ///
    /// # Errors
    /// There is none of that name; the dump does not tell it.
    pub(super) fn member(&self, of: &Value, name: &str) -> Result<Value, ModelError> {
        let found = match of {
            Value::Error(why) => return Err((**why).clone()),
            Value::Object(object) => self.object_member(object, name),
            Value::Record(record) => {
                let field = record.fields.iter().find(|(known, _)| **known == *name);
                field.map(|(_, value)| Ok(value.clone()))
            }
            Value::Text(text) if name == "Length" => Some(Ok(Value::number(text.chars().count() as u64))),
            _ => None,
        };
        match found {
            Some(Ok(Value::Error(why))) => Err((*why).clone()),
            Some(outcome) => outcome,
            None => Err(self.unknown(of, name)),
        }
    }

    /// That something has no member or method of that name.
    pub(super) fn unknown(&self, of: &Value, name: &str) -> ModelError {
        let (methods, own): (&[&str], Vec<String>) = match of {
            Value::List(_) => (query::METHODS, Vec::new()),
            Value::Text(_) => (text::METHODS, vec!["Length".to_owned()]),
            Value::Object(Object::Collections) => (&["FromListEntry"], Vec::new()),
            Value::Object(Object::Variables) => (&["Remove"], self.names(of)),
            other => (&[], self.names(other)),
        };
        let known = own.into_iter().chain(methods.iter().map(|method| format!("{method}()"))).collect();
        ModelError::Name { name: name.to_owned(), of: of.kind(), known }
    }

    fn names(&self, of: &Value) -> Vec<String> {
        match of {
            Value::Object(Object::Variables) => {
                self.variables.iter().map(|(name, _)| name.to_string()).collect()
            }
            Value::Object(object) => members_of(object).iter().map(|&name| name.to_owned()).collect(),
            Value::Record(record) => record.fields.iter().map(|(name, _)| name.to_string()).collect(),
            _ => Vec::new(),
        }
    }

    fn object_member(&self, object: &Object, name: &str) -> Member {
        if let Object::Variables = object {
            return self.variables.get(name).map(|value| Ok(value.clone()));
        }
        if !members_of(object).contains(&name) {
            return None;
        }
        match object {
            Object::Session => self.session_member(name),
            Object::Process(address) => self.process_member(*address, name),
            Object::Thread(address) => self.thread_member(*address, name),
            Object::Frame(frame) => self.frame_member(frame, name),
            Object::Module(module) => module::member(module, name),
            Object::Device(address) => self.device_member(*address, name),
            Object::Handle(handle) => self.handle_member(*handle, name),
            Object::Collections | Object::Variables => None,
        }
    }

    /// What is shown below a value: names and values, those that are not known with their reason.
    pub fn members(&self, of: &Value) -> Vec<(Arc<str>, Value)> {
        let error = |error: ModelError| Value::Error(Arc::new(error));
        match of {
            Value::Object(Object::Variables) => {
                self.variables.iter().map(|(name, value)| (Arc::clone(name), value.clone())).collect()
            }
            Value::Object(object) => {
                let member = |&name: &&'static str| {
                    Some((Arc::from(name), self.object_member(object, name)?.unwrap_or_else(error)))
                };
                members_of(object).iter().filter_map(member).collect()
            }
            Value::Record(record) => record.fields.clone(),
            Value::Text(text) => vec![(Arc::from("Length"), Value::number(text.chars().count() as u64))],
            _ => Vec::new(),
        }
    }

    /// What a thing of the debugger's is called where it is shown; `None` for those that have no name.
    pub fn title(&self, object: &Object) -> Option<Result<String, ModelError>> {
        match object {
            Object::Session => Some(Ok(self.session_title())),
            Object::Process(address) => Some(self.process_title(*address)),
            Object::Thread(address) => Some(Ok(self.thread_title(*address))),
            Object::Frame(frame) => Some(Ok(self.frame_title(frame))),
            Object::Module(module) => Some(Ok(module::title(module))),
            Object::Device(address) => Some(self.device_title(*address)),
            Object::Handle(_) | Object::Collections | Object::Variables => None,
        }
    }

    /// A value as text, with a format specifier.
    ///
    /// # Errors
    /// It is an error.
    pub fn shown(&self, value: &Value, specifier: &str) -> Result<String, ModelError> {
        Ok(match value {
            Value::Text(text) => text.to_string(),
            Value::Native(native) => self.written(native, specifier).unwrap_or_else(|| OPENS.to_owned()),
            Value::Object(object) => self.title(object).unwrap_or_else(|| Ok(OPENS.to_owned()))?,
            Value::Error(why) => return Err((**why).clone()),
            Value::Nothing => String::new(),
            Value::List(_) | Value::Record(_) | Value::Lambda(_) => OPENS.to_owned(),
        })
    }
}

fn members_of(object: &Object) -> &'static [&'static str] {
    match object {
        Object::Session => root::MEMBERS,
        Object::Process(_) => process::MEMBERS,
        Object::Thread(_) => thread::MEMBERS,
        Object::Frame(_) => frame::MEMBERS,
        Object::Module(_) => module::MEMBERS,
        Object::Device(_) => device::MEMBERS,
        Object::Handle(_) => handle::MEMBERS,
        Object::Collections | Object::Variables => &[],
    }
}
