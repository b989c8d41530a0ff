//! `uf`: a whole function.

use super::bounds::{Function, function_of};
use super::heading::label;
use crate::command::show::disassembly::{Flow, Instruction, decode, record};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};
use crate::util::hex;
use std::collections::{BTreeMap, BTreeSet};

/// `uf`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["uf"],
    group: Group::Code,
    switches: Switches::letters(&[
        Switch::flag("/c", "only the calls"),
        Switch::flag("/i", "says first how many instructions there are"),
    ]),
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Disassembles a whole function by following its branches",
    help: "Follows every branch from the address (the instruction pointer if none is given) and shows the code found, \
           in the order of addresses, in blocks. The function's first instruction is what the image's function table \
           or a symbol says; where neither is at hand, the address is taken for it.",
    needs: Needs::Code,
    ..CommandSpec::runs(run)
};

/// No function is longer; what is, is data read as code.
const MAX_INSTRUCTIONS: usize = 50_000;
/// A jump farther than this goes to another function.
const MAX_DISTANCE: u64 = 0x10_0000;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let address =
        if args.text.is_empty() { context.session.code_address()? } else { context.evaluate(args.text)? };
    let mut function = function_of(context, address);
    if decode(context, function.start).is_none() {
        // The table may be there and the function's first page not.
        function.start = address;
        function.end = None;
    }
    let start = function.start;
    let code = follow(function, context)?;
    if code.instructions.is_empty() {
        return Err(CommandError::Missing(format!(
            "No code found at {}, aborting: its memory cannot be read",
            hex::tick(start)
        )));
    }
    if code.incomplete {
        context.out.emit(Line::of("Flow analysis was incomplete, some code may be missing"))?;
    }
    if args.has("/i") {
        let count = Cell::new(code.instructions.len() as u64).role(Role::Text);
        let record = Record::new("function").field("address", Field::Address(start));
        context.out.emit(record.cell("instructions", count).text(" instructions scanned"))?;
        context.out.blank()?;
    }
    if args.has("/c") { show_calls(start, &code, context) } else { show_blocks(&code, context) }
}

#[derive(Default)]
struct Code {
    instructions: BTreeMap<u64, Instruction>,
    /// Where branches lead, and where code goes on after one.
    labels: BTreeSet<u64>,
    incomplete: bool,
}

fn follow(function: Function, context: &Context<'_>) -> Result<Code, CommandError> {
    let mut code = Code::default();
    let start = function.start;
    let mut open = vec![start];
    code.labels.insert(start);
    while let Some(mut at) = open.pop() {
        while !code.instructions.contains_key(&at) {
            context.out.check()?;
            let instruction = decode(context, at).filter(|found| found.mnemonic != "???");
            let Some(instruction) = instruction.filter(|_| code.instructions.len() < MAX_INSTRUCTIONS) else {
                code.incomplete = true;
                break;
            };
            let next = at.saturating_add(instruction.length);
            let flow = instruction.flow;
            code.instructions.insert(at, instruction);
            if let Flow::Jump(target) | Flow::Branch(target) = flow
                && function.holds(context, target).unwrap_or(target.abs_diff(start) < MAX_DISTANCE)
                && code.labels.insert(target)
            {
                open.push(target);
            }
            match flow {
                Flow::Next | Flow::Call(_) | Flow::IndirectCall => {}
                Flow::Branch(_) => {
                    code.labels.insert(next);
                }
                Flow::Indirect => {
                    code.incomplete = true;
                    break;
                }
                Flow::Jump(_) | Flow::End => break,
            }
            at = next;
            // The call before did not come back, or the analysis went astray: what follows is another function.
            if function.holds(context, at) == Some(false) {
                break;
            }
        }
    }
    Ok(code)
}

fn show_blocks(code: &Code, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut end = None;
    for (&at, instruction) in &code.instructions {
        if end != Some(at) || code.labels.contains(&at) {
            if end.is_some() {
                context.out.blank()?;
            }
            let text = context.symbol_text(at).unwrap_or_else(|| hex::tick(at));
            context.out.emit(label(&text, at))?;
        }
        context.out.emit(match instruction.flow {
            Flow::Jump(_) | Flow::Branch(_) => record(instruction).text("  ").cell("note", "Branch"),
            _ => record(instruction),
        })?;
        end = at.checked_add(instruction.length);
    }
    Ok(())
}

fn show_calls(start: u64, code: &Code, context: &mut Context<'_>) -> Result<(), CommandError> {
    let place = |address: u64, context: &Context<'_>| {
        let text = match context.symbol_text(address) {
            Some(text) => format!("{text} ({})", hex::tick(address)),
            None => hex::tick(address),
        };
        Line::new().link(Role::Symbol, text, Action::Code(address))
    };
    let name = place(start, context);
    let head = Record::new("function").field("address", Field::Address(start)).phrase("name", name);
    context.within(Branch::new(head), |context| {
        for (&at, instruction) in &code.instructions {
            let to = match instruction.flow {
                Flow::Call(target) => place(target, context),
                Flow::IndirectCall => instruction.operands.clone(),
                _ => continue,
            };
            let record = Record::new("call")
                .field("address", Field::Address(at))
                .text("  ")
                .phrase("name", place(at, context))
                .text(":")
                .line("    call to ")
                .phrase("to", to);
            context.out.emit(record)?;
        }
        Ok(())
    })
}
