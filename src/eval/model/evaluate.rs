//! The value of a tree.

use super::error::ModelError;
use super::machine::Model;
use super::parser::parse;
use super::syntax::{Expr, Node, Root};
use super::value::{Lambda, Native, Object, Source, Value};
use crate::debuggee::Lack;
use crate::eval::cxx::{Typed, operate};
use crate::eval::{EvalError, EvalHost, Fault};
use std::sync::Arc;

/// The text that a tree was read from, and what names stand for in it.
pub(super) struct Env<'e> {
    text: &'e Arc<str>,
    names: Vec<(Arc<str>, Value)>,
}

impl Env<'_> {
    fn error(&self, fault: Fault, node: &Node) -> ModelError {
        let start = self.text.len().saturating_sub(node.left);
        EvalError::new(fault, self.text.get(start..).unwrap_or_default()).into()
    }
}

impl Model<'_> {
    /// The value of an expression.
    ///
    /// # Errors
    /// Text that is no expression, names that stand for nothing, what the dump does not tell.
    pub fn evaluate(&self, text: &str) -> Result<Value, ModelError> {
        let text: Arc<str> = text.into();
        let tree = parse(&text, self.host)?;
        self.value(&tree, &Env { text: &text, names: Vec::new() })
    }

    fn value(&self, node: &Node, env: &Env<'_>) -> Result<Value, ModelError> {
        self.deeper(|| self.value_inside(node, env))
    }

    /// What stands in an arm of its own is a function of its own: the stack has to hold many of these.
    fn value_inside(&self, node: &Node, env: &Env<'_>) -> Result<Value, ModelError> {
        match &node.expr {
            Expr::Native(leaf) => Ok(Value::Native(leaf.value(self.host)?.into())),
            Expr::Text(text) => Ok(Value::Text(Arc::clone(text))),
            Expr::Name(name) => {
                let found = env.names.iter().rev().find(|(known, _)| known == name);
                Ok(found.map_or(Value::Nothing, |(_, value)| value.clone()))
            }
            Expr::Root(root) => self.root(*root),
            Expr::Variable(name) => self.variable(name),
            Expr::Unary(_, of) | Expr::Dereference(of) | Expr::AddressOf(of) | Expr::Cast(_, of) => {
                self.unary(node, of, env)
            }
            Expr::Binary(operator, a, b) => self.between(operator, (a, b), node, env),
            Expr::Conditional(condition, yes, no) => {
                let holds = self.truth(&self.value(condition, env)?)?;
                self.value(if holds { yes } else { no }, env)
            }
            Expr::Index(of, index) => self.index(of, index, node, env),
            Expr::Member(of, name, arrow) => self.member_of(of, (name, *arrow), node, env),
            Expr::Method(of, name, arguments) => {
                let of = self.value(of, env)?;
                let arguments = self.values(arguments, env)?;
                self.method(&of, name, &arguments)
            }
            Expr::Call(function, arguments) => {
                let function = self.value(function, env)?;
                let arguments = self.values(arguments, env)?;
                self.call(&function, &arguments)
            }
            Expr::IsError(of) => self.is_error(of, env),
            Expr::Lambda(parameters, body) => {
                let (body, text) = (Arc::clone(body), Arc::clone(env.text));
                let lambda = Lambda::new(parameters.clone(), body, text, env.names.clone())?;
                Ok(Value::Lambda(Arc::new(lambda)))
            }
            Expr::New(fields) => self.new_object(fields, env),
        }
    }

    fn unary(&self, node: &Node, of: &Node, env: &Env<'_>) -> Result<Value, ModelError> {
        let of = self.native(self.value(of, env)?, "an operator")?;
        self.operate(&of, node, env, |typed, host| match &node.expr {
            Expr::Unary(operator, _) => operate::unary(*operator, typed, host),
            Expr::Dereference(_) => operate::dereference(typed, host),
            Expr::Cast(to, _) => operate::cast(to, typed, host),
            _ => operate::address_of(typed, host),
        })
    }

    fn between(
        &self,
        operator: &'static str,
        (a, b): (&Node, &Node),
        node: &Node,
        env: &Env<'_>,
    ) -> Result<Value, ModelError> {
        let left = self.value(a, env)?;
        if matches!(operator, "&&" | "||") {
            let holds = self.truth(&left)?;
            let decided = holds == (operator == "||");
            return Ok(Value::is(if decided { holds } else { self.truth(&self.value(b, env)?)? }));
        }
        let right = self.value(b, env)?;
        self.binary(operator, left, right, |fault| env.error(fault, node))
    }

    fn index(&self, of: &Node, index: &Node, node: &Node, env: &Env<'_>) -> Result<Value, ModelError> {
        match (self.value(of, env)?, self.value(index, env)?) {
            (Value::List(list), index) => self.element(&list, &index),
            (Value::Native(of), Value::Native(index)) => {
                self.operate(&of, node, env, |typed, host| operate::index(typed, &index.typed, host))
            }
            (of, _) => Err(kind("[]", "a list or an array", &of)),
        }
    }

    fn member_of(
        &self,
        of: &Node,
        (name, arrow): (&str, bool),
        node: &Node,
        env: &Env<'_>,
    ) -> Result<Value, ModelError> {
        let of = self.value(of, env)?;
        match &of {
            Value::Native(native) => self.native_member(native, name, arrow, node, env),
            _ => self.member(&of, name),
        }
    }

    fn is_error(&self, of: &Node, env: &Env<'_>) -> Result<Value, ModelError> {
        match self.value(of, env) {
            Ok(Value::Error(_)) => Ok(Value::is(true)),
            Ok(Value::Native(native)) if native.typed.ty.integer().is_some() => {
                Ok(Value::is(self.loaded(&native).is_err()))
            }
            Err(error) if error.is_lack() || matches!(error, ModelError::Name { .. }) => Ok(Value::is(true)),
            outcome => outcome.map(|_| Value::is(false)),
        }
    }

    fn new_object(&self, fields: &[(Arc<str>, Node)], env: &Env<'_>) -> Result<Value, ModelError> {
        let value =
            |(name, node): &(Arc<str>, Node)| Ok((Arc::clone(name), Value::of(self.value(node, env))?));
        Value::record(fields.iter().map(value).collect::<Result<_, ModelError>>()?)
    }

    fn values(&self, nodes: &[Node], env: &Env<'_>) -> Result<Vec<Value>, ModelError> {
        nodes.iter().map(|node| self.value(node, env)).collect()
    }

    /// What C++ makes of a value of its own.
    fn operate(
        &self,
        of: &Native,
        node: &Node,
        env: &Env<'_>,
        run: impl FnOnce(&Typed, &dyn EvalHost) -> Result<Typed, Fault>,
    ) -> Result<Value, ModelError> {
        let eyes = self.eyes(of.of);
        let typed = run(&of.typed, &*eyes).map_err(|fault| env.error(fault, node))?;
        Ok(Value::Native(Native { typed, of: of.of }))
    }

    fn native_member(
        &self,
        of: &Native,
        name: &str,
        arrow: bool,
        node: &Node,
        env: &Env<'_>,
    ) -> Result<Value, ModelError> {
        let member =
            |name: &str| self.operate(of, node, env, |typed, host| operate::member(typed, name, arrow, host));
        match member(name) {
            // The documentation's own queries ask a device object for its driver so.
            Err(error) if name == "Driver" => member("DriverObject").map_err(|_| error),
            outcome => outcome,
        }
    }

    /// What a function makes of its arguments.
    pub(super) fn call(&self, function: &Value, arguments: &[Value]) -> Result<Value, ModelError> {
        let Value::Lambda(lambda) = function else {
            return Err(kind("a call", "a function", function));
        };
        if arguments.len() != lambda.parameters.len() {
            return Err(ModelError::Arguments {
                what: "the function".to_owned(),
                wanted: lambda.parameters.len().to_string(),
                got: arguments.len(),
            });
        }
        let mut names = lambda.names.clone();
        names.extend(lambda.parameters.iter().cloned().zip(arguments.iter().cloned()));
        self.value(&lambda.body, &Env { text: &lambda.text, names })
    }

    fn root(&self, root: Root) -> Result<Value, ModelError> {
        let session = self.session;
        let lack = |name: &str| ModelError::from(Lack::NoName { name: name.to_owned() });
        match root {
            Root::Debugger => self.debugger(),
            Root::Session => Ok(Value::Object(Object::Session)),
            Root::Process => {
                let process = session.process().ok_or_else(|| lack("the current process"))?;
                Ok(Value::Object(Object::Process(process)))
            }
            Root::Thread => {
                let thread = session.thread().ok_or_else(|| lack("the current thread"))?;
                Ok(Value::Object(Object::Thread(thread)))
            }
            Root::Stack => self.stack(None),
            Root::Frame => {
                let list = Value::list(Source::Frames(None))?;
                let number = session.focus.frame.as_ref().map_or(0, |selected| selected.frame.number);
                match &list {
                    Value::List(list) => self.element(list, &Value::number(number.into())),
                    _ => Ok(list),
                }
            }
            Root::Variables => Ok(Value::Object(Object::Variables)),
        }
    }

    fn variable(&self, name: &str) -> Result<Value, ModelError> {
        self.variables.get(name).cloned().ok_or_else(|| {
            let roots = Root::NAMES.iter().map(|(name, _)| format!("@${name}"));
            let own = self.variables.iter().map(|(name, _)| format!("@${name}"));
            ModelError::Variable { name: name.to_owned(), known: roots.chain(own).collect() }
        })
    }

    /// A value of C++, where nothing else will do.
    pub(super) fn native(&self, value: Value, what: &str) -> Result<Native, ModelError> {
        match value {
            Value::Native(native) => Ok(native),
            Value::Error(why) => Err((*why).clone()),
            other => Err(kind(what, "a number or a value of C++", &other)),
        }
    }

    /// Whether a value is true.
    pub(super) fn truth(&self, value: &Value) -> Result<bool, ModelError> {
        match value {
            Value::Native(native) => Ok(self.loaded(native)? != 0),
            Value::Error(why) => Err((**why).clone()),
            other => Err(kind("a condition", "true or false", other)),
        }
    }
}

/// A value of the wrong kind.
pub(super) fn kind(what: impl Into<String>, wanted: &'static str, got: &Value) -> ModelError {
    ModelError::Kind { what: what.into(), wanted, got: got.kind() }
}
