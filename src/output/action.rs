//! What can be followed, and what following it runs.

use super::structure::Structure;
use crate::util::guid::Guid;
use crate::util::hex;
use std::borrow::Cow;
use std::fmt;

/// What a span stands for, and so what following it shows.
///
/// It holds the thing, not a command: a name that came from a dump or a symbol file never becomes part of a command line
/// before [`Action::command`] has looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// A command line in the program's own words.
    Run(&'static str),
    /// The help of a command of the table.
    Help(&'static str),
    /// Bytes at a virtual address.
    Memory(u64),
    /// Pointers at a virtual address, with the symbols they point to.
    Pointers(u64),
    /// Numbers at a virtual address.
    Numbers(u64),
    /// Bytes at a physical address.
    Physical(u64),
    /// Instructions at an address.
    Code(u64),
    /// A number in all its forms.
    Number(u64),
    /// A type's layout or a variable, by name: `nt!_EPROCESS`.
    Type(Box<str>),
    /// An object of a type in virtual memory.
    Object {
        /// `nt!_EPROCESS`
        ty: Box<str>,
        /// Where it stands.
        address: u64,
        /// How it is shown.
        form: ObjectForm,
    },
    /// More of the answer to a `dx` command.
    More {
        /// Its options, in the program's own words.
        options: Box<str>,
        /// The expression, as the user typed it.
        expression: Box<str>,
    },
    /// A frame of the stack, by number.
    Frame(u32),
    /// A processor, by number.
    Processor(u32),
    /// A module, by name.
    Module(Box<str>),
    /// Tagged data of the dump.
    Tag(Guid),
    /// The drivers that have a pool tag in their code, by the tag as a number.
    PoolTag(u32),
    /// A trap frame.
    Trap(u64),
    /// A context record.
    Context(u64),
    /// An exception record.
    ExceptionRecord(u64),
    /// A thread's `_ETHREAD`.
    Thread(u64),
    /// The variables where a thread stands, which chooses the thread.
    ThreadVariables(u64),
    /// A process's `_EPROCESS`.
    Process(u64),
    /// The `_PEB` of a process, by the process's `_EPROCESS`: its memory is the process's own.
    Peb(u64),
    /// A process with its threads and their stacks.
    ProcessThreads(u64),
    /// The threads of a process, a row each.
    ThreadList(u64),
    /// The stacks of a process's threads, each once.
    UniqueStacks(u64),
    /// The ranges of a process's address space, by its `_EPROCESS`.
    AddressSpace(u64),
    /// A range of an address space: a `_MMVAD`.
    Vad(u64),
    /// An access token.
    Token(u64),
    /// A job object.
    Job(u64),
    /// An ALPC port.
    AlpcPort(u64),
    /// A message between ALPC ports.
    AlpcMessage(u64),
    /// An I/O request packet.
    Irp(u64),
    /// A device object.
    Device(u64),
    /// The stack of devices that a device object belongs to.
    DeviceStack(u64),
    /// A node of Plug and Play's tree of devices.
    DeviceNode(u64),
    /// A driver object.
    Driver(u64),
    /// A file object.
    File(u64),
    /// An event tracing session that is saved in the dump, by its number.
    TraceSession(u32),
    /// A net buffer list.
    NetBufferList(u64),
    /// A structure of one of Windows' own drivers.
    Structure(Structure, u64),
    /// An I/O control code.
    ControlCode(u32),
    /// A handle of a process.
    Handle {
        /// The handle.
        handle: u64,
        /// The process's `_EPROCESS`.
        process: u64,
    },
    /// A code of an error or a bug check.
    ErrorCode(u32),
    /// Everything that a number may be.
    What(u64),
    /// A block of a pool, by the address of its content.
    Pool(u64),
    /// A page table entry or a prototype PTE, by its own address.
    Pte(u64),
    /// What Windows keeps of a page of physical memory, by the page frame number.
    PageFrame(u64),
    /// Why something could not be read. There is nothing to run: who follows it is told.
    Reason(Box<str>),
}

/// How [`Action::Object`] is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectForm {
    /// `dt`
    Plain,
    /// `dt -v`
    Verbose,
    /// `dt -r`, this many levels deep.
    Opened(u8),
    /// `!ddt`, this many levels deep.
    BothBases(u8),
    /// `dx`, a level of members.
    Tree,
    /// `dx -n`: members instead of a summary.
    TreeRaw,
}

/// What cannot be followed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfollowable {
    /// A name that cannot be written on a command line without being taken for something else.
    Name(String),
    /// Something that could not be read, with the reason.
    Unreadable(String),
}

impl fmt::Display for Unfollowable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfollowable::Name(name) => {
                let name = super::sanitize(name);
                write!(f, "not followed: a command line would not take '{name}' for one name")
            }
            Unfollowable::Unreadable(why) => f.write_str(&super::sanitize(why)),
        }
    }
}

