//! `!handle`: the handles of processes, and what they stand for.

use crate::command::line::Out;
use crate::command::process::processes::{self, Which};
use crate::command::show::missing::Missing;
use crate::command::show::object::Described;
use crate::command::show::{handle, process};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{HandleAttributes, HandleEntry, HandleTable, ObjectTypes, Process, access_words};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};

/// `!handle`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!handle"],
    group: Group::Kernel,
    arguments: &[
        Argument::new("[HANDLE]", Expects::Expression),
        Argument::new("[FLAGS]", Expects::Expression),
        Argument::new("[PROCESS]", Expects::Expression),
        Argument::new("[TYPE]", Expects::Text),
    ],
    summary: "Shows the handles of a process: object, type, name, granted access in words",
    help: "HANDLE is one handle, 0 or nothing for all. FLAGS: 1 the entry, 2 the object with its type, counts, name and the \
           rights in words, 4 free entries too, 0x10 the kernel's own table, 0x20 HANDLE is the id of a process or thread; 3 without. PROCESS is an EPROCESS address, an \
           id or a name, 0 for all, -1 or nothing for the current one. TYPE leaves out all other types. Handles with the \
           bit 0x80000000 are the kernel's.\n\n\
           kd> !handle 4 3 1c0\n\
           PROCESS ffffa4058c010050\n    \
           SessionId: 0  Cid: 01c0    Peb: c55a800000  ParentCid: 015c\n    \
           DirBase: 002a7000  ObjectTable: ffffd30a110024f0  HandleCount:   2.\n    \
           Image: csrss.exe\n\n\
           Handle table at ffffd30a110024f0 with 2 entries in use\n\n\
           0004: Object: ffffa4058c0110e0  GrantedAccess: 001f0003 Entry: ffffd30a11025010\n\
           Object: ffffa4058c0110e0  Type: (ffffa4058c003500) Event\n    \
           ObjectHeader: ffffa4058c0110b0 (new version)\n        \
           HandleCount: 1  PointerCount: 32761\n        \
           Rights: EVENT_ALL_ACCESS",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Bits of FLAGS.
const OBJECT: u64 = 2;
const FREE: u64 = 4;
const KERNEL_TABLE: u64 = 0x10;
/// By the public documentation of the command: HANDLE is an id.
const ID: u64 = 0x20;
const USUAL: u64 = 3;
/// A handle of the kernel's own table has the highest bit of 32 (OBJ_KERNEL_HANDLE makes such), and its sign when it is
/// 64 bits long.
const KERNEL_HANDLE: u64 = 0x8000_0000;
/// Id of the System process, on every Windows.
const SYSTEM: u64 = 4;

/// What was asked for.
struct Asked {
    /// One handle; all without.
    handle: Option<u64>,
    flags: u64,
    ty: String,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let handle = words.next().map(|word| context.evaluate(word)).transpose()?;
    let handle = handle.filter(|&handle| handle != 0 && handle != u64::MAX);
    let flags = words.next().map(|word| context.evaluate(word)).transpose()?.unwrap_or(USUAL);
    let word = words.next();
    if flags & ID != 0 {
        return match handle {
            Some(id) => by_id(id, context),
            None => {
                Err(CommandError::Argument("with flag 20 it needs the id of a process or thread".to_owned()))
            }
        };
    }
    let is_kernel = handle.is_some_and(|handle| handle & !0x7fff_ffff == KERNEL_HANDLE || handle >> 63 != 0);
    let of_kernel = flags & KERNEL_TABLE != 0 || is_kernel;
    let which = if of_kernel { Which::Id(SYSTEM) } else { Which::read(word, context)? };
    let handle = if is_kernel { handle.map(|handle| handle & (KERNEL_HANDLE - 1)) } else { handle };
    let asked = Asked { handle, flags, ty: words.collect::<Vec<_>>().join(" ") };
    let now = processes::now(context.session);
    let scope = context.session.scope();
    let types = ObjectTypes::of(&scope);
    let out = &mut context.out;
    if !asked.ty.is_empty() {
        out.blank()?;
        out.emit(
            Record::new("filter").text("Searching for handles of type ").cell("type", asked.ty.as_str()),
        )?;
    }
    let mut missing = Missing::default();
    processes::each(&which, &scope, out, |found, out| {
        let head = process::heading(found, now);
        if !asked.ty.is_empty() {
            out.blank()?;
        }
        out.within(Branch::new(head), |out| {
            out.blank()?;
            table(found, &types, &asked, &mut missing, out)
        })
    })?;
    missing.say(out)
}

