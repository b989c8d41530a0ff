//! One variable's line.

use crate::command::Context;
use crate::command::show::typed::{value_span, with_bytes};
use crate::output::{Action, Field, Line, Record, Role, Span};
use crate::session::{Home, Local};
use crate::symbols::types::Type;
use crate::symbols::types::format::words::c_name;
use crate::symbols::types::format::{Value, ValueKind};
use crate::util::hex;

/// What stands beside name and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Columns {
    /// `/t`
    pub(super) types: bool,
    /// `/i`
    pub(super) kinds: bool,
    /// `/V`
    pub(super) places: bool,
    /// The place alone, as `!x` shows it.
    pub(super) short_places: bool,
}

/// A variable's type as C writes it.
pub(in crate::command) fn type_name(local: &Local) -> String {
    c_name(&*local.ty.source, local.ty.id)
}

/// What stands for a value that is not known.
pub(in crate::command) const UNAVAILABLE: &str = "<value unavailable>";

impl Columns {
    /// A variable's record.
    pub(super) fn row(self, local: &Local, width: usize, context: &Context<'_>) -> Record {
        let mut line = Line::new();
        if self.kinds {
            line = line.label(if local.parameter { "prv param  " } else { "prv local  " });
        }
        if self.places {
            let address = local.home.address().map_or_else(|| " ".repeat(17), hex::tick);
            line = line.text(format!("{address} {:<14} ", local.home.text()));
        }
        if self.short_places {
            line = line.role(Role::Register, format!("{:<14} ", local.home.text()));
        }
        let type_name = type_name(local);
        if self.types {
            line = line.label(format!("{type_name} "));
        }
        let name = if self.types || self.short_places {
            local.name.clone()
        } else {
            format!("{:>width$}", local.name)
        };
        let value = value(local, context);
        let text = value.text().to_owned();
        Record::new("local")
            .field("name", local.name.as_str())
            .field("type", type_name)
            .field("parameter", local.parameter)
            .field("place", local.home.text())
            .field("address", local.home.address().map(Field::Hex))
            .field("value", local.bytes.is_some().then_some(text))
            .line(line.role(Role::Symbol, name).text(" = ").span(value))
    }
}

/// A variable's value as one span; what cannot be known says so.
pub(in crate::command) fn value(local: &Local, context: &Context<'_>) -> Span {
    let unavailable = || Span::new(Role::Unreadable, UNAVAILABLE);
    // A structure is shown by dt; its address is what matters here.
    if let (Some(Type::Udt(udt)), Some(address)) = (local.ty.get(), local.home.address()) {
        let object = Action::object(format!("{}!{}", local.ty.module, udt.name), address);
        return Span::new(Role::Value, type_name(local)).with_action(object);
    }
    let Some(bytes) = &local.bytes else {
        return constant(local, context).unwrap_or_else(unavailable);
    };
    let value = with_bytes(&context.session.target, &local.ty, bytes);
    value_span(&plain_pointer(value), &local.ty, local.home.address())
}

/// What is said of a variable that its function's records call a constant, without saying where that holds.
fn constant(local: &Local, context: &Context<'_>) -> Option<Span> {
    let Home::Constant(value) = local.home else { return None };
    let all = value.to_le_bytes();
    let bytes = all.get(..usize::try_from(local.ty.size()?).ok()?)?;
    let text = plain_pointer(with_bytes(&context.session.target, &local.ty, bytes)).text;
    Some(Span::new(Role::Unreadable, format!("<{text} in a part of its scope>")))
}

/// `dv` writes pointers with all their digits and without the type behind them; strings stay.
fn plain_pointer(value: Value) -> Value {
    let ValueKind::Pointer(to) = value.kind else {
        return value;
    };
    let text = value.text.find('"').and_then(|at| value.text.get(at..)).map(|text| format!(" {text}"));
    Value { text: format!("0x{}{}", hex::tick(to), text.unwrap_or_default()), kind: value.kind }
}