impl std::error::Error for Unfollowable {}

/// The first 64 KB hold nothing on Windows: such numbers are counts, codes and offsets.
const FIRST_ADDRESS: u64 = 0x1_0000;

impl Action {
    /// Whether a number can be an address that is worth following.
    pub fn is_address(value: u64) -> bool {
        value >= FIRST_ADDRESS
    }

    /// An object of a type, shown with `dt`.
    pub fn object(ty: impl Into<Box<str>>, address: u64) -> Action {
        Action::Object { ty: ty.into(), address, form: ObjectForm::Plain }
    }

    /// The command line that following it runs: the best one that there is.
    ///
    /// # Errors
    /// The thing has a name that the line would not hold as one word.
    pub fn command(&self) -> Result<Cow<'static, str>, Unfollowable> {
        let at = |command: &str, address: &u64| format!("{command} {}", hex::tick(*address));
        Ok(Cow::Owned(match self {
            Action::Run(line) => return Ok(Cow::Borrowed(line)),
            Action::Help(name) => format!(".help {name}"),
            Action::Memory(address) => at("db", address),
            Action::Pointers(address) => at("dps", address),
            Action::Numbers(address) => at("dq", address),
            Action::Physical(address) => format!("!db {address:x}"),
            Action::Code(address) => at("u", address),
            Action::Number(value) => at(".formats", value),
            Action::Type(name) => format!("dt {}", type_name(name)?),
            Action::Object { ty, address, form } => object(ty, *address, *form)?,
            Action::More { options, expression } => format!("dx {options} {}", typed(expression)?),
            Action::Frame(number) => format!(".frame {number:x}"),
            Action::Processor(number) => format!("~{number}s"),
            Action::Module(name) => format!("lmvm {}", module_name(name)?),
            Action::Tag(tag) => format!(".enumtag {tag}"),
            Action::PoolTag(tag) => format!("!tag {tag:#x}"),
            Action::Trap(address) => at(".trap", address),
            Action::Context(address) => at(".cxr", address),
            Action::ExceptionRecord(address) => at(".exr", address),
            Action::Thread(address) => at("!thread", address),
            Action::ThreadVariables(address) => format!(".thread {}; dv", hex::tick(*address)),
            Action::Process(address) => at("!process", address),
            Action::ProcessThreads(address) => format!("!process {} 7", hex::tick(*address)),
            Action::ThreadList(process) => at("!lt", process),
            Action::UniqueStacks(process) => at("!us -p", process),
            Action::Peb(process) => at("!peb /p", process),
            Action::AddressSpace(process) => at("!vad /p", process),
            Action::Vad(address) => format!("!vad {} 1", hex::tick(*address)),
            Action::Token(address) => at("!token -n", address),
            Action::Job(address) => at("!job", address),
            Action::AlpcPort(address) => at("!alpc /p", address),
            Action::AlpcMessage(address) => at("!alpc /m", address),
            Action::Irp(address) => at("!irp", address),
            Action::Device(address) => at("!devobj", address),
            Action::DeviceStack(address) => at("!devstack", address),
            Action::DeviceNode(address) => at("!devnode", address),
            Action::Driver(address) => format!("!drvobj {} 7", hex::tick(*address)),
            Action::File(address) => at("!fileobj", address),
            Action::TraceSession(id) => format!("!wmitrace.logdump {id:x}"),
            Action::NetBufferList(address) => at("!ndiskd.nbl", address),
            Action::Structure(kind, address) => at(kind.shown_by().0, address),
            Action::ControlCode(code) => format!("!ioctldecode {code:x}"),
            Action::Handle { handle, process } => format!("!handle {handle:x} 3 {}", hex::tick(*process)),
            Action::ErrorCode(code) => format!("!error {code:x}"),
            Action::What(value) => at("!what", value),
            Action::Pool(address) => format!("!pool {} 2", hex::tick(*address)),
            Action::Pte(address) => format!("!pte {} 1", hex::tick(*address)),
            Action::PageFrame(number) => format!("!pfn {number:x}"),
            Action::Reason(why) => return Err(Unfollowable::Unreadable(why.to_string())),
        }))
    }

    /// Whether following it chooses something that other views depend on, and shows nothing that has to be looked at.
    pub fn selects(&self) -> bool {
        matches!(self, Action::Frame(_) | Action::Processor(_) | Action::Trap(_) | Action::Context(_))
    }
}