/// The process or thread that an id stands for.
fn by_id(id: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    let scope = context.session.scope();
    let types = ObjectTypes::of(&scope);
    let found = HandleTable::of_ids(&scope).and_then(|table| table.entry(id)).and_then(|entry| {
        let body = if entry.is_used() { entry.process_or_thread()? } else { 0 };
        Ok((entry, body, Described::new(&scope, &types, body)?))
    });
    let (entry, body, described) = match found {
        Err(Lack::Stopped) => return Err(CommandError::Cancelled),
        Err(why) => {
            let text = format!("which process or thread {id:04x} is, is not known: {why}");
            drop(types);
            drop(scope);
            return context.lack(&text);
        }
        Ok((_, 0, _)) => {
            return context.out.emit(Line::of(format!("{id:04x}: no process or thread has this id")));
        }
        Ok(found) => found,
    };
    let row = Record::new("id")
        .cell("id", Cell::new(Field::Hex(id)).digits(4))
        .text(": Object: ")
        .cell("object", Cell::new(Field::Address(body)).digits(16).link(described.link(body)))
        .text(" Entry: ")
        .cell("entry", Cell::new(Field::Address(entry.address())).digits(16));
    let record = described.counts(described.heading(body), 8);
    let mut missing = Missing::default();
    missing.note(&record);
    context.out.within(Branch::new(row), |out| out.emit(record))?;
    missing.say(&mut context.out)
}

/// The table of a process, or one entry of it.
fn table<'s>(
    process: &Process<'s>,
    types: &Result<ObjectTypes<'s>, Lack>,
    asked: &Asked,
    missing: &mut Missing,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let scope = process.object().scope();
    let table = match process.handle_table().map(|table| (table, HandleTable::at(scope, table))) {
        Ok((0, _)) => return out.emit(Line::of("No handle table: the process has ended")),
        Ok((_, Ok(table))) => table,
        Err(why) | Ok((_, Err(why))) => {
            missing.add(&why.to_string());
            return out.emit(Line::of("Its handle table is not known"));
        }
    };
    let head = title(process, &table);
    missing.note(&head);
    out.emit(head)?;
    out.blank()?;
    if let Some(handle) = asked.handle {
        return match table.entry(handle) {
            Ok(entry) => show(&entry, types, asked.flags, out),
            Err(Lack::Stopped) => Err(CommandError::Cancelled),
            Err(why @ Lack::NoName { .. }) => out.emit(Line::of(format!("{handle:04x}: {why}"))),
            Err(why) => {
                missing.add(&why.to_string());
                out.emit(Line::of(format!("{handle:04x}: its entry cannot be read")))
            }
        };
    }
    let mut counts = Counts::default();
    let entries = match table.entries() {
        Ok(entries) => entries,
        Err(why) => {
            missing.add(&why.to_string());
            return out.emit(Line::of("Its entries are not known"));
        }
    };
    for entry in entries {
        out.check()?;
        match entry {
            Ok(entry) => {
                if counts.wanted(&entry, types, asked) {
                    show(&entry, types, asked.flags, out)?;
                }
            }
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => {
                counts.broken += 1;
                missing.add(&why.to_string());
            }
        }
    }
    out.emit(counts.record())?;
    out.blank()
}

/// `Handle table at ffffa08f5ad26540 with 45 entries in use`
fn title(process: &Process<'_>, table: &HandleTable<'_>) -> Record {
    let is_system = process.id() == Ok(SYSTEM);
    let address = Cell::new(Field::Address(table.address())).digits(16);
    Record::new("handle_table")
        .text(if is_system { "Kernel handle table at " } else { "Handle table at " })
        .cell("address", address.follow(|at| Action::object("nt!_HANDLE_TABLE", at)))
        .text(" with ")
        .cell("in_use", Cell::new(table.count()).mark("????"))
        .text(" entries in use")
}

/// How many entries there were, and why some are not shown.
#[derive(Default)]
struct Counts {
    shown: u64,
    free: u64,
    free_left_out: u64,
    other_types: u64,
    no_type: u64,
    broken: u64,
}

impl Counts {
    /// Whether an entry is to be shown; it is counted.
    fn wanted<'s>(
        &mut self,
        entry: &HandleEntry<'s>,
        types: &Result<ObjectTypes<'s>, Lack>,
        asked: &Asked,
    ) -> bool {
        if !entry.is_used() {
            let shown = asked.flags & FREE != 0 && asked.ty.is_empty();
            *(if shown { &mut self.free } else { &mut self.free_left_out }) += 1;
            return shown;
        }
        let name = match asked.ty.as_str() {
            "" => Ok(true),
            wanted => described(entry, types)
                .and_then(|(_, described)| described.type_name)
                .map(|name| name.eq_ignore_ascii_case(wanted)),
        };
        *(match name {
            Ok(true) => &mut self.shown,
            Ok(false) => &mut self.other_types,
            Err(_) => &mut self.no_type,
        }) += 1;
        name == Ok(true)
    }

    /// `2 handles, 43 of other types left out`
    fn record(&self) -> Record {
        let record = Record::new("count").cell("shown", self.shown);
        let record = record.text(if self.shown == 1 { " handle" } else { " handles" });
        let parts = [
            ("free", self.free, " free entries"),
            ("free_left_out", self.free_left_out, " free entries left out"),
            ("other_types", self.other_types, " of other types left out"),
            ("no_type", self.no_type, " whose type is not known left out"),
            ("unreadable_pages", self.broken, " pages of the table cannot be read"),
        ];
        parts.into_iter().fold(record, |record, (key, count, text)| match count {
            0 => record.field(key, 0u64),
            count => record.text(", ").cell(key, count).text(text),
        })
    }
}

