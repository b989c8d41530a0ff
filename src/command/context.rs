//! What a running command works with.

use super::CommandError;
use crate::debuggee::FoundType;
use crate::eval::cxx::{CType, Typed};
use crate::eval::{self, EvalError, EvalHost};
use crate::memory::Memory;
use crate::output::{Action, Block, Line, OutputClosed, Role, Sink};
use crate::session::{Home, Radix, Session};
use crate::util::cancel::CancelToken;

/// A running command's session and output.
pub struct Context<'a> {
    /// The session.
    pub session: &'a mut Session,
    sink: &'a mut dyn Sink,
    cancel: CancelToken,
}

impl<'a> Context<'a> {
    /// A context for one command.
    pub fn new(session: &'a mut Session, sink: &'a mut dyn Sink) -> Context<'a> {
        let cancel = session.cancel.begin();
        Context { session, sink, cancel }
    }

    /// Says something. Every block is also a place where the command can be stopped.
    ///
    /// # Errors
    /// [`CommandError::Cancelled`], [`CommandError::Closed`].
    pub fn emit(&mut self, block: impl Into<Block>) -> Result<(), CommandError> {
        self.check()?;
        Ok(self.sink.block(block.into())?)
    }

    /// The session, and the way out beside it: for what is said while the session is being read.
    pub fn parts(&mut self) -> (&Session, Out<'_>) {
        (&*self.session, Out { sink: &mut *self.sink, cancel: &self.cancel })
    }

    /// Says an empty line.
    ///
    /// # Errors
    /// As [`Context::emit`].
    pub fn blank(&mut self) -> Result<(), CommandError> {
        self.emit(Line::new())
    }

    /// A place where the command can be stopped.
    ///
    /// # Errors
    /// [`CommandError::Cancelled`].
    pub fn check(&self) -> Result<(), CommandError> {
        self.cancel.check().map_err(|_| CommandError::Cancelled)
    }

    /// Runs a line of commands as part of this one: their output is its.
    ///
    /// # Errors
    /// The first command that failed.
    pub fn run_line(&mut self, line: &str) -> Result<(), CommandError> {
        if self.session.nesting >= MAX_NESTING {
            return Err(CommandError::Argument(format!(
                "'{line}': commands run commands more than {MAX_NESTING} deep"
            )));
        }
        self.session.nesting += 1;
        let outcome = super::run_line(line, self.session, &mut Within(&mut *self.sink));
        self.session.nesting -= 1;
        outcome.map(|_| ()).map_err(|failure| failure.error)
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// What could not be resolved, read or parsed.
    pub fn evaluate(&self, text: &str) -> Result<u64, CommandError> {
        Ok(eval::evaluate(text, &*self.session)?)
    }

    /// The value of the expression at the start of `text`, and what stands after it.
    ///
    /// # Errors
    /// As [`Context::evaluate`].
    pub fn evaluate_prefix<'t>(&self, text: &'t str) -> Result<(u64, &'t str), CommandError> {
        Ok(eval::evaluate_prefix(text, &*self.session)?)
    }

    /// An address as text: `nt!KeBugCheckEx+0x10`, `nt+0x3f5a80`; `None` outside all modules.
    pub fn symbol_text(&self, address: u64) -> Option<String> {
        if let Some(named) = self.session.target.name_address(address) {
            return Some(named.text());
        }
        let (name, offset) = shared_user_data(address)?;
        Some(match offset {
            0 => name.to_owned(),
            offset => format!("{name}+{offset:#x}"),
        })
    }

    /// `line` with an address's symbol added, if it has one: `nt+0x3f5a80`, which disassembles when followed.
    pub fn with_symbol(&self, line: Line, address: u64) -> Line {
        match self.symbol_text(address) {
            Some(text) => line.link(Role::Symbol, text, Action::Code(address)),
            None => line,
        }
    }
}

/// Where a command says something while it reads its session.
pub struct Out<'c> {
    sink: &'c mut dyn Sink,
    cancel: &'c CancelToken,
}

impl Out<'_> {
    /// Says something, as [`Context::emit`] does.
    ///
    /// # Errors
    /// [`CommandError::Cancelled`], [`CommandError::Closed`].
    pub fn emit(&mut self, block: impl Into<Block>) -> Result<(), CommandError> {
        self.cancel.check().map_err(|_| CommandError::Cancelled)?;
        Ok(self.sink.block(block.into())?)
    }
}

/// The deepest nesting of commands that run commands.
const MAX_NESTING: usize = 16;

/// Takes the blocks of commands that run inside another, whose beginning and end the reader need not see.
struct Within<'s>(&'s mut dyn Sink);

impl Sink for Within<'_> {
    fn block(&mut self, block: Block) -> Result<(), OutputClosed> {
        self.0.block(block)
    }
}

/// The page that Windows shares with every process stands at a fixed address in user space.
fn shared_user_data(address: u64) -> Option<(&'static str, u64)> {
    let offset = address.checked_sub(0x7ffe_0000)?;
    (offset < 0x1000).then_some(("SharedUserData", offset))
}

impl EvalHost for Session {
    fn register(&self, name: &str) -> Option<u64> {
        if let Some(pseudo) = name.strip_prefix('$') {
            return pseudo_register(self, pseudo);
        }
        let context = self.context().ok();
        context.and_then(|context| context.get(name)).or_else(|| {
            let special = self.processor()?.special.as_ref()?;
            special.get(name)
        })
    }

    fn symbol(&self, name: &str) -> Option<u64> {
        self.target.resolve(name)
    }

    fn memory(&self, address: u64, size: usize) -> Option<u64> {
        let mut bytes = [0u8; 8];
        self.target.memory().read(address, bytes.get_mut(..size)?).ok()?;
        Some(u64::from_le_bytes(bytes))
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

    fn radix(&self) -> Radix {
        self.settings.radix
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
        let value = match (local.home.address(), &local.bytes) {
            (Some(address), _) => Some(Typed::at(ty, address)),
            (None, Some(bytes)) => Typed::of_bytes(ty, bytes),
            (None, None) => None,
        };
        let why = || match local.home {
            Home::Nowhere => "the compiler kept it nowhere at this instruction".to_owned(),
            _ => format!("what held it ({}) is not known in this frame", local.home.text()),
        };
        Some(value.ok_or_else(|| EvalError::Lost { name: name.to_owned(), why: why() }))
    }

    fn register_type(&self, name: &str) -> Option<&'static str> {
        match name.to_ascii_lowercase().as_str() {
            "$proc" => Some("nt!_EPROCESS"),
            "$thread" => Some("nt!_ETHREAD"),
            "$prcb" => Some("nt!_KPRCB"),
            "$pcr" => Some("nt!_KPCR"),
            "$peb" => Some("nt!_PEB"),
            "$teb" => Some("nt!_TEB"),
            _ => None,
        }
    }
}

/// The debugger's own registers, named without `$`.
fn pseudo_register(session: &Session, name: &str) -> Option<u64> {
    let lower = name.to_ascii_lowercase();
    if let Some(index) = lower.strip_prefix('t').and_then(|digits| digits.parse::<usize>().ok()) {
        return session.user_registers.get(index).copied();
    }
    let header = session.target.header().ok();
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
        "peb" => session.target.peb(session.process()?),
        "teb" => session.target.teb(session.thread()?),
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
