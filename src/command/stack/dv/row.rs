//! One variable's line.

use crate::command::Context;
use crate::command::show::typed::{value_of, value_span};
use crate::debuggee::{Lack, Object, Place, Scope};
use crate::output::{Action, Cell, Field, Line, Record, Role};
use crate::session::{Home, Local};
use crate::symbols::types::Type;
use crate::symbols::types::format::words::c_name;
use crate::symbols::types::format::{Value, ValueKind};
use crate::util::hex;

/// What stands beside name and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::command) struct Columns {
    /// `/t`
    pub(in crate::command) types: bool,
    /// `/i`
    pub(in crate::command) kinds: bool,
    /// `/V`
    pub(in crate::command) places: bool,
    /// The place alone, as `!x` shows it.
    pub(in crate::command) short_places: bool,
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
        let kind = if local.parameter { "prv param  " } else { "prv local  " };
        let gap = |record: Record, shown: bool| if shown { record.text(" ") } else { record };
        let with_place = self.places || self.short_places;
        let place = Cell::new(local.home.text()).left(14);
        let place = if self.short_places { place.role(Role::Register) } else { place };
        let name = Cell::new(local.name.as_str()).role(Role::Symbol);
        let name = if self.types || self.short_places { name } else { name.right(width) };
        let record = Record::new("local")
            .cell_where(self.kinds, "parameter", Cell::new(local.parameter).shown(kind).role(Role::Label))
            .cell_where(self.places, "address", Cell::new(local.home.address().map(Field::Address)).left(17));
        let record = gap(record, self.places).cell_where(with_place, "place", place);
        let ty = Cell::new(type_name(local)).role(Role::Label);
        let record = gap(record, with_place).cell_where(self.types, "type", ty);
        gap(record, self.types).cell("name", name).text(" = ").cell("value", value(local, context))
    }
}

/// A variable's value; of one that is not known why.
pub(in crate::command) fn value(local: &Local, context: &Context<'_>) -> Cell {
    // A structure is shown by dt; its address is what matters here.
    if let (Some(Type::Udt(udt)), Some(address)) = (local.ty.get(), local.home.address()) {
        let object = Action::object(format!("{}!{}", local.ty.module, udt.name), address);
        return Cell::new(type_name(local)).role(Role::Value).link(object);
    }
    let scope = context.session.scope();
    let object = match local.object(&scope).and_then(Object::readable) {
        Ok(object) => object,
        Err(lack) => {
            let why = match lack {
                Lack::NoValue { why, .. } => why,
                lack => lack.to_string(),
            };
            let mark = constant(local, &scope).unwrap_or_else(|| UNAVAILABLE.to_owned());
            return Cell::new(Field::unreadable(why)).mark(mark);
        }
    };
    let value = plain_pointer(value_of(&object));
    let shown = Line::new().span(value_span(&value, &local.ty, local.home.address()));
    Cell::new(value.text).spans(shown)
}

/// What is said of a variable that its function's records call a constant, without saying where that holds.
fn constant(local: &Local, scope: &Scope<'_>) -> Option<String> {
    let Home::Constant(value) = local.home else { return None };
    let all = value.to_le_bytes();
    let bytes = all.get(..usize::try_from(local.ty.size()?).ok()?)?;
    let text = plain_pointer(value_of(&scope.object_in(local.ty.clone(), Place::held(bytes)))).text;
    Some(format!("<{text} in a part of its scope>"))
}

/// `dv` writes pointers with all their digits and without the type behind them; strings stay.
fn plain_pointer(value: Value) -> Value {
    let ValueKind::Pointer(to) = value.kind else {
        return value;
    };
    let text = value.quotation().map(|text| format!(" {text}")).unwrap_or_default();
    Value { text: format!("0x{}{text}", hex::tick(to)), ..value }
}
