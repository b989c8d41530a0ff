//! `k` and its forms: the stack.

use super::fold;
use super::fold::Part;
use super::parameters::Parameters;
use super::rows::Columns;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::NoRegisters;
use crate::memory::Memory;
use crate::output::{Branch, Cell, Field, Line, Record, Role};
use crate::session::DEFAULT_FRAMES;
use crate::unwind::{End, Frame, FrameKind, Origin, Registers, Stack};

/// `k`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["k"],
    glue: Glue::Switches,
    group: Group::Stack,
    switches: Switches::words(&[
        Switch::flag("b", "the four argument slots"),
        Switch::flag("c", "call sites alone"),
        Switch::with("d", Takes::Nothing, "", "the stack's words with symbols"),
        Switch::flag("f", "the bytes between frames"),
        Switch::flag("n", "frame numbers, which are always there"),
        Switch::flag("p", "parameters and their values, where the module has a private PDB"),
        Switch::flag("P", "the same, one a line"),
        Switch::flag("v", "argument slots and trap frames"),
        Switch::flag("L", "without source lines"),
        Switch::ignored("M"),
        Switch::flag("--fold", "frames that repeat become one line with a count"),
        Switch::flag("--narrow", "without return addresses"),
    ]),
    arguments: &[
        Argument::new("[= RSP [RIP]]", Expects::Expression),
        Argument::new("[COUNT]", Expects::Expression),
    ],
    summary: "Shows the stack",
    help: "k 20 shows 0x20 frames, k = RSP RIP 10 a stack from other registers, kd N so many words.\n\n\
           Frames come from the images' unwind data. Where a dump has none and no image file is given (-i), the stack \
           is searched for return addresses: such frames are marked [scan N], N being the confidence out of 100. \
           They are followed by the images that would make them exact.",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

/// Words that `kd` shows.
const RAW_WORDS: u64 = 20;
/// A stack of more frames than this is not asked for but mistyped.
const MAX_FRAMES: u64 = 0x10000;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let missing = |why: NoRegisters| CommandError::Missing(format!("no stack: {why}"));
    let base = context.session.base_registers().map_err(missing)?;
    let start = start(args.text, base, context)?;
    if args.has("d") {
        return raw(start.registers.rsp(), start.count.unwrap_or(RAW_WORDS), context);
    }
    let frames = context.session.settings.frames.map_or(DEFAULT_FRAMES, |frames| frames as usize);
    let limit = match start.count {
        Some(count) if count > MAX_FRAMES => {
            return Err(CommandError::Argument(format!("{count:#x} frames; the most is {MAX_FRAMES:#x}")));
        }
        Some(count) => usize::try_from(count).unwrap_or(frames),
        None => frames,
    };
    let has = |letter| args.has(letter);
    let names_only = has("c");
    let columns = Columns {
        memory: has("f") && !names_only,
        child_sp: !names_only && (!has("b") || has("v")),
        return_address: !names_only && !has("--narrow"),
        arguments: !names_only && (has("b") || has("v")),
        notes: has("v"),
        offsets: !names_only,
        source: !has("L") && !names_only,
        parameters: match (has("p"), has("P")) {
            (_, true) => Parameters::Lines,
            (true, false) => Parameters::Inline,
            (false, false) => Parameters::Hidden,
        },
    };
    if context.session.focus.context.is_some() {
        let text = "  *** Stack trace for last set context - .thread/.cxr resets it";
        context.out.emit(Line::of(text))?;
    }
    let stack = context.session.stack_from(start.registers, limit);
    show(&stack, columns, limit, has("--fold"), context)
}

/// Where a stack starts, and how many frames are shown.
struct Start {
    registers: Registers,
    count: Option<u64>,
}

fn start(text: &str, base: Registers, context: &Context<'_>) -> Result<Start, CommandError> {
    let Some(text) = text.strip_prefix('=') else {
        let count = match text {
            "" => None,
            text => Some(context.evaluate(text)?),
        };
        return Ok(Start { registers: base, count });
    };
    let mut values = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() && values.len() < 3 {
        let (value, after) = context.evaluate_prefix(rest)?;
        values.push(value);
        rest = after.trim_start();
    }
    // As in the debugger: of two numbers the second is a count, unless it can only be an address.
    let (sp, ip, count) = match values.as_slice() {
        [sp] => (*sp, None, None),
        [sp, ip] if *ip >= MAX_FRAMES => (*sp, Some(*ip), None),
        [sp, count] => (*sp, None, Some(*count)),
        [sp, ip, count] => (*sp, Some(*ip), Some(*count)),
        _ => return Err(CommandError::Syntax(format!("={text}"))),
    };
    let mut registers = Registers::default();
    registers.set_rip(ip.unwrap_or(base.rip.value), Origin::Context);
    registers.set_rsp(sp);
    Ok(Start { registers, count })
}

