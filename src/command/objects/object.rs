//! `!object`: an object by its address or its path.

use crate::command::show::object::Described;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{DirectoryEntry, ObjectDirectory, ObjectHeader, ObjectTypes};
use crate::output::{Cell, Column, Field, Line, Record, Role, Table};

/// `!object`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!object"],
    group: Group::Kernel,
    arguments: &[Argument::new("ADDRESS | \\PATH [FLAGS]", Expects::Expression)],
    summary: "Shows an object of the object manager: its type, counts, name, what is in a directory",
    help: "The object is given by the address of its body or by its path; `!object \\` lists the root. Flags: 0 type and \
           header only, 1 counts and name as well, 8 the body too (a directory's entries, a link's target), 0x10 what \
           stands before the header; 9 is the default. The type is decoded as Windows 10 encodes it; \
           without symbols the table of types is searched in the kernel's data and checked.\n\n\
           kd> !object \\Device\n\
           kd> !object ffffa405`8c0320a0 10",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

const COUNTS: u64 = 1;
const BODY: u64 = 8;
const OPTIONAL: u64 = 0x10;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (what, flags) = args.text.trim().rsplit_once(char::is_whitespace).unwrap_or((args.text.trim(), ""));
    let path = what.trim_end().starts_with('\\');
    if args.text.trim().is_empty() {
        return Err(CommandError::Syntax("!object".to_owned()));
    }
    // A path may hold blanks: its last word is flags only if it is a number.
    let flags_of = |text: &str, context: &Context<'_>| context.evaluate(text).ok();
    let (what, flags) = match flags {
        "" => (what, None),
        text if path => match flags_of(text, context) {
            Some(flags) => (what, Some(flags)),
            None => (args.text.trim(), None),
        },
        text => (what, Some(context.evaluate(text)?)),
    };
    let address = if path { None } else { Some(context.evaluate(what)?) };
    let scope = context.session.scope();
    let body = match address {
        Some(address) => address,
        None => match ObjectDirectory::find(&scope, what) {
            Ok(body) => body,
            Err(Lack::NoName { name }) => {
                return Err(CommandError::Missing(format!("{name} of {what} is not there")));
            }
            Err(why) => return Err(why.into()),
        },
    };
    let flags = flags.unwrap_or(COUNTS | BODY);
    let types = ObjectTypes::of(&scope);
    let described = Described::new(&scope, &types, body)?;
    if let Err(Lack::Shape { .. }) = described.ty {
        let text = format!("{body:016x}: Not a valid object (ObjectType invalid)");
        let why = described.ty.err().map(|why| why.to_string());
        return context.out.emit(
            Record::new("object")
                .field("address", Field::Address(body))
                .role(Role::Warning, text)
                .field("why", why),
        );
    }
    let mut record = described.heading(body);
    if flags & COUNTS != 0 {
        record = described.counts(record, 4);
    }
    if flags & OPTIONAL != 0 {
        record = optional(record, &described.header);
    }
    context.out.emit(record)?;
    match described.type_name.as_deref() {
        Ok("Directory") if flags & BODY != 0 => directory(&scope, &types, body, &mut context.out),
        Ok("SymbolicLink") if flags & BODY != 0 => link(&scope, body, &mut context.out),
        _ => Ok(()),
    }
}

/// What stands before the header, by the bits of its mask.
fn optional(record: Record, header: &ObjectHeader<'_>) -> Record {
    let record = record
        .line("    Optional Headers: ")
        .cell("info_mask", Cell::new(header.info_mask().map(Field::Hex)));
    match header.name_info() {
        Ok(info) => {
            let at = Cell::new(Field::Address(info.address())).digits(16);
            record.line("        NameInfo(").cell("name_info", at).text(")")
        }
        Err(_) => record,
    }
}

/// The entries of a directory.
fn directory<'s>(
    scope: &'s Scope<'s>,
    types: &Result<ObjectTypes<'s>, Lack>,
    at: u64,
    out: &mut crate::command::line::Out<'_>,
) -> Result<(), CommandError> {
    out.blank()?;
    let columns = [
        Column::right("bucket", "Hash", 4).after(0),
        Column::left("address", "Address", 16),
        Column::left("type", "Type", 13),
        Column::left("name", "Name", 4),
    ];
    let heading =
        ["    Hash Address          Type          Name", "    ---- -------          ----          ----"];
    let mut table = Table::new("directory_entry", &columns);
    table.heading = heading.map(|text| Line::new().role(Role::Heading, text)).into();
    let entries = ObjectDirectory::at(scope, at).and_then(|directory| directory.entries());
    let mut last = None;
    out.within(table, |out| {
        let entries = match entries {
            Ok(entries) => entries,
            Err(why) => {
                return out.lacking(why);
            }
        };
        for entry in entries {
            match entry {
                Ok(entry) => {
                    let again = last.replace(entry.bucket) == Some(entry.bucket);
                    out.emit(row(scope, types, entry, again))?;
                }
                Err(why) => out.lacking(why)?,
            }
        }
        Ok(())
    })
}

fn row<'s>(
    scope: &'s Scope<'s>,
    types: &Result<ObjectTypes<'s>, Lack>,
    entry: DirectoryEntry,
    again: bool,
) -> Record {
    let record = Record::new("directory_entry").text("     ");
    let bucket = Cell::new(entry.bucket).role(Role::Text);
    let bucket = if again { bucket.shown("  ") } else { bucket.shown(format!("{:02}", entry.bucket)) };
    let described = Described::new(scope, types, entry.object);
    let address = Cell::new(Field::Address(entry.object)).digits(16);
    let address = match &described {
        Ok(described) => address.link(described.link(entry.object)),
        Err(_) => address,
    };
    let ty = described.as_ref().map_err(Clone::clone).and_then(|described| described.type_name.clone());
    let name = described.and_then(|described| described.header.name());
    record
        .cell("bucket", bucket)
        .text("  ")
        .cell("address", address)
        .text(" ")
        .cell("type", Cell::new(ty).left(13))
        .text(" ")
        .cell("name", Cell::new(name))
}

/// The target of a symbolic link.
fn link(scope: &Scope<'_>, at: u64, out: &mut crate::command::line::Out<'_>) -> Result<(), CommandError> {
    let link = scope.object("nt!_OBJECT_SYMBOLIC_LINK", at);
    let target = link.clone().and_then(|link| link.field("LinkTarget")?.text());
    let record = Record::new("symbolic_link")
        .text("    Target String is '")
        .cell("target", Cell::new(target))
        .text("'");
    let drive = link.and_then(|link| link.field("DosDeviceDriveIndex")?.u64());
    let record = match drive {
        // 1 for A: and so on; 0 for links that are no drive's.
        Ok(index @ 1..=26) => {
            let letter = char::from(b'@' + u8::try_from(index).unwrap_or_default());
            record.line("    Drive Letter Index is ").cell("drive_index", index).text(format!(" ({letter}:)"))
        }
        Ok(_) => record,
        Err(why) => record.field("drive_index", why),
    };
    out.emit(record)
}
