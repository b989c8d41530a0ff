//! `~`: lists or switches processors.

use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Glue, Group, Needs,
};
use crate::debuggee::Processor;
use crate::output::{Action, Cell, Field, Record, Role};

/// `~`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["~"],
    glue: Glue::Anything,
    group: Group::Registers,
    arguments: &[Argument::new("[N | Ns | N COMMAND | * COMMAND]", Expects::Text)],
    summary: "Lists the processors or makes one current",
    help: "~ lists every processor with its thread and where it stood; `>` marks the current one and `!` the one that \
           crashed. ~2s (or ~2) makes processor 2 current: registers, stack and memory then are its own. ~2k and \
           ~2r show its stack and registers without making it current; so runs any command behind a number, and behind * on \
           each processor, under its row.",
    needs: Needs::Dump,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return list(context);
    }
    if let Some((which, command)) = on_processors(args.text) {
        return each(which, command, context);
    }
    let number = args.text.strip_suffix('s').unwrap_or(args.text);
    let number: u32 = number.parse().map_err(|_| CommandError::Syntax(format!("~{}", args.text)))?;
    if context.session.select_processor(number) {
        let unseen = context.session.follow_thread();
        return context.out.warn(unseen);
    }
    Err(no_processor(number, context))
}

fn no_processor(number: u32, context: &Context<'_>) -> CommandError {
    let count = context.session.target.processors().len();
    let last = count.saturating_sub(1);
    CommandError::Argument(format!("the dump has no processor {number}; it has 0 to {last}"))
}

/// A processor, or all where there is none, and the command that is to run there: `2k`, `* r rip`.
fn on_processors(text: &str) -> Option<(Option<u32>, &str)> {
    let (which, command) = match text.strip_prefix('*') {
        Some(command) => (None, command),
        None => {
            let digits = text.find(|c: char| !c.is_ascii_digit())?;
            let (number, command) = text.split_at_checked(digits)?;
            (Some(number.parse().ok()?), command)
        }
    };
    let command = command.trim_start();
    (!command.is_empty() && command != "s").then_some((which, command))
}

/// Runs a command on a processor, or on one after the other, and goes back.
fn each(which: Option<u32>, command: &str, context: &mut Context<'_>) -> Result<(), CommandError> {
    let processors = context.session.target.processors().to_vec();
    let wanted: Vec<Processor> =
        processors.into_iter().filter(|one| which.is_none_or(|number| number == one.number)).collect();
    if let (Some(number), []) = (which, wanted.as_slice()) {
        return Err(no_processor(number, context));
    }
    let (system, before) = (context.session.systems.number(), context.session.focus.clone());
    let mut outcome = Ok(());
    for processor in wanted {
        if which.is_none() {
            let head = row(&processor, context);
            outcome = outcome.and(context.out.emit(head));
        }
        context.session.select_processor(processor.number);
        let unseen = context.session.follow_thread();
        outcome = outcome.and_then(|()| context.out.warn(unseen)).and_then(|()| context.run_line(command));
        // What one processor lacks another may have.
        outcome = match outcome {
            Err(error) if which.is_none() => context.tell(error),
            outcome => outcome,
        };
        if outcome.is_err() {
            break;
        }
    }
    // The command may have gone to another dump.
    if context.session.switch_system(system).is_ok() {
        context.session.focus = before;
        context.session.look_again();
    }
    outcome
}

fn list(context: &mut Context<'_>) -> Result<(), CommandError> {
    for processor in context.session.target.processors().to_vec() {
        let record = row(&processor, context);
        context.out.emit(record)?;
    }
    Ok(())
}

fn row(processor: &Processor, context: &Context<'_>) -> Record {
    let current = processor.number == context.session.focus.processor;
    let crashed = processor.number == context.session.target.crashed_processor();
    let thread = processor.current_thread.map_or_else(
        || Field::unreadable("the dump does not tell the thread that this processor ran"),
        Field::Address,
    );
    let record = Record::new("processor")
        .cell("current", Cell::new(current).shown(if current { ">" } else { " " }).role(Role::Text))
        .cell("crashed", Cell::new(crashed).shown(if crashed { "!" } else { " " }).role(Role::Text))
        .cell("number", Cell::new(processor.number).right(3).link(Action::Processor(processor.number)))
        .text("  ")
        .label("thread ")
        .cell("thread", Cell::new(thread).mark("unknown").follow(Action::Thread).left(17))
        .text("  ");
    match &processor.context {
        Ok(registers) => record
            .label("rip ")
            .cell("ip", Field::Address(registers.ip()))
            .text(" ")
            .cell("symbol", context.symbol(registers.ip())),
        Err(why) => {
            let why = why.to_string();
            let text = format!("no registers: {why}");
            record.cell("error", Cell::new(why.as_str()).shown(text).role(Role::Unreadable))
        }
    }
}
