//! `.exr`: an exception record.

use crate::analysis::{exception_name, fast_fail_name};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::dump::ExceptionRecord;
use crate::memory::Memory;
use crate::output::{Action, Field, Line, Record, Role};
use crate::util::hex;

/// `.exr`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".exr"],
    group: Group::Analysis,
    arguments: &[Argument::new("ADDRESS | -1", Expects::Expression)],
    summary: "Shows an exception record",
    help: "-1 is the record in the dump's header; bug checks 0x1E, 0x3B, 0x7E, 0x139 and others name the address of the \
           one that matters in their arguments.",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return Err(CommandError::Argument(
            "an address is needed, or -1 for the record in the header".to_owned(),
        ));
    }
    let record =
        match args.text {
            "-1" => context.session.target.header()?.exception.ok_or_else(|| {
                CommandError::Missing("the dump's header holds no exception record".to_owned())
            })?,
            text => read(context.evaluate(text)?, context)?,
        };
    let shown = show(&record, context);
    context.out.emit(shown)
}

/// The record at an address.
fn read(address: u64, context: &Context<'_>) -> Result<ExceptionRecord, CommandError> {
    let bytes = context.session.target.memory().array(address)?;
    ExceptionRecord::of_bytes(&bytes)
        .ok_or_else(|| CommandError::Missing(format!("no exception record at {address:#x}")))
}

fn show(exception: &ExceptionRecord, context: &Context<'_>) -> Record {
    let mut first = Line::new().label("ExceptionAddress: ").link(
        Role::Address,
        hex::plain(exception.address),
        Action::Code(exception.address),
    );
    if let Some(place) = context.session.target.name_address(exception.address) {
        let text = match place.offset {
            0 => place.name(),
            offset => format!("{}+0x{offset:016x}", place.name()),
        };
        first = first.text(" (").role(Role::Symbol, text).text(")");
    }
    let name = exception_name(exception.code);
    let code = Line::new().label("   ExceptionCode: ").value(format!("{:08x}", exception.code));
    let code = name.map_or(code.clone(), |name| code.text(format!(" ({name})")));
    let mut record = Record::new("exception")
        .field("address", Field::Hex(exception.address))
        .field("code", Field::Hex(u64::from(exception.code)))
        .field("code_name", name)
        .field("flags", Field::Hex(u64::from(exception.flags)))
        .field("parameters", Field::List(exception.parameters().iter().copied().map(Field::Hex).collect()))
        .line(first)
        .line(code)
        .line(Line::new().label("  ExceptionFlags: ").value(format!("{:08x}", exception.flags)))
        .line(Line::new().label("NumberParameters: ").value(exception.number_parameters.to_string()));
    for (index, parameter) in exception.parameters().iter().enumerate() {
        let label = format!("   Parameter[{index}]: ");
        record = record.line(Line::new().label(label).value(hex::plain(*parameter)));
    }
    if exception.number_parameters as usize > exception.parameters().len() {
        record = record
            .line(Line::new().role(Role::Warning, "more parameters than a record can hold: it is damaged"));
    }
    match meaning(exception) {
        Some(text) => record.line(Line::of(text)),
        None => record,
    }
}

/// What the parameters of well-known exceptions say.
fn meaning(exception: &ExceptionRecord) -> Option<String> {
    let parameters = exception.parameters();
    match exception.code {
        0xc000_0005 | 0xc000_0006 => {
            let [kind, address, ..] = parameters else {
                return None;
            };
            let verb = match kind {
                0 => "read from",
                1 => "write to",
                8 => "execute non-executable",
                _ => return None,
            };
            Some(format!("Attempt to {verb} address {}", hex::plain(*address)))
        }
        0xc000_0409 => {
            let code = *parameters.first()?;
            Some(format!("Subcode: {code:#x} {} ", fast_fail_name(code).unwrap_or("(unknown)")))
        }
        _ => None,
    }
}