fn object(ty: &str, address: u64, form: ObjectForm) -> Result<String, Unfollowable> {
    let place = hex::tick(address);
    Ok(match form {
        ObjectForm::Plain => format!("dt {} {place}", type_name(ty)?),
        ObjectForm::Verbose => format!("dt {} {place} -v", type_name(ty)?),
        ObjectForm::Opened(levels) => format!("dt {} {place} -r{levels}", type_name(ty)?),
        ObjectForm::BothBases(0) => format!("!ddt {} {place}", type_name(ty)?),
        ObjectForm::BothBases(levels) => format!("!ddt {} {place} -r{levels}", type_name(ty)?),
        ObjectForm::Tree => format!("dx -r1 (*(({} *)0x{address:x}))", expression_name(ty)?),
        ObjectForm::TreeRaw => format!("dx -n -r1 (*(({} *)0x{address:x}))", expression_name(ty)?),
    })
}

/// A name as it was, if it consists of such characters and does not begin like an option.
fn checked(name: &str, may: impl Fn(char) -> bool) -> Result<&str, Unfollowable> {
    let fits = !name.is_empty() && !name.starts_with(['-', '/']) && name.chars().all(may);
    if fits { Ok(name) } else { Err(Unfollowable::Name(name.to_owned())) }
}

/// Whether a module's name can stand on a command line as it is.
pub fn is_module_word(name: &str) -> bool {
    module_name(name).is_ok()
}

/// A module's name; `*`, `?` and `[` would make a pattern of it.
pub(super) fn module_name(name: &str) -> Result<&str, Unfollowable> {
    checked(name, |c| c.is_alphanumeric() || "_-+.$~@()".contains(c))
}

/// `MODULE!TYPE` or `TYPE`, with the signs that templates and nested types have.
fn type_name(name: &str) -> Result<&str, Unfollowable> {
    two_parts(name, |c| c.is_alphanumeric() || "_:<>,-~$@'`".contains(c))
}

/// The same where an expression reads it, which takes templates with blanks and pointers in them.
fn expression_name(name: &str) -> Result<&str, Unfollowable> {
    two_parts(name, |c| c.is_alphanumeric() || "_:$<>, *&".contains(c))
}

fn two_parts(name: &str, may: impl Fn(char) -> bool) -> Result<&str, Unfollowable> {
    if let Some((module, name)) = name.split_once('!') {
        module_name(module)?;
        checked(name, may)?;
    } else {
        checked(name, may)?;
    }
    Ok(name)
}

/// An expression that was typed on a command line already: nothing in it may end or group commands.
fn typed(expression: &str) -> Result<&str, Unfollowable> {
    checked(expression, |c| !c.is_control() && !";{}\"".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_command_line_would_take_apart_are_refused() {
        for name in [
            "nt!_LUID;.sympath srv*http://127.1 ",
            "nt!_LUID\n.sympath x",
            "nt!_LUID\" \"",
            "nt!{x}",
            "nt!_LUID -v",
            "nt!_POOL*",
            "a;q!_LUID",
            "-v!_LUID",
            "-n",
            "nt!",
            "nt!_A!_B",
            "",
        ] {
            assert!(Action::Type(name.into()).command().is_err(), "{name}");
            assert!(Action::object(name, 0x10).command().is_err(), "{name}");
            if !name.contains(['*', '-']) || name.contains(';') {
                let tree = Action::Object { ty: name.into(), address: 0x10, form: ObjectForm::Tree };
                assert!(tree.command().is_err(), "{name}");
            }
        }
        for name in ["a;q", "a b", "*", "nt?", "/v", "-v", "a\"b", "", "a{b", "a\tb", "\u{202e};"] {
            assert!(Action::Module(name.into()).command().is_err(), "{name}");
        }
        let more =
            |expression: &str| Action::More { options: "-r1 -c 100".into(), expression: expression.into() };
        assert!(more("a;q").command().is_err() && more("-g a").command().is_err());
        assert_eq!(more("a[2].b").command().as_deref(), Ok("dx -r1 -c 100 a[2].b"));
    }

    #[test]
    fn ordinary_names_are_kept() {
        for name in [
            "nt!_EPROCESS",
            "_EPROCESS",
            "a.b-c!std::pair<int,Foo<char>>",
            "驱动!_类型",
            "nt!`anonymous-namespace'::X",
        ] {
            assert_eq!(Action::Type(name.into()).command().as_deref(), Ok(&*format!("dt {name}")));
        }
        assert_eq!(
            Action::object("nt!_LUID", 0xffff_8000_0000_1000).command().as_deref(),
            Ok("dt nt!_LUID ffff8000`00001000")
        );
        assert_eq!(Action::Module("nt".into()).command().as_deref(), Ok("lmvm nt"));
    }

    #[test]
    fn a_refusal_says_the_name_without_its_power() {
        let refusal = Action::Module("a\x1b[31m;q".into()).command().map_err(|refusal| refusal.to_string());
        assert_eq!(
            refusal,
            Err("not followed: a command line would not take 'a.[31m;q' for one name".to_owned())
        );
    }
}
