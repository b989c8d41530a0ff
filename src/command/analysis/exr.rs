//! `.exr`: an exception record.

use crate::analysis::{exception_name, fast_fail_name};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::dump::ExceptionRecord;
use crate::memory::Memory;
use crate::output::{Action, Cell, Field, Line, Record, Role};
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
    let hex8 = |value: u32| Cell::new(Field::Hex(u64::from(value))).digits(8);
    let address = Cell::new(Field::Address(exception.address)).shown(hex::plain(exception.address));
    let mut record = Record::new("exception").labelled(
        "ExceptionAddress: ",
        "address",
        address.link(Action::Code(exception.address)),
    );
    if let Some(place) = context.session.target.name_address(exception.address) {
        let shown = match place.offset {
            0 => place.name(),
            offset => format!("{}+0x{offset:016x}", place.name()),
        };
        let symbol = Cell::new(place.text()).shown(shown).role(Role::Symbol);
        record = record.text(" (").cell("symbol", symbol).text(")");
    }
    record = record.labelled("   ExceptionCode: ", "code", hex8(exception.code));
    record = match exception_name(exception.code) {
        Some(name) => record.text(" (").cell("code_name", name).text(")"),
        None => record.field("code_name", Field::Null),
    };
    let parameters = exception.parameters().iter().enumerate().map(|(index, &parameter)| {
        let cell = Cell::new(Field::Hex(parameter)).digits(16);
        (format!("   Parameter[{index}]: "), cell)
    });
    record = record
        .labelled("  ExceptionFlags: ", "flags", hex8(exception.flags))
        .labelled("NumberParameters: ", "number_parameters", exception.number_parameters)
        .cells("parameters", parameters);
    if exception.number_parameters as usize > exception.parameters().len() {
        record = record
            .line(Line::new().role(Role::Warning, "more parameters than a record can hold: it is damaged"));
    }
    match meaning(exception) {
        Some(text) => record.line(Line::new()).cell("meaning", text),
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
