//! `.fnent` for ARM64: the entry, and its unwind codes as the instructions of the prolog that they undo.

use crate::output::{Field, Line, Record};
use crate::unwind::{Arm64Code, FunctionEntry, UnwindError, UnwindHost, arm64_prolog};
use crate::util::hex;

/// Adds a function's entry to a record that names the function.
pub fn show(host: &dyn UnwindHost, entry: &FunctionEntry, title: Record) -> Result<Record, UnwindError> {
    let codes = arm64_prolog(host, entry)?;
    let is_packed = entry.unwind & 3 != 0;
    let mut record = title
        .field("begin", Field::Hex(entry.begin_va()))
        .field("end", Field::Hex(entry.end_va()))
        .field("packed", is_packed);
    let unwind = if is_packed { "PackedUnwindData " } else { "UnwindInfoAddress" };
    for (label, value) in
        [("BeginAddress     ", entry.begin), ("EndAddress       ", entry.end), (unwind, entry.unwind)]
    {
        record = record.line(Line::new().label(format!("{label} = ")).value(hex::tick(value.into())));
    }
    record = record.line(Line::new()).line(Line::of(match is_packed {
        true => "The prolog that the packed data stands for, last instruction first:".to_owned(),
        false => format!(
            "Unwind info at {}, the prolog's last instruction first:",
            hex::tick(entry.image_base.wrapping_add(entry.unwind.into()))
        ),
    }));
    let mut texts = Vec::new();
    for (index, code) in codes.iter().enumerate() {
        let text = instruction(*code);
        record = record.line(Line::of(format!("  {index:02x}: {text}")));
        texts.push(text);
    }
    Ok(record.field("codes", texts))
}

/// The instruction that a code undoes.
fn instruction(code: Arm64Code) -> String {
    match code {
        Arm64Code::Allocate(size) => format!("sub sp,sp,#0x{size:X}"),
        Arm64Code::Save { first, second, offset, push } => {
            let (name, registers) = match second {
                Some(second) => ("stp", format!("{first},{second}")),
                None => ("str", first.to_string()),
            };
            match (push, offset) {
                (true, _) => format!("{name} {registers},[sp,#-0x{offset:X}]!"),
                (false, 0) => format!("{name} {registers},[sp]"),
                (false, _) => format!("{name} {registers},[sp,#0x{offset:X}]"),
            }
        }
        Arm64Code::SaveNext => "the next pair, 16 bytes above".to_owned(),
        Arm64Code::SetFp => "mov fp,sp".to_owned(),
        Arm64Code::AddFp(size) => format!("add fp,sp,#0x{size:X}"),
        Arm64Code::SignLr => "pacibsp".to_owned(),
        Arm64Code::Nop => "nop".to_owned(),
        Arm64Code::End => "end".to_owned(),
        Arm64Code::EndChained => "end of this fragment".to_owned(),
        Arm64Code::Custom(what) => what.to_owned(),
    }
}
