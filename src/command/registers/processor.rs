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
    arguments: &[Argument::new("[N | Ns | Nk | Nr]", Expects::Text)],
    summary: "Lists the processors or makes one current",
    help: "~ lists every processor with its thread and where it stood; `>` marks the current one and `!` the one that \
           crashed. ~2s (or ~2) makes processor 2 current: registers, stack and memory then are its own. ~2k and \
           ~2r show its stack and registers without making it current.",
    needs: Needs::Dump,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return list(context);
    }
    if let Some(at) = args.text.find(['k', 'r']) {
        // `~2k` is `2k`: the command on that processor, and back.
        let (number, command) = args.text.split_at_checked(at).unwrap_or((args.text, ""));
        number.parse::<u32>().map_err(|_| CommandError::Syntax(format!("~{}", args.text)))?;
        return context.run_line(&format!("{number}{command}"));
    }
    let number = args.text.strip_suffix('s').unwrap_or(args.text);
    let number: u32 = number.parse().map_err(|_| CommandError::Syntax(format!("~{}", args.text)))?;
    if context.session.select_processor(number) {
        let unseen = context.session.follow_thread();
        return context.out.warn(unseen);
    }
    let count = context.session.target.processors().len();
    Err(CommandError::Argument(format!(
        "the dump has no processor {number}; it has 0 to {}",
        count.saturating_sub(1)
    )))
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
