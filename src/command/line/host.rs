//! What expressions may ask of a session: registers, symbols, memory, types, and the debugger's own registers.

use crate::debuggee::{FoundType, Place, RegisterContext};
use crate::eval::cxx::{CType, Typed};
use crate::eval::{EvalError, EvalHost, Fault};
use crate::memory::{Memory, ReadError};
use crate::session::{Evaluator, Radix, Session};
use crate::symbols::types::{Base, BaseKind};
use crate::util::bounded::u64_at;
use std::borrow::Cow;

impl EvalHost for Session {
    fn register(&self, name: &str) -> Option<u64> {
        if let Some(pseudo) = name.strip_prefix('$') {
            return pseudo_register(self, pseudo);
        }
        let context = self.context().ok();
        let low = |context: &RegisterContext| {
            // Of a wide register an expression takes the lower half.
            let wide = context.bytes_of(name).filter(|bytes| bytes.len() > 8);
            wide.and_then(|bytes| u64_at(bytes, 0)).or_else(|| context.get(name))
        };
        context.and_then(low).or_else(|| {
            let special = self.processor()?.special.as_ref()?;
            special.get(name)
        })
    }

    fn symbol(&self, name: &str) -> Option<u64> {
        self.target.resolve(name)
    }

    fn read(&self, place: &Place, size: usize) -> Result<u64, ReadError> {
        place.uint(self.target.memory(), self.target.physical(), size)
    }

    fn readable(&self, address: u64, length: u64) -> bool {
        let Some(end) = address.checked_add(length) else {
            return false;
        };
        let mut at = address;
        while at < end {
            match self.target.memory().window(at) {
                Ok(window) => at = at.saturating_add(window.len() as u64),
                Err(_) => return false,
            }
        }
        true
    }

    fn entry_point(&self, address: u64) -> Option<u64> {
        let module = self.target.modules().at(address).filter(|module| module.base == address)?;
        let image = self.target.image(module).ok()?;
        let offset = Some(image.headers().entry_point).filter(|&offset| offset != 0)?;
        module.base.checked_add(offset.into())
    }

    fn radix(&self) -> Radix {
        self.settings.radix
    }

    fn evaluator(&self) -> Evaluator {
        self.settings.evaluator
    }

    fn pointer_size(&self) -> usize {
        self.target.pointer_size()
    }

    fn find_type(&self, name: &str) -> Option<FoundType> {
        self.target.find_type(name)
    }

    fn variable(&self, name: &str) -> Option<(u64, Option<FoundType>)> {
        self.target.variable(name)
    }

    fn local(&self, name: &str) -> Option<Result<Typed, EvalError>> {
        // No variable of a frame has a module's name before it.
        let locals = (!name.contains('!')).then(|| self.locals())?;
        let local = locals.ok()?.into_iter().find(|local| local.name == name)?;
        let ty = CType::of(&local.ty);
        let value = local.value.clone().map(|place| Typed::at(ty, place));
        Some(value.ok_or_else(|| EvalError::new(Fault::Lack(Box::new(local.no_value())), name)))
    }

    fn extends_sign(&self) -> bool {
        // An image that was opened by itself is no kernel session.
        self.target.dump().is_ok()
    }

    fn register_size(&self, name: &str) -> usize {
        let slot = self.context().ok().and_then(|context| context.slot(name));
        slot.map_or(8, |slot| if slot.bit.is_some() { 1 } else { slot.size })
    }

    fn register_base(&self, name: &str) -> Base {
        // Parts of a register, flags among them, are as wide as any; registers of their own are not.
        let own = ["efl", "eflags", "mxcsr", "psr", "cpsr", "fpcr", "fpsr", "$exr_code", "$ptrsize"];
        let segment = ["cs", "ds", "es", "fs", "gs", "ss"];
        let is_in = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let size = match () {
            () if is_in(&own) => 4,
            () if is_in(&segment) => 2,
            () => 8,
        };
        Base::new(BaseKind::UInt, size)
    }

