//! The parameters of a frame in its call site (`kp`, `kP`).

use super::dv::{type_name, value};
use crate::command::Context;
use crate::output::{Line, Record, Role, Span};
use crate::session::Local;
use crate::unwind::Frame;

/// Whether and how parameters are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameters {
    /// Not at all.
    Hidden,
    /// In the call site: `nwifi!Send(struct _ADAPT * pAdapt = 0x...)+0x45`.
    Inline,
    /// One on each line.
    Lines,
}

/// How far parameters on lines of their own are indented.
const INDENT: usize = 24;

impl Parameters {
    /// A frame's record with its parameters in it; frames without private symbols stay as they are.
    pub(super) fn add(self, mut record: Record, frame: &Frame, context: &Context<'_>) -> Record {
        if self == Parameters::Hidden {
            return record;
        }
        let Ok(locals) = context.session.locals_of(frame) else {
            return record;
        };
        let parameters: Vec<Local> = locals.into_iter().filter(|local| local.parameter).collect();
        let Some(line) = record.lines.pop() else {
            return record;
        };
        let mut shown = Shown { lines: Vec::new(), line: Line::new(), style: self };
        let site = line.spans().iter().rposition(|span| span.role == Role::Symbol);
        for (index, span) in line.spans().iter().enumerate() {
            if Some(index) == site {
                shown.call_site(span, &parameters, context);
            } else {
                shown.line.push(span.clone());
            }
        }
        record.lines.extend(shown.lines);
        record.line(shown.line)
    }
}

struct Shown {
    lines: Vec<Line>,
    line: Line,
    style: Parameters,
}

impl Shown {
    fn call_site(&mut self, site: &Span, parameters: &[Local], context: &Context<'_>) {
        let (name, offset) = match site.text().rsplit_once('+') {
            Some((name, offset)) => (name, format!("+{offset}")),
            None => (site.text(), String::new()),
        };
        let mut link = Span::new(Role::Symbol, name);
        link.action.clone_from(&site.action);
        self.line.push(link);
        self.line.push(Span::new(Role::Text, "("));
        for (index, parameter) in parameters.iter().enumerate() {
            match self.style {
                Parameters::Lines => {
                    let line = Line::of(" ".repeat(INDENT));
                    self.lines.push(std::mem::replace(&mut self.line, line));
                }
                _ if index > 0 => self.line.push(Span::new(Role::Text, " ")),
                _ => {}
            }
            self.line.push(Span::new(Role::Label, type_name(parameter)));
            self.line.push(Span::new(Role::Text, format!(" {} = ", parameter.name)));
            self.line.push(value(parameter, context));
            if index + 1 < parameters.len() {
                self.line.push(Span::new(Role::Text, ","));
            }
        }
        self.line.push(Span::new(Role::Text, format!("){offset}")));
    }
}
