//! The variables of the selected frame, with what the dump still knows of each.

use super::Session;
use crate::debuggee;
use crate::debuggee::{FoundType, Lack, NoRegisters, Object, Scope, SymbolStatus};
use crate::memory::Memory;
use crate::symbols::registers::amd64_name;
use crate::symbols::source::{Location, Place, SymbolSource, Variable};
use crate::unwind::{Frame, FrameKind};
use crate::util::bounded::slice;
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

/// Where a variable is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// Nowhere at this instruction.
    Nowhere,
    /// In a register.
    Register(String),
    /// In memory at a register plus an offset.
    Memory {
        /// The register.
        register: String,
        /// Bytes added to it.
        offset: i64,
        /// The address, where the register is known.
        address: Option<u64>,
    },
    /// In the image.
    Static(u64),
    /// It is a constant in a part of its scope; in which is not recorded.
    Constant(i64),
    /// In several places.
    Parts,
}

impl Home {
    /// The home as `dv /V` writes it: `@rbx`, `@rsp+0x0040`.
    pub fn text(&self) -> String {
        match self {
            Home::Register(_) | Home::Memory { .. } => format!("@{}", self.bare()),
            _ => self.bare(),
        }
    }

    /// The same without the mark of a register: `rbx`, `rsp+0x0040`.
    pub fn bare(&self) -> String {
        match self {
            Home::Nowhere => "<nowhere>".to_owned(),
            Home::Register(register) => register.clone(),
            Home::Memory { register, offset, .. } if *offset < 0 => format!("{register}-0x{:04x}", -offset),
            Home::Memory { register, offset, .. } => format!("{register}+0x{offset:04x}"),
            Home::Static(_) => "<static>".to_owned(),
            Home::Constant(_) => "<constant>".to_owned(),
            Home::Parts => "<in parts>".to_owned(),
        }
    }

    /// Its address, if it has one.
    pub fn address(&self) -> Option<u64> {
        match self {
            Home::Memory { address, .. } => *address,
            Home::Static(address) => Some(*address),
            _ => None,
        }
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

/// Where a variable is, with what is there.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    home: Home,
    bytes: Option<Vec<u8>>,
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

/// What is known of a variable, from its place at the return address and from that at the call. Where the two contradict
/// each other neither is to be believed.
fn either(back: Held, call: Held) -> Held {
    match (&back.bytes, &call.bytes) {
        (Some(after), Some(before)) if after != before => Held { home: Home::Nowhere, bytes: None },
        (Some(_), _) => back,
        (None, None) if call.home == Home::Nowhere => back,
        (None, _) => call,
    }
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

fn home(variable: &Variable, frame: &Frame, base: u64) -> Home {
    match variable.locations.as_slice() {
        [] => Home::Nowhere,
        [Location { place, .. }] => match place {
            Place::Register(number) => match amd64_name(*number) {
                Some(name) => Home::Register(name),
                None => Home::Nowhere,
            },
            Place::RegisterRelative { register, offset } | Place::FrameRelative { register, offset } => {
                Home::Memory {
                    register: amd64_name(*register).unwrap_or_else(|| "unknown".to_owned()),
                    offset: i64::from(*offset),
                    address: memory_address(*register, *offset, frame),
                }
            }
            Place::Static { rva } => Home::Static(base.wrapping_add(u64::from(*rva))),
            Place::Constant(value) => Home::Constant(*value),
        },
        _ => Home::Parts,
    }
}

fn memory_address(register: u16, offset: i32, frame: &Frame) -> Option<u64> {
    let value = frame.register(&amd64_name(register)?)?.known()?;
    Some(value.wrapping_add_signed(i64::from(offset)))
}

/// What a frame knows of a register, by CodeView's number: a part of one is cut out of the whole.
fn register_bytes(number: u16, frame: &Frame) -> Option<Vec<u8>> {
    let name = amd64_name(number)?;
    if let Some(xmm) = name.strip_prefix("xmm").and_then(|digits| digits.parse::<u8>().ok()) {
        return Some(frame.registers.xmm(xmm).known()?.to_le_bytes().to_vec());
    }
    let (whole, shift, size) = whole_register(&name)?;
    let value = frame.register(&whole)?.known()?;
    slice(&value.to_le_bytes(), shift, size).map(<[u8]>::to_vec)
}

/// The 64-bit register that a name belongs to, and which of its bytes it means.
fn whole_register(name: &str) -> Option<(String, usize, usize)> {
    use crate::unwind::GENERAL_NAMES;
    if GENERAL_NAMES.contains(&name) {
        return Some((name.to_owned(), 0, 8));
    }
    let numbered = name.starts_with('r');
    if numbered {
        let (digits, size) = match name.as_bytes().last()? {
            b'd' => (name.strip_suffix('d')?, 4),
            b'w' => (name.strip_suffix('w')?, 2),
            b'b' => (name.strip_suffix('b')?, 1),
            _ => return None,
        };
        return Some((digits.to_owned(), 0, size));
    }
    if let Some(word) = name.strip_prefix('e') {
        return Some((format!("r{word}"), 0, 4));
    }
    let (stem, last) = name.split_at_checked(name.len() - 1)?;
    match (stem.len(), last) {
        (1, "l") => Some((format!("r{stem}x"), 0, 1)),
        (1, "h") => Some((format!("r{stem}x"), 1, 1)),
        (2, "l") => Some((format!("r{stem}"), 0, 1)),
        _ => Some((format!("r{name}"), 0, 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_registers() {
        let whole = |name| whole_register(name).expect("a register");
        assert_eq!(whole("rbx"), ("rbx".into(), 0, 8));
        assert_eq!(whole("ebx"), ("rbx".into(), 0, 4));
        assert_eq!(whole("bx"), ("rbx".into(), 0, 2));
        assert_eq!(whole("bl"), ("rbx".into(), 0, 1));
        assert_eq!(whole("bh"), ("rbx".into(), 1, 1));
        assert_eq!(whole("sil"), ("rsi".into(), 0, 1));
        assert_eq!(whole("r12d"), ("r12".into(), 0, 4));
        assert_eq!(whole("di"), ("rdi".into(), 0, 2));
    }

    #[test]
    fn a_variable_is_known_at_the_call_or_behind_it() {
        let held = |register: &str, byte: Option<u8>| Held {
            home: Home::Register(register.to_owned()),
            bytes: byte.map(|byte| vec![byte]),
        };
        assert_eq!(either(held("rbx", Some(1)), held("rcx", None)), held("rbx", Some(1)));
        assert_eq!(either(held("rax", None), held("rsi", Some(2))), held("rsi", Some(2)));
        assert_eq!(either(held("rbx", Some(3)), held("rsi", Some(3))), held("rbx", Some(3)));
        let nowhere = || Held { home: Home::Nowhere, bytes: None };
        assert_eq!(either(held("rbx", Some(1)), held("rsi", Some(2))), nowhere());
        assert_eq!(either(held("rax", None), nowhere()), held("rax", None));
        assert_eq!(either(nowhere(), held("rcx", None)), held("rcx", None));
    }

    #[test]
    fn homes_as_dv_writes_them() {
        let memory = |offset| Home::Memory { register: "rsp".into(), offset, address: None };
        assert_eq!(memory(0x40).text(), "@rsp+0x0040");
        assert_eq!(memory(-8).text(), "@rsp-0x0008");
        assert_eq!(memory(-8).bare(), "rsp-0x0008");
        assert_eq!(Home::Register("rbx".into()).text(), "@rbx");
    }
}
