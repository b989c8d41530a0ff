//! A frame of a stack.

use super::Member;
use crate::debuggee::Lack;
use crate::eval::cxx::{CType, Typed};
use crate::eval::model::error::ModelError;
use crate::eval::model::machine::Model;
use crate::eval::model::value::{FrameOf, Native, Value};
use crate::unwind::FrameKind;
use std::sync::Arc;

pub(super) const MEMBERS: &[&str] = &["LocalVariables", "Parameters", "Attributes"];

impl Model<'_> {
    pub(super) fn frame_member(&self, frame: &FrameOf, name: &str) -> Member {
        Some(match name {
            "LocalVariables" => self.variables_of(frame, false),
            "Parameters" => self.variables_of(frame, true),
            "Attributes" => self.frame_attributes(frame),
            _ => return None,
        })
    }

    /// The process whose memory the frame's thread works in.
    fn owner(&self, frame: &FrameOf) -> Option<u64> {
        frame.thread.filter(|_| !frame.current).and_then(|thread| self.process_of(thread))
    }

    fn variables_of(&self, frame: &FrameOf, parameters: bool) -> Result<Value, ModelError> {
        let owner = self.owner(frame);
        // Modules and memory of a process that is not looked at are not those that variables are read with.
        if let Some(process) = owner.filter(|process| !self.session.target.sees(*process))
            && self.session.target.modules().at(frame.frame.ip)
                != self.eyes(owner).scope().modules().at(frame.frame.ip)
        {
            return Err(Lack::NoValue {
                what: "variables".to_owned(),
                why: format!(
                    "the user memory of process {process:x} is not looked at (.process /p chooses it)"
                ),
            }
            .into());
        }
        let locals = self
            .session
            .locals_of(&frame.frame)
            .map_err(|why| Lack::NoValue { what: "variables".to_owned(), why: why.to_string() })?;
        let field = |local: &crate::session::Local| {
            let place = local.value.clone().ok_or_else(|| local.no_value().into());
            let value = place.map(|place| {
                Value::Native(Native { typed: Typed::at(CType::of(&local.ty), place), of: owner })
            });
            Ok((Arc::from(local.name.as_str()), Value::of(value)?))
        };
        let wanted = locals.iter().filter(|local| local.parameter == parameters);
        Value::record(wanted.map(field).collect::<Result<_, ModelError>>()?)
    }

    fn frame_attributes(&self, of: &FrameOf) -> Result<Value, ModelError> {
        let frame = &of.frame;
        let eyes = self.eyes(self.owner(of));
        let named = eyes.scope().name_address(frame.ip);
        let module = eyes.scope().modules().at(frame.ip);
        let unknown = |what: &str| ModelError::Lack(Lack::NoName { name: what.to_owned() });
        let line = module.and_then(|module| {
            let rva = u32::try_from(frame.lookup_ip().checked_sub(module.base)?).ok()?;
            eyes.scope().module_symbols(module).names.as_ref()?.line(rva)
        });
        let (file, number) = match (&frame.inline, &line) {
            (Some(inline), _) => inline.source.clone().unzip(),
            (None, Some(line)) => (Some(line.file.clone()), Some(line.line)),
            (None, None) => (None, None),
        };
        let function = frame.inline.as_ref().map(|inline| inline.name.clone());
        let function = function.or_else(|| named.as_ref()?.symbol.clone());
        let source = Value::facts(vec![
            ("Module", module.map(|module| Value::text(&module.name)).ok_or_else(|| unknown("the module"))),
            ("FunctionName", function.map(Value::text).ok_or_else(|| unknown("the function"))),
            ("SourceFile", file.map(Value::text).ok_or_else(|| unknown("the source file"))),
            (
                "SourceLine",
                number.map(|line| Value::number(line.into())).ok_or_else(|| unknown("the source line")),
            ),
        ]);
        Value::facts(vec![
            ("InstructionOffset", Ok(Value::number(frame.ip))),
            ("ReturnOffset", Ok(Value::number(frame.return_address))),
            ("FrameOffset", Ok(Value::number(frame.frame_base))),
            ("StackOffset", Ok(Value::number(frame.sp))),
            ("Virtual", Ok(Value::is(frame.kind != FrameKind::First))),
            ("FrameNumber", Ok(Value::number(frame.number.into()))),
            ("SourceInformation", source),
        ])
    }

    pub(super) fn frame_title(&self, of: &FrameOf) -> String {
        let eyes = self.eyes(self.owner(of));
        let ip = of.frame.ip;
        let module = eyes.scope().modules().at(ip).map(|module| module.name.clone());
        if let Some(inline) = &of.frame.inline {
            return format!("[Inline Function] {}!{}", module.unwrap_or_default(), inline.name);
        }
        match eyes.scope().name_address(ip) {
            Some(named) if named.offset == 0 => named.name(),
            Some(named) => format!("{} + 0x{:x}", named.name(), named.offset),
            None => format!("0x{ip:x}"),
        }
    }
}