    fn register_type(&self, name: &str) -> Option<Cow<'_, str>> {
        let lower = name.to_ascii_lowercase();
        if let Some(index) = lower.strip_prefix("$t").and_then(|digits| digits.parse::<usize>().ok()) {
            return self.user_types.get(index)?.as_deref().map(Cow::from);
        }
        let ty = match lower.as_str() {
            "$proc" => Some("nt!_EPROCESS *"),
            "$thread" => Some("nt!_ETHREAD *"),
            "$prcb" => Some("nt!_KPRCB *"),
            "$pcr" => Some("nt!_KPCR *"),
            "$peb" => Some("nt!_PEB *"),
            "$teb" => Some("nt!_TEB *"),
            _ => None,
        };
        ty.map(Cow::from)
    }
}

/// The names of the debugger's own registers, without `$`; those of users, and exceptions' parameters, have numbers.
pub(super) const PSEUDO_REGISTERS: &[&str] = &[
    "bug_code",
    "bug_param1",
    "bug_param2",
    "bug_param3",
    "bug_param4",
    "callret",
    "csp",
    "dpid",
    "eventip",
    "exentry",
    "exp",
    "exr_chance",
    "exr_code",
    "exr_numparams",
    "extret",
    "frame",
    "ip",
    "p",
    "pagesize",
    "pcr",
    "peb",
    "prcb",
    "proc",
    "ptrsize",
    "ra",
    "retreg",
    "scopeip",
    "teb",
    "thread",
];

/// The debugger's own registers, named without `$`.
fn pseudo_register(session: &Session, name: &str) -> Option<u64> {
    let lower = name.to_ascii_lowercase();
    if let Some(index) = lower.strip_prefix('t').and_then(|digits| digits.parse::<usize>().ok()) {
        return session.user_registers.get(index).copied();
    }
    if let Some(index) = lower.strip_prefix("exr_param").and_then(|digits| digits.parse::<usize>().ok()) {
        return session.target.header().ok()?.exception?.parameters().get(index).copied();
    }
    let header = session.target.header().ok();
    let exception = header.and_then(|header| header.exception);
    let parameter = |index: usize| header?.bug_check_parameters.get(index).copied();
    match lower.as_str() {
        "exentry" => session.target.subject().image()?.entry_point(),
        "ip" | "scopeip" => session.code_address().ok(),
        "csp" => session.context().ok().map(|context| context.sp()),
        "ra" => session.return_address(),
        "retreg" => {
            session.context().ok().and_then(|context| context.get("rax").or_else(|| context.get("x0")))
        }
        "thread" => session.thread(),
        "proc" => session.process(),
        "prcb" => session.processor()?.prcb,
        "pcr" => session.processor()?.pcr(session.target.machine()),
        "peb" => session.target.peb_field(session.process()?),
        "teb" => session.target.teb_field(session.thread()?),
        "exp" => Some(session.last_value),
        "p" => Some(session.last_shown),
        "eventip" => {
            let number = session.target.crashed_processor();
            let crashed = session.target.processors().iter().find(|processor| processor.number == number)?;
            crashed.context.as_ref().ok().map(RegisterContext::ip)
        }
        "frame" => {
            session.focus.frame.as_ref().map_or(Some(0), |selected| Some(selected.frame.number.into()))
        }
        // No function is called in a dump, and the debugger that made it is gone.
        "callret" | "dpid" => header.map(|_| 0),
        "exr_code" => Some(exception?.code.into()),
        // The exception that a dump holds was handled by nobody: it is at its second chance.
        "exr_chance" => exception.map(|_| 2),
        "exr_numparams" => Some(exception?.number_parameters.into()),
        "extret" => Some(session.extret),
        "ptrsize" => Some(session.target.pointer_size() as u64),
        "pagesize" => Some(0x1000),
        "bug_code" => header.map(|header| header.bug_check_code.into()),
        "bug_param1" => parameter(0),
        "bug_param2" => parameter(1),
        "bug_param3" => parameter(2),
        "bug_param4" => parameter(3),
        _ => None,
    }
}
