//! `!apc`: the APCs that wait for their threads.

use crate::command::line::Out;
use crate::command::show::processor::{code, name_in};
use crate::command::show::thread;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Apc, ApcList, Process, Thread};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};

/// `!apc`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!apc"],
    group: Group::Kernel,
    arguments: &[Argument::new("[proc PROCESS | thre THREAD | APC]", Expects::Expression)],
    summary: "Shows the APCs that wait for their threads",
    help: "Without arguments: of every thread; proc ADDRESS: of one process's; thre ADDRESS: of one thread; an address alone \
           is a KAPC's. A thread that is attached to another process has a second pair of lists, which waits until it is \
           back: ApcStateIndex 0 is the thread's own process, 1 the one that it is attached to.\n\n\
           kd> !apc\n\
           *** Enumerating APCs in all processes\n\
           Process ffffa4058c015050 services.exe\n\
           \u{20}   Thread ffffa4058c017050 ApcStateIndex 0 ApcListHead ffffa4058c0170f8 [USER]\n\
           \u{20}       KAPC @ ffffa4058c02f940\n\
           \u{20}         Type            12\n\
           \u{20}         KernelRoutine   fffff80761403a10 nt!IopDeallocateApc",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (word, rest) = args.text.split_once(char::is_whitespace).unwrap_or((args.text, ""));
    let asked = match word {
        "" | "proc" | "thre" => (word, context.evaluate_any(rest)?),
        _ => ("apc", Some(context.evaluate(args.text)?)),
    };
    let scope = context.session.scope();
    let out = &mut context.out;
    match asked {
        ("proc", Some(address)) => process(&Process::at(&scope, address).map_err(missing)?, out),
        ("thre", Some(address)) => {
            let found = Thread::at(&scope, address).map_err(missing)?;
            match of_thread(&found, out)? {
                0 => out.emit(Line::of(format!("Thread {address:016x} has no APCs"))),
                _ => Ok(()),
            }
        }
        ("apc", Some(address)) => {
            let apc = Apc::at(&scope, address).map_err(missing)?;
            let owner = Cell::new(apc.thread().map(Field::Address)).digits(16).follow(Action::Thread);
            let space =
                apc.thread().and_then(|thread| Thread::at(&scope, thread)).map(|thread| own_space(&thread));
            let space = space.unwrap_or_else(|why| scope.without_user_space(&why));
            out.emit(line(record(&apc, 0, &space), "Thread", 0).cell("thread", owner))
        }
        ("", _) => {
            out.emit(Line::new().role(Role::Heading, "*** Enumerating APCs in all processes"))?;
            Process::all(&scope).map_err(missing)?.try_for_each(|found| match found {
                Ok(found) => process(&found, out),
                Err(Lack::Stopped) => Err(CommandError::Cancelled),
                Err(why) => out.emit(Line::new().role(Role::Unreadable, why.to_string())),
            })
        }
        _ => Err(CommandError::Syntax(args.text.to_owned())),
    }
}

fn missing(why: Lack) -> CommandError {
    CommandError::Missing(why.to_string())
}

fn process(process: &Process<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let address = process.address();
    let head = Record::new("process")
        .text("Process ")
        .cell("address", Cell::new(Field::Address(address)).digits(16).link(Action::Process(address)))
        .text(" ")
        .cell("image", Cell::new(process.image_file_name()));
    out.within(Branch::new(head), |out| {
        let unreadable = |why: Lack| {
            let text = why.to_string();
            Record::new("unreadable").field("why", why).role(Role::Unreadable, format!("    {text}"))
        };
        match Thread::of_process(process) {
            Ok(threads) => threads.into_iter().try_for_each(|found| match found {
                Ok(found) => of_thread(&found, out).map(|_| ()),
                Err(Lack::Stopped) => Err(CommandError::Cancelled),
                Err(why) => out.emit(unreadable(why)),
            }),
            Err(why) => out.emit(unreadable(why)),
        }
    })
}

/// The lists of a thread that hold anything; how many there were.
fn of_thread(thread: &Thread<'_>, out: &mut Out<'_>) -> Result<usize, CommandError> {
    let mut shown = 0;
    let lists = match ApcList::all(thread) {
        Ok(lists) => lists,
        Err(why) => {
            let text = format!("    Thread {:016x}: {why}", thread.address());
            let record = Record::new("apc_list").field("thread", Field::Address(thread.address()));
            out.emit(record.field("apcs", why).role(Role::Unreadable, text))?;
            return Ok(1);
        }
    };
    for list in lists {
        out.check()?;
        if list.is_empty().is_ok_and(|empty| empty) {
            continue;
        }
        shown += 1;
        let address = list.address();
        let head = Record::new("apc_list")
            .text("    Thread ")
            .cell("thread", thread::address(thread.address()))
            .text(" ApcStateIndex ")
            .cell("apc_state_index", Cell::new(list.environment()).role(Role::Text))
            .text(" ApcListHead ")
            .cell("list", Cell::new(Field::Address(address)).digits(16))
            .text(" [")
            .cell("mode", Cell::new(list.mode().to_string()))
            .text("]");
        let space = own_space(thread);
        out.within(Branch::new(head), |out| out.rows(list.apcs(), |apc| record(&apc, 8, &space)))?;
    }
    Ok(shown)
}

/// The address space of a thread's own process: a routine in user space is its code, whatever the user looks at.
fn own_space<'s>(thread: &Thread<'s>) -> Scope<'s> {
    let scope = thread.object().scope();
    let space = thread.process().and_then(|process| scope.of_process(process));
    space.unwrap_or_else(|why| scope.without_user_space(&why))
}

/// Where values begin, behind the indentation.
const VALUES: usize = 18;

/// An APC, so many columns from the left.
fn record(apc: &Apc<'_>, indent: usize, space: &Scope<'_>) -> Record {
    let address = apc.address();
    let mut record = Record::new("apc").text(" ".repeat(indent)).text("KAPC @ ").cell(
        "address",
        Cell::new(Field::Address(address)).digits(16).link(Action::object("nt!_KAPC", address)),
    );
    record = line(record, "Type", indent).cell("type", Cell::new(apc.ty().map(Field::Hex)).mark("????"));
    for (label, key, symbol, routine) in [
        ("KernelRoutine", "kernel_routine", "kernel_symbol", apc.kernel_routine()),
        ("RundownRoutine", "rundown_routine", "rundown_symbol", apc.rundown_routine()),
        ("NormalRoutine", "normal_routine", "normal_symbol", apc.normal_routine()),
    ] {
        let named = name_in(space, &routine);
        record = line(record, label, indent).cell(key, code(routine));
        record = record.text(" ").cell(symbol, named);
    }
    line(record, "NormalContext", indent)
        .cell("normal_context", Cell::new(apc.normal_context().map(Field::Address)).digits(16))
}

fn line(record: Record, label: &str, indent: usize) -> Record {
    record.line(Line::of(" ".repeat(indent + 2)).label(label).pad_to(indent + VALUES))
}
