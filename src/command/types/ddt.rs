//! `!ddt`: `dt` with numbers in both bases and times in words.

use crate::command::show::typed::{member, note_layout, with_object};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::FoundType;
use crate::eval::EvalError;
use crate::eval::cxx::{self, CType};
use crate::output::{Action, Block, Branch, Field, Line, ObjectForm, Record, Role};
use crate::symbols::types::format::{self, FieldLine, FieldPath, FormatOptions};
use crate::symbols::types::{BaseKind, Type};
use crate::util::filetime::{Zone, asctime};

/// `!ddt`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ddt"],
    group: Group::Symbols,
    switches: Switches::words(&[
        Switch::with("-r", Takes::Digits, "N", "opens structures N levels deep (1 without a number)"),
        Switch::flag("-y", "fields may be given by their beginnings"),
        Switch::flag("-n", "the next word is a name"),
    ])
    .anywhere(),
    arguments: &[
        Argument::new("[MODULE!]TYPE ADDRESS | VARIABLE", Expects::Type),
        Argument::new("[FIELD ...]", Expects::Field),
    ],
    summary: "Shows memory by a type, numbers in both bases, times in words",
    help: "Like dt, with every number also in decimal, times decoded and links to what is pointed to. VARIABLE is one of \
           the selected frame, or global; a pointer stands for what it points to.\n\
           Example: !ddt nt!_EPROCESS @$proc",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// The columns that names take.
const WIDTH: usize = 20;
/// FILETIMEs between these years are times: 1990 to 2100.
const TIMES: std::ops::Range<u64> = 0x01b4_1e2a_1000_0000..0x0265_0000_0000_0000;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut options = FormatOptions::default();
    if args.has("-r") {
        let levels = args.number("-r").unwrap_or(1);
        options.recurse = usize::try_from(levels).unwrap_or(usize::MAX);
    }
    let (mut name, mut address, prefix) = (None, None, args.has("-y"));
    // Behind -y stand members only.
    let members =
        args.switches().find(|given| given.switch.spelling == "-y").map_or(usize::MAX, |given| given.after);
    let mut fields: Vec<&str> = Vec::new();
    for (at, word) in args.words().enumerate() {
        match word {
            _ if name.is_none() => name = Some(word),
            _ if address.is_none() && at < members => address = Some(context.evaluate(word)?),
            _ => fields.push(word),
        }
    }
    options.fields = fields.iter().map(|field| FieldPath::new(field, prefix)).collect();
    let Some(name) = name else {
        return Err(CommandError::Argument("!ddt needs a type and an address, or a variable".to_owned()));
    };
    let (found, address) = object(name, address, context)?;
    let name = &*match found.get() {
        Some(Type::Udt(udt)) => format!("{}!{}", found.module, udt.name),
        _ => name.to_owned(),
    };
    let scope = context.session.scope();
    let object = scope.object_of(found.clone(), address);
    let lines = with_object(&object, |view, at| format::lines(view, found.id, Some(at), &options));
    let shown = |form| Action::Object { ty: name.into(), address, form };
    let title = Line::new()
        .role(Role::Heading, format!("dt {name} {address:016x} ()"))
        .text(" Recursive: [ ")
        .link(Role::Value, "-r1", shown(ObjectForm::BothBases(1)))
        .text(" ")
        .link(Role::Value, "-r2", shown(ObjectForm::BothBases(2)))
        .text(" ")
        .link(Role::Value, "-r", shown(ObjectForm::BothBases(9)))
        .text(" ] ")
        .link(Role::Value, "Verbose", shown(ObjectForm::Verbose))
        .text(" ")
        .link(Role::Value, "Normal", shown(ObjectForm::BothBases(0)))
        .text(" ")
        .link(Role::Value, "dt", shown(ObjectForm::Plain));
    let head = Record::new("type").field("type", name).field("address", Field::Hex(address));
    let head = head.line(title).line("=".repeat(82));
    let zone = context.session.settings.zone.clone();
    context.out.within(Block::Tree(Branch::new(head)), |out| {
        for line in lines.lines {
            let line = FieldLine { width: line.width.max(WIDTH), ..line };
            let note = remark(&line, &found, &zone);
            out.emit(member(&line, &options, &found, Some(&object)).role(Role::Dim, note))?;
        }
        match lines.failed_at {
            Some(address) => {
                out.emit(Line::new().role(Role::Unreadable, format!("Memory read error {address:016x}")))
            }
            None => Ok(()),
        }
    })?;
    note_layout(&found, context)
}

/// The type and address that were named: both, or a variable that is a structure or points to one.
fn object(name: &str, address: Option<u64>, context: &Context<'_>) -> Result<(FoundType, u64), CommandError> {
    if let Some(address) = address {
        let found = context.session.target.find_type(name);
        let found = found.ok_or_else(|| CommandError::Argument(format!("Symbol {name} not found.")))?;
        return Ok((found, address));
    }
    let value = cxx::evaluate(name, &*context.session)?;
    let (ty, address) = match (&value.ty, value.address()) {
        (CType::Pointer(to, _), _) => {
            (&**to, Some(value.load(&*context.session).map_err(|fault| EvalError::new(fault, name))?))
        }
        (ty, address) => (ty, address),
    };
    match (ty, address) {
        (CType::Named(found), Some(address)) => Ok((found.clone(), address)),
        _ => Err(CommandError::Argument(format!(
            "{name} is {}, not a structure or a pointer to one; !ddt TYPE ADDRESS shows memory by a type",
            value.ty.name()
        ))),
    }
}

/// What is added to a value: its decimal form, or the time that it is.
fn remark(line: &FieldLine, found: &FoundType, zone: &Zone) -> String {
    let hex = line.value.text.split_whitespace().find_map(|word| {
        let digits: String = word.strip_prefix("0x")?.replace('`', "");
        u64::from_str_radix(&digits, 16).ok()
    });
    let Some(value) = hex else { return String::new() };
    let time =
        || TIMES.contains(&value).then(|| asctime(value, zone)).flatten().map(|time| format!(" ({time})"));
    match found.source.get(line.ty) {
        Some(Type::Udt(udt)) if udt.name.ends_with("LARGE_INTEGER") => {
            time().unwrap_or_else(|| format!(" (0n{value})"))
        }
        Some(Type::Base(base)) if matches!(base.kind, BaseKind::UInt | BaseKind::ULong | BaseKind::UChar) => {
            match base.size {
                8 if line.name.contains("Time") => time().unwrap_or_else(|| format!(" (0n{value})")),
                _ => format!(" (0n{value})"),
            }
        }
        Some(Type::Pointer { target, .. }) if value < 0x1_0000_0000 => match found.source.get(target) {
            // A handle or id in a pointer's clothes.
            Some(Type::Base(base)) if base.kind == BaseKind::Void => format!(" (0n{value})"),
            _ => String::new(),
        },
        _ => String::new(),
    }
}
