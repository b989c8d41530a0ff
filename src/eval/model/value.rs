//! Values of the data model.

use super::error::ModelError;
use super::syntax::Node;
use crate::debuggee::{FoundType, Module};
use crate::eval::cxx::{CType, Typed};
use crate::unwind::Frame;
use std::sync::Arc;

/// Values nested deeper in one another than this are refused: they are walked, and let go of, by recursion.
pub(super) const MAX_HEIGHT: usize = 48;

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    /// A value of C++.
    Native(Native),
    /// A text.
    Text(Arc<str>),
    /// A thing of the debugger's.
    Object(Object),
    /// Elements.
    List(Arc<List>),
    /// Values with names.
    Record(Arc<Record>),
    /// `p => p.Name`
    Lambda(Arc<Lambda>),
    /// What could not be had, and why.
    Error(Arc<ModelError>),
    /// What a call leaves that has nothing to say.
    Nothing,
}

/// A value of C++, and whose memory it is in.
#[derive(Debug, Clone)]
pub struct Native {
    /// The value.
    pub typed: Typed,
    /// `_EPROCESS` of the process that it was reached through; `None` for what is looked at anyway.
    pub of: Option<u64>,
}

impl From<Typed> for Native {
    fn from(typed: Typed) -> Native {
        Native { typed, of: None }
    }
}

/// A thing that the debugger knows by itself.
#[derive(Debug, Clone)]
pub enum Object {
    /// The open dump.
    Session,
    /// A process, by its `_EPROCESS`.
    Process(u64),
    /// A thread, by its `_ETHREAD`.
    Thread(u64),
    /// A frame of a stack.
    Frame(Arc<FrameOf>),
    /// A module.
    Module(Arc<Module>),
    /// A node of the tree of devices, by its `_DEVICE_NODE`.
    Device(u64),
    /// A handle.
    Handle(HandleOf),
    /// `Debugger.Utility.Collections`
    Collections,
    /// What `dx` keeps under names.
    Variables,
}

/// What a call asks to be done; the data model itself changes nothing.
#[derive(Debug, Clone)]
pub enum Wish {
    /// Look at that process, thread or frame.
    SwitchTo(Object),
    /// Forget that variable.
    Forget(Arc<str>),
}

/// A frame of a thread's stack.
#[derive(Debug)]
pub struct FrameOf {
    /// The thread's `_ETHREAD`; `None` where the stack is that of registers.
    pub thread: Option<u64>,
    /// Whether it is of the stack that `k` shows, and so has a number that `.frame` takes.
    pub current: bool,
    /// The frame.
    pub frame: Frame,
}

/// A handle of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandleOf {
    /// `_EPROCESS`
    pub process: u64,
    /// The handle.
    pub handle: u64,
}

/// Values with names.
#[derive(Debug)]
pub struct Record {
    /// The names and values, in order.
    pub fields: Vec<(Arc<str>, Value)>,
    height: usize,
}

/// A list: how its elements are found.
#[derive(Debug)]
pub struct List {
    /// How.
    pub source: Source,
    height: usize,
}

/// Where elements come from.
#[derive(Debug)]
pub enum Source {
    /// The session.
    Sessions,
    /// Every process, by id.
    Processes,
    /// The threads of a process, by id.
    Threads(u64),
    /// The modules that a process sees, by number.
    Modules(u64),
    /// The handles of a process, by handle.
    Handles(u64),
    /// The frames of a thread's stack; of the current stack where none is named.
    Frames(Option<u64>),
    /// The root of the tree of devices.
    DeviceTree,
    /// The nodes below one.
    DevicesBelow(u64),
    /// The elements of an array.
    Array(Native),
    /// The structures of a type that a list links by a member, from its head on.
    Linked {
        /// Address of the head, and whose memory it is in.
        head: u64,
        /// Whose.
        of: Option<u64>,
        /// The structures' type.
        ty: FoundType,
        /// The member.
        member: Arc<str>,
    },
    /// Elements that are there already.
    Items(Vec<Item>),
    /// Those of a list for which a predicate holds.
    Where(Arc<List>, Value),
    /// What a function makes of each element.
    Select(Arc<List>, Value),
    /// The elements of the lists that a function makes of each element.
    SelectMany(Arc<List>, Value),
    /// The elements of a tree: each before those below it.
    Flatten(Arc<List>, Option<Value>),
    /// Ordered by a key.
    Ordered {
        /// What.
        of: Arc<List>,
        /// What makes the key.
        key: Value,
        /// What compares keys, where that is not left to their own order.
        comparer: Option<Value>,
        /// Whether the greatest comes first.
        descending: bool,
    },
    /// Lists of the elements that have a key in common.
    Grouped(Arc<List>, Value),
    /// Without the first so many.
    Skip(Arc<List>, u64),
    /// The first so many.
    Take(Arc<List>, u64),
    /// From the first element on for which a predicate does not hold.
    SkipWhile(Arc<List>, Value),
    /// Up to the first element for which a predicate does not hold.
    TakeWhile(Arc<List>, Value),
    /// One list behind the other.
    Concat(Arc<List>, Arc<List>),
    /// Each value once; of two lists those of the first that the second has (`Some(true)`) or has not.
    Distinct(Arc<List>, Option<(Arc<List>, bool)>),
}

/// An element of a list.
#[derive(Debug, Clone)]
pub struct Item {
    /// What the list knows it by; `None` where only its place tells.
    pub key: Option<Value>,
    /// The element.
    pub value: Value,
}

