//! `r`: registers.

use super::registers::{Segments, block, show, show_known, single};
use super::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::debuggee::Context as RegisterContext;
use crate::eval::EvalHost;
use crate::output::{Field, Line, Record};
use crate::session::Session;
use crate::util::bounded::u64_at;
use crate::util::hex;

/// `r`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["r"],
    glue: Glue::Letters("MFX"),
    rest: Rest::Semicolon,
    group: Group::Registers,
    usage: "[REGISTER[:FORM][, ...] | REGISTER=EXPRESSION | --known]",
    summary: "Shows or sets registers",
    help: "Without arguments it shows all general registers and the instruction at rip.\n  \
           r rax, rip      these      r @rax=5      sets one for this session (the dump stays as it is)\n  \
           r $t0=poi(@rsp) sets a pseudo-register\n  \
           r cr2           a control register\n  \
           r xmm0:uq       an XMM register in parts, highest first: b w d q (u unsigned, i signed), f, d\n  \
           rF rX           floating-point and XMM registers     rM MASK  parts of the set (1 integer, 4 FP, 8 segments,\n  \
                           20 debug, 40 XMM, 80 control)\n  \
           r --known       those that were not recovered for the selected frame as ?, not with the innermost frame's values\n  \
           1r              on processor 1",
    needs: Needs::Target,
    run,
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    match args.glued {
        "" => {}
        "F" => return masked(0x4, context),
        "X" if args.text.is_empty() => return masked(0x40, context),
        "X" => {}
        "M" => {
            let mask = context.evaluate(args.text)?;
            return masked(mask, context);
        }
        glued => return Err(CommandError::Syntax(format!("r{glued}"))),
    }
    if args.text.is_empty() {
        return all(context);
    }
    if args.text == "--known" {
        let registers = current(context.session)?.clone();
        let lost = context.session.lost_registers();
        return show_known(&registers, &lost, context);
    }
    if let Some((name, value)) = args.text.split_once('=') {
        return assign(name.trim(), value, context);
    }
    let mut texts = Vec::new();
    let mut record = Record::new("registers");
    for name in args.text.split([',', ' ']).filter(|name| !name.is_empty()) {
        let name = name.trim_start_matches('@');
        let text = named(name, context.session)?;
        if let Some(value) = context.session.register(name) {
            record.fields.push(("value", Field::Hex(value)));
        }
        texts.push(text);
    }
    context.emit(record.line(Line::of(texts.join(" "))))
}

/// ContextFlags: the floating-point and XMM registers were saved.
const FLOATING_POINT: u32 = 0x8;
/// ContextFlags: the debug registers were saved.
const DEBUG: u32 = 0x10;

/// The registers that commands show now.
fn current(session: &Session) -> Result<&RegisterContext, CommandError> {
    session.target.dump()?;
    session.context().map_err(|why| {
        CommandError::Missing(format!("no registers for processor {}: {why}", session.focus.processor))
    })
}

fn all(context: &mut Context<'_>) -> Result<(), CommandError> {
    let registers = current(context.session)?.clone();
    show(&registers, Segments::Shown, context)
}

fn named(name: &str, session: &Session) -> Result<String, CommandError> {
    if name.starts_with('$') {
        let value = session.register(name);
        let value = value.ok_or_else(|| CommandError::Argument(format!("Bad register error in '{name}'")))?;
        return Ok(format!("{name}={}", hex::plain(value)));
    }
    let registers = current(session)?;
    if let Some((name, form)) = name.split_once(':') {
        return vector(registers, name, form);
    }
    match session.processor().and_then(|processor| processor.special.as_ref()?.get(name)) {
        Some(value) => Ok(format!("{}={}", name.to_ascii_lowercase(), hex::plain(value))),
        None => single(registers, name),
    }
}

