//! The variables of the selected frame, with what the dump still knows of each.

mod home;
mod register;

pub use home::Home;

use super::Session;
use crate::debuggee;
use crate::debuggee::{FoundType, Lack, NoRegisters, Object, Scope, SymbolStatus};
use crate::memory::Memory;
use crate::symbols::source::{Location, Place, SymbolSource, Variable};
use crate::unwind::{Frame, FrameKind};
use crate::util::bounded::slice;
use home::{Held, either, home};
use register::{memory_address, register_bytes};
use thiserror::Error;

/// Why the variables of a frame are not known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoLocals {
    /// No stack starts anywhere.
    #[error(transparent)]
    NoRegisters(#[from] NoRegisters),
    /// The stack has no frame.
    #[error("there is no stack")]
    NoStack,
    /// The frame's code is no module's.
    #[error("{address:#x} lies in no module")]
    NoModule {
        /// The code.
        address: u64,
    },
    /// It lies further into its module than images are large.
    #[error("{address:#x} lies too far into its module")]
    TooFar {
        /// The code.
        address: u64,
    },
    /// The module's symbols are still being looked for.
    #[error("the symbols of {module} are not here yet")]
    NotYet {
        /// The module.
        module: String,
    },
    /// Only private symbols tell variables.
    #[error("{module} {}: locals need a private PDB on the symbol path (-y, .sympath)", status.word())]
    NotPrivate {
        /// The module.
        module: String,
        /// What there is.
        status: SymbolStatus,
    },
}

/// One variable.
pub struct Local {
    /// Its name.
    pub name: String,
    /// Its type, with the source that knows it.
    pub ty: FoundType,
    /// Whether it is a parameter.
    pub parameter: bool,
    /// Where it is kept here.
    pub home: Home,
    /// Where its bytes are; `None` where the compiler kept it nowhere at this instruction, or where what held it is not
    /// known in this frame.
    pub value: Option<debuggee::Place>,
}

impl Local {
    /// Its value.
    ///
    /// # Errors
    /// [`Lack::NoValue`].
    pub fn object<'s>(&self, scope: &'s Scope<'_>) -> Result<Object<'s>, Lack> {
        let place = self.value.clone().ok_or_else(|| self.no_value())?;
        Ok(scope.object_in(self.ty.clone(), place))
    }

    /// What became of a variable without a value.
    pub fn no_value(&self) -> Lack {
        let why = match self.home {
            Home::Nowhere => "the compiler kept it nowhere at this instruction".to_owned(),
            Home::Constant(_) => "a constant in a part of its scope, it is not recorded in which".to_owned(),
            _ => format!("what held it ({}) is not known in this frame", self.home.text()),
        };
        Lack::NoValue { what: self.name.clone(), why }
    }
}

/// Larger variables are not copied; their address still says where they are.
const MAX_BYTES: u64 = 1 << 16;

impl Session {
    /// The variables of the selected frame (of the innermost one if none is selected).
    ///
    /// # Errors
    /// Why there are none: no registers, no module, no private symbols.
    pub fn locals(&self) -> Result<Vec<Local>, NoLocals> {
        match &self.focus.frame {
            Some(selected) => self.locals_of(&selected.frame),
            None => {
                let innermost = self.stack(1)?.frames.into_iter().next();
                self.locals_of(&innermost.ok_or(NoLocals::NoStack)?)
            }
        }
    }

    /// The variables of a frame.
    ///
    /// # Errors
    /// As [`Session::locals`].
    pub fn locals_of(&self, frame: &Frame) -> Result<Vec<Local>, NoLocals> {
        // A return address may belong to what follows the call, in another block or even another function.
        let ip = frame.lookup_ip();
        let module = self.target.modules().at(ip).ok_or(NoLocals::NoModule { address: ip })?;
        let symbols = self.target.module_symbols(module);
        let (Some(names), Some(types)) = (&symbols.names, &symbols.types) else {
            return Err(needs_private(&module.name, symbols.status));
        };
        if symbols.status != SymbolStatus::PrivatePdb {
            return Err(needs_private(&module.name, symbols.status));
        }
        let rva = u32::try_from(ip - module.base).map_err(|_| NoLocals::TooFar { address: ip })?;
        let depth = self.inline_depth(frame);
        let variables = names.locals(rva).into_iter().filter(|variable| variable.inline_depth == depth);
        let after = returned_to(&**names, rva, frame);
        let locals = variables.map(|variable| {
            let ty = FoundType {
                module: module.name.clone(),
                base: module.base,
                source: types.clone(),
                id: variable.ty,
            };
            let back = after.iter().find(|it| it.declaration == variable.declaration);
            self.local(&variable, back, ty, frame, module.base)
        });
        Ok(locals.collect())
    }

