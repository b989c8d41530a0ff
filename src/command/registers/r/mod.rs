//! `r`: registers.

mod forms;
mod masks;

use crate::command::line::nothing_more;
use crate::command::show::registers::{Segments, show, show_known};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::{RegisterContext, SpecialRegisters};
use crate::output::{Line, Record};
use crate::session::Session;
use crate::unwind::{GENERAL_NAMES, Origin};
use forms::register;
use masks::{NO_SPECIAL, masked};

/// `r`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["r"],
    glue: Glue::Switches,
    group: Group::Registers,
    switches: Switches::words(&[
        Switch::flag("F", "floating-point registers"),
        Switch::flag("X", "XMM registers"),
        Switch::with(
            "M",
            Takes::Rest,
            "MASK",
            "parts of the set: 1 integer, 4 FP, 8 segments, 20 debug, 40 XMM, 80 control",
        ),
        Switch::flag(
            "--known",
            "those that were not recovered for the selected frame as ?, not with the innermost frame's values",
        ),
    ]),
    arguments: &[Argument::new("[REGISTER[:FORM][, ...] | REGISTER=EXPRESSION]", Expects::Register)],
    summary: "Shows or sets registers",
    help: "Without arguments it shows all general registers and the instruction at rip.\n  \
           r rax, rip      these      r @rax=5      sets one for this session (the dump stays as it is)\n  \
           r $t0=poi(@rsp) sets a pseudo-register\n  \
           r cr2           a control register\n  \
           r xmm0:uq       in parts, highest first: ub uw ud uq (hexadecimal), ib iw id iq (signed), f, d\n  \
           1r              on processor 1",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if let Some(mask) = args.text_of("M") {
        let mask = context.evaluate(mask)?;
        return masked(mask, context);
    }
    if args.has("F") {
        return masked(0x4, context);
    }
    if args.has("X") && args.text.is_empty() {
        return masked(0x40, context);
    }
    if args.has("--known") {
        let registers = current(context.session)?.clone();
        return show_known(&registers, context);
    }
    if args.text.is_empty() {
        let registers = current(context.session)?.clone();
        if context.session.focus.context.is_some() {
            context.out.emit(Line::of("Last set context:"))?;
        }
        return match context.session.settings.registers {
            Some(mask) => masked(mask, context),
            None => show(&registers, Segments::Shown, context),
        };
    }
    if args.text.starts_with("$.u") {
        return fixed_alias(args, context);
    }
    list(args, context)
}

/// `r $.u0=text`: what `$u0` stands for, up to the end of the line.
fn fixed_alias(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (name, after) = name(args.text);
    let number: usize =
        name.strip_prefix("$.u").and_then(|digits| digits.parse().ok()).ok_or_else(|| bad(name, args))?;
    let interpreter = &mut context.session.interpreter;
    let now = interpreter.aliases.fixed(number).ok_or_else(|| bad(name, args))?;
    if let Some(text) = after.trim_start().strip_prefix('=') {
        interpreter.aliases.set_fixed(number, text, interpreter.depth.origin());
        return Ok(());
    }
    let shown = if now.is_empty() { "<Empty>" } else { now };
    let line = Line::of(format!("$u{}={shown}", name.get(3..).unwrap_or_default()));
    context.out.emit(line)?;
    nothing_more(after)
}

/// The registers that commands show now.
fn current(session: &Session) -> Result<&RegisterContext, CommandError> {
    session.target.dump()?;
    session.context().map_err(|why| {
        CommandError::Missing(format!("no registers for processor {}: {why}", session.focus.processor))
    })
}

/// Shows and sets registers, separated by commas or blanks.
fn list(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut record = Record::new("registers");
    let mut rest = args.text;
    let outcome = loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        if rest.is_empty() {
            break Ok(());
        }
        let (name, after) = name(rest);
        if let Some(value) = after.trim_start().strip_prefix('=') {
            match assign(name, value, args, context) {
                Ok(after) => rest = after,
                Err(error) => break Err(error),
            }
            // What is not another register does not belong to the expression.
            if !rest.trim_start().starts_with(',') {
                break nothing_more(rest);
            }
            continue;
        }
        let (form, after) = form(after);
        if !name.starts_with('$')
            && let Err(error) = current(context.session)
        {
            break Err(error);
        }
        match register(record, " ", name, form, context.session) {
            Ok(added) => record = added,
            Err(unchanged) => {
                record = unchanged;
                break Err(match is_not_saved(name, context.session) {
                    true => CommandError::Missing(format!("no {name}: {NO_SPECIAL}")),
                    false => bad(rest.get(..rest.len() - after.len()).unwrap_or(rest), args),
                });
            }
        }
        rest = after;
    };
    if !record.fields.is_empty() {
        context.out.emit(record)?;
    }
    outcome
}

/// The register's name at the start of `text`, without `@`, and what follows it.
pub(super) fn name(text: &str) -> (&str, &str) {
    let text = text.strip_prefix('@').unwrap_or(text);
    let end =
        text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '.'))).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// `:uq` at the start of `text`, and what follows it.
fn form(text: &str) -> (Option<&str>, &str) {
    let Some(form) = text.strip_prefix(':') else {
        return (None, text);
    };
    let end = form.find(|c: char| !c.is_alphanumeric()).unwrap_or(form.len());
    let (form, after) = form.split_at_checked(end).unwrap_or((form, ""));
    (Some(form), after)
}

/// Whether a register is one of those that the dump may lack, and does.
fn is_not_saved(name: &str, session: &Session) -> bool {
    let is_special = SpecialRegisters::names().any(|known| known.eq_ignore_ascii_case(name));
    is_special && session.processor().is_some_and(|processor| processor.special.is_none())
}

/// The debugger puts the caret under the last character of a register that it does not know.
pub(super) fn bad(name: &str, args: &Args<'_>) -> CommandError {
    let last = name.char_indices().next_back().map_or(0, |(at, _)| at);
    CommandError::Caret { what: "Bad register error", at: args.typed.place(name) + last }
}

/// Sets the register `name` to what `value` starts with; returns what follows that.
fn assign<'t>(
    name: &'t str,
    value: &'t str,
    args: &Args<'_>,
    context: &mut Context<'_>,
) -> Result<&'t str, CommandError> {
    let unknown = || bad(name, args);
    if let Some(pseudo) = name.strip_prefix('$') {
        let index = pseudo.strip_prefix(['t', 'T']).and_then(|digits| digits.parse::<usize>().ok());
        let index =
            index.filter(|index| *index < context.session.user_registers.len()).ok_or_else(unknown)?;
        let (value, rest) = context.evaluate_prefix(value)?;
        if let Some(slot) = context.session.user_registers.get_mut(index) {
            *slot = value;
        }
        if let Some(ty) = context.session.user_types.get_mut(index) {
            *ty = None;
        }
        return Ok(rest);
    }
    let mut registers = current(context.session)?.clone();
    if registers.slot(name).is_none() {
        return Err(unknown());
    }
    let (value, rest) = context.evaluate_prefix(value)?;
    if !registers.set(name, value) {
        return Err(CommandError::Argument(format!("{name} is wider than 64 bits; it cannot be set")));
    }
    // What is set whole is known from then on.
    let number = GENERAL_NAMES.iter().position(|whole| name.eq_ignore_ascii_case(whole));
    if let (Some(known), Some(number)) = (&mut context.session.focus.registers, number) {
        known.set_general(number as u8, value, Origin::Context);
    }
    context.session.focus.context = Some(registers);
    Ok(rest)
}
