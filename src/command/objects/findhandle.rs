//! `!findhandle`: who has a handle to an object.

use crate::command::line::Out;
use crate::command::process::processes::{self, Which};
use crate::command::show::missing::Missing;
use crate::command::show::{handle, process};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{HandleAttributes, HandleEntry, HandleTable, ObjectHeader, Process};
use crate::output::{Action, Branch, Cell, Field, Record, Role};

/// `!findhandle`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!findhandle"],
    group: Group::Kernel,
    arguments: &[Argument::new("OBJECT", Expects::Expression)],
    summary: "Finds the handles of all processes that stand for an object",
    help: "OBJECT is the address of the object's body, as !object and !handle show it. Each process that has such handles is \
           named, with every handle, its entry and the rights that it gives. Kernel handles are those of System. Tables that \
           cannot be read are said: what they hold is not known.\n\n\
           kd> !findhandle ffffa405`8c0110e0\n                   \
           [ffffa4058c010050 csrss.exe]\n     \
           4: Entry ffffd30a11025010 Granted Access 1f0003\n\n\
           1 handle, in 1 of 9 processes",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return Err(CommandError::Syntax("!findhandle".to_owned()));
    }
    let object = context.evaluate(args.text)?;
    let scope = context.session.scope();
    let wanted = ObjectHeader::of_body(&scope, object)?.address();
    let mut missing = Missing::default();
    let (mut handles, mut owners, mut all, mut unknown) = (0u64, 0u64, 0u64, 0u64);
    let out = &mut context.out;
    processes::each(&Which::All, &scope, out, |process, out| {
        all += 1;
        let (found, broken) = of_process(process, wanted, &mut missing, out)?;
        unknown += u64::from(broken);
        if found.is_empty() {
            return Ok(());
        }
        handles += found.len() as u64;
        owners += 1;
        out.within(Branch::new(head(process)), |out| {
            for entry in &found {
                out.emit(row(entry.handle(), entry.address(), entry.granted_access(), entry.attributes()))?;
            }
            out.blank()
        })
    })?;
    let record = Record::new("count").cell("handles", handles);
    let record = record.text(if handles == 1 { " handle, in " } else { " handles, in " });
    let record = record.cell("owners", owners).text(" of ").cell("processes", all).text(" processes");
    out.emit(match unknown {
        0 => record.field("not_searched", 0u64),
        unknown => record.text("; ").cell("not_searched", unknown).text(" tables are not wholly known"),
    })?;
    missing.say(out)
}

/// The entries of a process that stand for the object with that header, and whether something of its table is not known.
fn of_process<'s>(
    process: &Process<'s>,
    header: u64,
    missing: &mut Missing,
    out: &mut Out<'_>,
) -> Result<(Vec<HandleEntry<'s>>, bool), CommandError> {
    let mut broken = false;
    let mut lack = |why: Lack| match why {
        Lack::Stopped => Err(CommandError::Cancelled),
        why => {
            broken = true;
            missing.add(&why.to_string());
            Ok(())
        }
    };
    let table = match process.handle_table() {
        Ok(0) => return Ok((Vec::new(), false)),
        table => table.and_then(|table| HandleTable::at(process.object().scope(), table)),
    };
    let mut found = Vec::new();
    match table.and_then(|table| table.entries()) {
        Ok(entries) => {
            for entry in entries {
                out.check()?;
                match entry.and_then(|entry| match entry.is_used() {
                    true => Ok((entry.header()?.address() == header).then_some(entry)),
                    false => Ok(None),
                }) {
                    Ok(entry) => found.extend(entry),
                    Err(why) => lack(why)?,
                }
            }
        }
        Err(why) => lack(why)?,
    }
    Ok((found, broken))
}

/// `                   [ffffc509b8884040 System]`
fn head(of: &Process<'_>) -> Record {
    named(of.address(), Cell::new(of.name()))
}

fn named(address: u64, name: Cell) -> Record {
    Record::new("handle_owner")
        .text(" ".repeat(19))
        .text("[")
        .cell("process", process::address(address))
        .text(" ")
        .cell("name", name.role(Role::Text))
        .text("]")
}

/// `  18ac: Entry ffff99010d4662b0 Granted Access 102a (Protected) (Audit)`
fn row(
    handle: u64,
    entry: u64,
    access: Result<u64, Lack>,
    attributes: Result<HandleAttributes, Lack>,
) -> Record {
    let entry = Cell::new(Field::Address(entry)).digits(16);
    let record = Record::new("handle")
        .cell("handle", Cell::new(Field::Hex(handle)).right(6))
        .text(": Entry ")
        .cell("entry", entry.follow(|at| Action::object("nt!_HANDLE_TABLE_ENTRY", at)))
        .text(" Granted Access ")
        .cell("granted_access", Cell::new(access.map(Field::Hex)));
    handle::attributes(record, attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of a public transcript, made of their values.
    #[test]
    fn rows_are_those_of_a_real_transcript() {
        let line = |record: Record| record.lines[0].plain();
        assert_eq!(
            line(named(0xffff_c509_b888_4040, "System".into())),
            "                   [ffffc509b8884040 System]"
        );
        let flags = |protected, audit| Ok(HandleAttributes { protected, inherit: false, audit });
        let rows = [
            (0x18ac, 0xffff_9901_0d46_62b0, 0x102a, "  18ac: Entry ffff99010d4662b0 Granted Access 102a"),
            (0x3a0, 0xffff_9901_0b5f_ce80, 0x1f_ffff, "   3a0: Entry ffff99010b5fce80 Granted Access 1fffff"),
        ];
        for (handle, entry, access, wanted) in rows {
            assert_eq!(
                line(row(handle, entry, Ok(access), flags(true, true))),
                format!("{wanted} (Protected) (Audit)")
            );
        }
    }
}