    /// Which of the functions inlined at an instruction a frame stands for; `None` for the function itself.
    fn inline_depth(&self, frame: &Frame) -> Option<usize> {
        if frame.kind != FrameKind::Inline {
            return None;
        }
        let stack = self.stack(frame.number as usize + 1).ok()?;
        let before = stack.frames.iter().take(frame.number as usize).rev();
        Some(before.take_while(|inner| inner.kind == FrameKind::Inline && inner.ip == frame.ip).count())
    }

    /// A variable as it is at the call, `back` being the same at the return address.
    fn local(
        &self,
        variable: &Variable,
        back: Option<&Variable>,
        ty: FoundType,
        frame: &Frame,
        base: u64,
    ) -> Local {
        let size = ty.size().unwrap_or(0);
        let held = |variable: &Variable| Held {
            home: home(variable, frame, base),
            bytes: match size {
                0 => None,
                size if size > MAX_BYTES => None,
                size => self.bytes(variable, size as usize, frame, base),
            },
        };
        let Held { home, bytes } = match back {
            Some(back) => either(held(back), held(variable)),
            None => held(variable),
        };
        let value = match home.address() {
            Some(address) => Some(debuggee::Place::memory(address)),
            None => bytes.map(|bytes| debuggee::Place::held(&bytes)),
        };
        Local { name: variable.name.clone(), ty, parameter: variable.parameter, home, value }
    }

    /// The variable's bytes, if every one of them is known.
    fn bytes(&self, variable: &Variable, size: usize, frame: &Frame, base: u64) -> Option<Vec<u8>> {
        let mut bytes = vec![0u8; size];
        let mut known = vec![false; size];
        for location in &variable.locations {
            let start = location.part as usize;
            let end = part_end(location, &variable.locations, size);
            let part = bytes.get_mut(start..end)?;
            if !self.fill(part, &location.place, frame, base) {
                return None;
            }
            known.get_mut(start..end)?.fill(true);
        }
        known.iter().all(|&known| known).then_some(bytes)
    }

    fn fill(&self, part: &mut [u8], place: &Place, frame: &Frame, base: u64) -> bool {
        let value = match place {
            Place::Register(number) => register_bytes(*number, frame),
            // The records do not say where in the scope it holds.
            Place::Constant(_) => None,
            Place::Static { rva } => {
                return self.target.memory().read(base.wrapping_add(u64::from(*rva)), part).is_ok();
            }
            Place::RegisterRelative { register, offset } | Place::FrameRelative { register, offset } => {
                let address = memory_address(*register, *offset, frame);
                return address.is_some_and(|address| self.target.memory().read(address, part).is_ok());
            }
        };
        let Some(value) = value else { return false };
        // A register narrower than the variable holds its low bytes; the rest is not known.
        match slice(&value, 0, part.len()) {
            Some(value) => {
                part.copy_from_slice(value);
                true
            }
            None => false,
        }
    }
}

/// The variables at a frame's return address, if that is in the function of the call at `call`. The registers of a frame
/// are those to which the call comes back: a variable that is in a volatile register up to the call, and in another place
/// from then on, is known only there.
fn returned_to(names: &dyn SymbolSource, call: u32, frame: &Frame) -> Vec<Variable> {
    let back = call.wrapping_add((frame.ip.wrapping_sub(frame.lookup_ip())) as u32);
    let extent = names.function_extent(call);
    if back == call || extent.is_none() || extent != names.function_extent(back) {
        return Vec::new();
    }
    names.locals(back)
}

fn needs_private(module: &str, status: SymbolStatus) -> NoLocals {
    let module = module.to_owned();
    if status == SymbolStatus::Deferred {
        return NoLocals::NotYet { module };
    }
    NoLocals::NotPrivate { module, status }
}

/// Where a part ends: where the next one begins.
fn part_end(location: &Location, all: &[Location], size: usize) -> usize {
    let later = all.iter().map(|other| other.part as usize).filter(|&part| part > location.part as usize);
    later.min().unwrap_or(size).min(size)
}
