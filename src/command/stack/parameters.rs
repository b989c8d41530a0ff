//! The parameters of a frame in its call site (`kp`, `kP`).

use super::dv::{type_name, value};
use crate::command::Context;
use crate::output::{Cell, Record, Role};
use crate::session::Local;
use crate::unwind::Frame;

/// Whether and how parameters are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Parameters {
    /// Not at all.
    #[default]
    Hidden,
    /// In the call site: `nwifi!Send(struct _ADAPT * pAdapt = 0x...)+0x45`.
    Inline,
    /// One on each line.
    Lines,
}

/// How far parameters on lines of their own are indented.
const INDENT: usize = 24;

impl Parameters {
    /// A frame's parameters, if they are wanted and private symbols tell them.
    pub(super) fn of(self, frame: &Frame, context: &Context<'_>) -> Option<Vec<Local>> {
        let locals = (self != Parameters::Hidden).then(|| context.session.locals_of(frame).ok())??;
        Some(locals.into_iter().filter(|local| local.parameter).collect())
    }

    /// Adds them behind the name of a call site, whose offset comes last.
    pub(super) fn add(
        self,
        record: Record,
        parameters: Vec<Local>,
        offset: &str,
        context: &Context<'_>,
    ) -> Record {
        let count = parameters.len();
        let all = parameters.iter().map(|parameter| one(parameter, context));
        let record = record.text("(");
        let record = match self {
            Parameters::Lines => record.cells(
                "parameters",
                all.enumerate().map(|(index, parameter)| {
                    let comma = if index + 1 < count { "," } else { "" };
                    (" ".repeat(INDENT), Cell::from(parameter.text(comma)))
                }),
            ),
            _ => record.cell("parameters", Cell::list(all.map(Cell::from), |_| ", ")),
        };
        record.text(format!("){offset}"))
    }
}

/// `struct _ADAPT * pAdapt = 0x...`
fn one(parameter: &Local, context: &Context<'_>) -> Record {
    Record::new("parameter")
        .cell("type", Cell::new(type_name(parameter)).role(Role::Label))
        .text(" ")
        .cell("name", parameter.name.as_str())
        .text(" = ")
        .cell("value", value(parameter, context))
}