/// A function.
#[derive(Debug)]
pub struct Lambda {
    /// The names of what it takes.
    pub(super) parameters: Vec<Arc<str>>,
    /// What it makes of them.
    pub(super) body: Arc<Node>,
    /// The text that it was read from.
    pub(super) text: Arc<str>,
    /// What names stood for where it was written.
    pub(super) names: Vec<(Arc<str>, Value)>,
    height: usize,
}

fn over(heights: impl Iterator<Item = usize>) -> Result<usize, ModelError> {
    let height = 1 + heights.max().unwrap_or(0);
    if height > MAX_HEIGHT { Err(ModelError::TooDeep) } else { Ok(height) }
}

impl Value {
    /// A text.
    pub fn text(text: impl AsRef<str>) -> Value {
        Value::Text(text.as_ref().into())
    }

    /// A number without sign.
    pub fn number(number: u64) -> Value {
        Value::Native(Typed::number(CType::U64, number).into())
    }

    /// Yes or no.
    pub fn is(is: bool) -> Value {
        Value::Native(Typed::number(CType::BOOL, u64::from(is)).into())
    }

    /// A list.
    ///
    /// # Errors
    /// [`ModelError::TooDeep`].
    pub fn list(source: Source) -> Result<Value, ModelError> {
        let height = over(source.parts().into_iter())?;
        Ok(Value::List(Arc::new(List { source, height })))
    }

    /// Values with names.
    ///
    /// # Errors
    /// [`ModelError::TooDeep`].
    pub fn record(fields: Vec<(Arc<str>, Value)>) -> Result<Value, ModelError> {
        let height = over(fields.iter().map(|(_, value)| value.height()))?;
        Ok(Value::Record(Arc::new(Record { fields, height })))
    }

    /// The same of what may not be had, with names that are the program's.
    pub(super) fn facts(fields: Vec<(&'static str, Result<Value, ModelError>)>) -> Result<Value, ModelError> {
        let fields = fields.into_iter().map(|(name, value)| Ok((Arc::from(name), Value::of(value)?)));
        Value::record(fields.collect::<Result<_, ModelError>>()?)
    }

    /// A value, or why the dump does not tell it.
    ///
    /// # Errors
    /// Any other reason.
    pub fn of(outcome: Result<Value, ModelError>) -> Result<Value, ModelError> {
        match outcome {
            Err(error) if error.is_lack() => Ok(Value::Error(Arc::new(error))),
            outcome => outcome,
        }
    }

    /// How deep values lie in it.
    pub(super) fn height(&self) -> usize {
        match self {
            Value::List(list) => list.height,
            Value::Record(record) => record.height,
            Value::Lambda(lambda) => lambda.height,
            _ => 0,
        }
    }

    /// What kind of thing it is, for messages.
    pub fn kind(&self) -> String {
        match self {
            Value::Native(native) => format!("a value of type {}", native.typed.ty.name()),
            Value::Text(_) => "a string".to_owned(),
            Value::Object(object) => object.kind().to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Record(_) => "an object".to_owned(),
            Value::Lambda(_) => "a function".to_owned(),
            Value::Error(_) => "an error".to_owned(),
            Value::Nothing => "nothing".to_owned(),
        }
    }
}

impl Object {
    /// What kind of thing it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Object::Session => "a session",
            Object::Process(_) => "a process",
            Object::Thread(_) => "a thread",
            Object::Frame(_) => "a frame",
            Object::Module(_) => "a module",
            Object::Device(_) => "a device",
            Object::Handle(_) => "a handle",
            Object::Collections => "Debugger.Utility.Collections",
            Object::Variables => "the list of variables",
        }
    }
}

impl Source {
    /// How deep values lie in its parts.
    fn parts(&self) -> Vec<usize> {
        match self {
            Source::Sessions
            | Source::Processes
            | Source::Threads(_)
            | Source::Modules(_)
            | Source::Handles(_)
            | Source::Frames(_)
            | Source::DeviceTree
            | Source::DevicesBelow(_)
            | Source::Array(_)
            | Source::Linked { .. } => Vec::new(),
            Source::Items(items) => {
                let keys = items.iter().filter_map(|item| item.key.as_ref());
                keys.chain(items.iter().map(|item| &item.value)).map(Value::height).collect()
            }
            Source::Where(list, value)
            | Source::Select(list, value)
            | Source::SelectMany(list, value)
            | Source::Grouped(list, value)
            | Source::SkipWhile(list, value)
            | Source::TakeWhile(list, value) => vec![list.height, value.height()],
            Source::Flatten(list, value) => vec![list.height, value.as_ref().map_or(0, Value::height)],
            Source::Ordered { of, key, comparer, .. } => {
                vec![of.height, key.height(), comparer.as_ref().map_or(0, Value::height)]
            }
            Source::Skip(list, _) | Source::Take(list, _) => vec![list.height],
            Source::Concat(a, b) => vec![a.height, b.height],
            Source::Distinct(a, b) => vec![a.height, b.as_ref().map_or(0, |(b, _)| b.height)],
        }
    }
}

impl Lambda {
    pub(super) fn new(
        parameters: Vec<Arc<str>>,
        body: Arc<Node>,
        text: Arc<str>,
        names: Vec<(Arc<str>, Value)>,
    ) -> Result<Lambda, ModelError> {
        let height = over(names.iter().map(|(_, value)| value.height()))?;
        Ok(Lambda { parameters, body, text, names, height })
    }
}