/// The object of an entry, and what it is.
fn described<'s>(
    entry: &HandleEntry<'s>,
    types: &Result<ObjectTypes<'s>, Lack>,
) -> Result<(u64, Described<'s>), Lack> {
    let header = entry.header()?;
    let body = header.body()?;
    Ok((body, Described::new(header.object().scope(), types, body)?))
}

/// An entry, and what stands under it.
fn show<'s>(
    entry: &HandleEntry<'s>,
    types: &Result<ObjectTypes<'s>, Lack>,
    flags: u64,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    if !entry.is_used() {
        return out.emit(free(entry.handle(), entry.address(), entry.next_free()));
    }
    let found = described(entry, types);
    let object = found.as_ref().map(|(body, described)| (*body, described.link(*body))).map_err(Clone::clone);
    let row = row(entry.handle(), entry.address(), object, entry.granted_access(), entry.attributes());
    if flags & OBJECT == 0 {
        return out.emit(row);
    }
    out.within(Branch::new(row), |out| {
        match found {
            Ok((body, described)) => {
                let record = described.counts(described.heading(body), 8);
                out.emit(rights(record, described.type_name, entry.granted_access()))?;
            }
            Err(why) => out.warn(Some(format!("its object is not known: {why}")))?,
        }
        out.blank()
    })
}

/// `0044: Object: ffffc38e2ff24e20  GrantedAccess: 0012019f (Protected) Entry: ffffa08f5b1ff110`
fn row(
    handle: u64,
    entry: u64,
    object: Result<(u64, Action), Lack>,
    access: Result<u64, Lack>,
    attributes: Result<HandleAttributes, Lack>,
) -> Record {
    let object = match object {
        Ok((body, link)) => Cell::new(Field::Address(body)).digits(16).link(link),
        Err(why) => Cell::new(Field::from(why)).digits(16),
    };
    let record = Record::new("handle")
        .cell("handle", Cell::new(Field::Hex(handle)).digits(4))
        .text(": Object: ")
        .cell("object", object)
        .text("  GrantedAccess: ")
        .cell("granted_access", Cell::new(access.map(Field::Hex)).digits(8));
    let entry = Cell::new(Field::Address(entry)).digits(16);
    handle::attributes(record, attributes)
        .text(" Entry: ")
        .cell("entry", entry.follow(|at| Action::object("nt!_HANDLE_TABLE_ENTRY", at)))
}

/// `0000: free handle, Entry address fffff8a0038fa000, Next Entry 00000000fffffffe`
fn free(handle: u64, entry: u64, next: Result<u64, Lack>) -> Record {
    Record::new("free_handle")
        .cell("handle", Cell::new(Field::Hex(handle)).digits(4))
        .text(": free handle, Entry address ")
        .cell("entry", Cell::new(Field::Address(entry)).digits(16))
        .text(", Next Entry ")
        .cell("next", Cell::new(next.map(Field::Hex)).digits(16))
}

/// Adds the line of the rights in words, for types whose rights are known.
fn rights(record: Record, ty: Result<String, Lack>, access: Result<u64, Lack>) -> Record {
    let words = ty.ok().zip(access.ok()).and_then(|(ty, access)| access_words(&ty, access));
    match words {
        Some(words) if !words.is_empty() => record.line("        Rights: ").list(
            "rights",
            " ",
            words.into_iter().map(|word| Cell::new(word).role(Role::Text)),
        ),
        _ => record,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(record: &Record) -> Vec<String> {
        record.lines.iter().map(Line::plain).collect()
    }

    const fn attributes(protected: bool, inherit: bool, audit: bool) -> HandleAttributes {
        HandleAttributes { protected, inherit, audit }
    }

    /// Lines of public transcripts, made of their values.
    #[test]
    fn rows_are_those_of_real_transcripts() {
        let object = |at| Ok((at, Action::Pointers(at)));
        let entry = row(
            4,
            0xffff_8000_ab2b_e010,
            object(0xffff_a604_f24e_c040),
            Ok(0x1f_ffff),
            Ok(attributes(true, false, false)),
        );
        assert_eq!(
            lines(&entry),
            ["0004: Object: ffffa604f24ec040  GrantedAccess: 001fffff (Protected) Entry: ffff8000ab2be010"]
        );
        let entry = row(
            0x44,
            0xffff_a08f_5b1f_f110,
            object(0xffff_c38e_2ff2_4e20),
            Ok(0x12_019f),
            Ok(attributes(true, true, true)),
        );
        assert_eq!(
            lines(&entry),
            [
                "0044: Object: ffffc38e2ff24e20  GrantedAccess: 0012019f (Protected) (Inherit) (Audit) Entry: ffffa08f5b1ff110"
            ]
        );
        let entry = free(0, 0xffff_f8a0_038f_a000, Ok(0xffff_fffe));
        assert_eq!(
            lines(&entry),
            ["0000: free handle, Entry address fffff8a0038fa000, Next Entry 00000000fffffffe"]
        );
    }
}