/// The stack's rows, and what is to be known about them.
fn show(
    stack: &Stack,
    columns: Columns,
    limit: usize,
    fold: bool,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let frames = stack.frames.get(..limit.min(stack.frames.len())).unwrap_or_default();
    let parts = match fold {
        true => fold::parts(frames),
        false => (0..frames.len()).map(Part::Frame).collect(),
    };
    context.within(columns.table(), |context| {
        let mut rows = Rows { frames, columns, before: None, warned: false };
        parts.into_iter().try_for_each(|part| match part {
            Part::Frame(index) => rows.say(index, context),
            Part::Folded(folded) if context.out.unfolds() => {
                let branch = Branch { folded: true, ..Branch::new(folded.record()) };
                context
                    .within(branch, |context| folded.frames().try_for_each(|index| rows.say(index, context)))
            }
            Part::Folded(folded) => context.out.emit(folded.record()),
        })
    })?;
    remarks(stack, frames.len(), context)
}

/// The rows of frames, one after the other.
struct Rows<'f> {
    frames: &'f [Frame],
    columns: Columns,
    /// The stack pointer of the physical frame inside the next one.
    before: Option<u64>,
    /// Whether it was said that frames were searched for.
    warned: bool,
}

impl Rows<'_> {
    fn say(&mut self, index: usize, context: &mut Context<'_>) -> Result<(), CommandError> {
        let Some(frame) = self.frames.get(index) else { return Ok(()) };
        if frame.trust.is_scan() && !std::mem::replace(&mut self.warned, true) {
            let text = "WARNING: Stack unwind information not available. Following frames may be wrong.";
            context.out.emit(Line::new().role(Role::Warning, text))?;
        }
        let row = self.columns.row(frame, self.before, context);
        context.out.emit(row)?;
        if frame.kind != FrameKind::Inline {
            self.before = Some(frame.sp);
        }
        Ok(())
    }
}

fn remarks(stack: &Stack, shown: usize, context: &mut Context<'_>) -> Result<(), CommandError> {
    let scanned = stack.frames.iter().take(shown).filter(|frame| frame.trust.is_scan()).count();
    if scanned > 0 {
        let modules = context.session.target.modules();
        let images: Vec<String> = stack
            .images_wanted()
            .into_iter()
            .filter_map(|name| Some(modules.named(name)?.image_name.clone()))
            .collect();
        let text = format!(
            "{scanned} of {shown} frames were found by searching the stack; exact with these images (-i): {}",
            images.join(", ")
        );
        context.out.emit(Line::new().role(Role::Warning, text))?;
    }
    if let Some((ip, count)) = stack.nested_traps() {
        let text = format!("{count} trap frames in one another, each of ");
        let line = context.with_symbol(Line::new().role(Role::Warning, text), ip);
        context
            .out
            .emit(line.role(Role::Warning, ": the code that handles the exception raises it again"))?;
    }
    let worth_saying = match &stack.end {
        End::Complete | End::Limit(_) | End::UserModeMissing { .. } | End::NothingFound { .. } => false,
        End::Failed(_)
        | End::NoProgress { .. }
        | End::Cycle { .. }
        | End::OutsideStack { .. }
        | End::NotCode { .. } => true,
    };
    if worth_saying {
        let text = format!("The stack ends here: {}.", stack.end);
        context.out.emit(Line::new().role(Role::Warning, text))?;
    }
    Ok(())
}

/// `kd`: the words on the stack.
fn raw(sp: u64, count: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    for index in 0..count.min(MAX_FRAMES) {
        let at = sp.wrapping_add(index * 8);
        let row = Record::new("pointer").cell("address", Field::Address(at)).text("  ");
        let row = match context.session.target.memory().u64(at) {
            Ok(value) => {
                row.cell("value", Field::Address(value)).text(" ").cell("symbol", context.symbol(value))
            }
            Err(why) => {
                row.cell("value", Cell::new(Field::unreadable(why.to_string())).mark("????????`????????"))
            }
        };
        context.out.emit(row)?;
    }
    Ok(())
}