/// A wide register in parts, the highest first.
fn vector(registers: &RegisterContext, name: &str, form: &str) -> Result<String, CommandError> {
    let bad = || CommandError::Argument(format!("Bad register error in '{name}:{form}'"));
    let bytes = registers.bytes_of(name).filter(|bytes| bytes.len() == 16).ok_or_else(bad)?;
    let (signed, letter) = match form.len() {
        1 => (false, form),
        _ => (form.starts_with('i'), form.get(1..).unwrap_or_default()),
    };
    let float = form.len() == 1 && matches!(letter, "f" | "d");
    let size = match letter {
        "b" => 1,
        "w" => 2,
        "d" if !float => 4,
        "f" => 4,
        "q" | "d" => 8,
        _ => return Err(bad()),
    };
    let parts = bytes.rchunks(size).map(|part| {
        let mut wide = [0u8; 8];
        for (to, from) in wide.iter_mut().zip(part) {
            *to = *from;
        }
        let value = u64::from_le_bytes(wide);
        match (float, signed, size) {
            (true, _, 4) => format!("{:e}", f32::from_bits((value & 0xffff_ffff) as u32)),
            (true, _, _) => format!("{:e}", f64::from_bits(value)),
            (_, true, size) => {
                let unused = 64 - 8 * size as u32;
                ((value << unused).cast_signed() >> unused).to_string()
            }
            (_, false, size) => format!("{value:0width$x}", width = 2 * size),
        }
    });
    let parts: Vec<String> = parts.collect();
    Ok(format!("{name}={}", parts.join(" ")))
}

fn assign(name: &str, value: &str, context: &mut Context<'_>) -> Result<(), CommandError> {
    let value = context.evaluate(value)?;
    let name = name.trim_start_matches('@');
    let bad = || CommandError::Argument(format!("Bad register error in '{name}'"));
    if let Some(pseudo) = name.strip_prefix('$') {
        let index: usize =
            pseudo.strip_prefix(['t', 'T']).and_then(|digits| digits.parse().ok()).ok_or_else(bad)?;
        let slot = context.session.user_registers.get_mut(index).ok_or_else(bad)?;
        *slot = value;
        return Ok(());
    }
    let mut registers = current(context.session)?.clone();
    if !registers.set(name, value) {
        return Err(bad());
    }
    context.session.focus.context = Some(registers);
    Ok(())
}

/// The parts of the register set that a mask asks for. Bits: WinDbg's `rm`.
fn masked(mask: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    let registers = current(context.session)?.clone();
    let special = context.session.processor().and_then(|processor| processor.special.clone());
    if mask & 0x3 != 0 {
        context.emit(block(&registers, if mask & 0x8 != 0 { Segments::Shown } else { Segments::Hidden }))?;
    } else if mask & 0x8 != 0 {
        let texts = ["cs", "ss", "ds", "es", "fs", "gs"].map(|name| single(&registers, name));
        let texts: Result<Vec<String>, CommandError> = texts.into_iter().collect();
        context.emit(Line::of(texts?.join("  ")))?;
    }
    let saved = |part: u32, what: &str| match registers.flags() & part {
        0 => Err(CommandError::Missing(format!("the {what} registers were not saved in this context"))),
        _ => Ok(()),
    };
    if mask & 0x4 != 0 {
        saved(FLOATING_POINT, "floating-point")?;
        let texts: Result<Vec<String>, _> =
            ["fpcw", "fpsw", "fptw"].into_iter().map(|name| single(&registers, name)).collect();
        context.emit(Line::of(texts?.join(" ")))?;
    }
    if mask & 0x40 != 0 {
        saved(FLOATING_POINT, "XMM")?;
        for number in 0..16 {
            let name = format!("xmm{number}");
            if let Some(bytes) = registers.bytes_of(&name) {
                let (low, high) = (u64_at(bytes, 0).unwrap_or(0), u64_at(bytes, 8).unwrap_or(0));
                context.emit(Line::of(format!("{name:>5}={} {}", hex::plain(high), hex::plain(low))))?;
            }
        }
    }
    if mask & 0x20 != 0 {
        saved(DEBUG, "debug")?;
        for row in [["dr0", "dr1", "dr2"], ["dr3", "dr6", "dr7"]] {
            let texts: Result<Vec<String>, _> =
                row.into_iter().map(|name| single(&registers, name)).collect();
            context.emit(Line::of(texts?.join(" ")))?;
        }
    }
    if mask & 0x80 != 0 {
        let special = special.ok_or_else(|| {
            CommandError::Missing("the dump holds no control registers for this processor".into())
        })?;
        for row in [["cr0", "cr2", "cr3"], ["cr4", "cr8", "gdtr"]] {
            let texts = row.map(|name| format!("{name}={}", hex::plain(special.get(name).unwrap_or(0))));
            context.emit(Line::of(texts.join(" ")))?;
        }
    }
    Ok(())
}
