//! `.fnent` for ARM64: the entry, and its unwind codes as the instructions of the prolog that they undo.

use super::heading::entry_row;
use crate::output::{Cell, Field, Line, Record, Role};
use crate::unwind::{Arm64Code, FunctionEntry, UnwindError, UnwindHost, arm64_prolog};
use crate::util::hex;

/// Adds a function's entry to a record that names the function.
pub fn show(host: &dyn UnwindHost, entry: &FunctionEntry, title: Record) -> Result<Record, UnwindError> {
    let codes = arm64_prolog(host, entry)?;
    let is_packed = entry.unwind & 3 != 0;
    let record = entry_row(title, "begin", "BeginAddress     ", entry.begin_va(), entry.begin);
    let record = entry_row(record, "end", "EndAddress       ", entry.end_va(), entry.end);
    let unwind = entry.image_base.wrapping_add(entry.unwind.into());
    let record = match is_packed {
        true => {
            let data = Cell::new(Field::Hex(entry.unwind.into())).shown(hex::tick(entry.unwind.into()));
            record
                .line(Line::new().label("PackedUnwindData  = "))
                .cell("packed_unwind_data", data.role(Role::Value))
                .line(Line::new())
                .line("The prolog that the packed data stands for, last instruction first:")
        }
        false => entry_row(record, "entry_unwind_info", "UnwindInfoAddress", unwind, entry.unwind)
            .line(Line::new())
            .line("Unwind info at ")
            .cell("unwind_info", Cell::new(Field::Address(unwind)))
            .text(", the prolog's last instruction first:"),
    };
    let codes = codes.iter().enumerate().map(|(index, code)| {
        let text = instruction(*code);
        Cell::new(text.as_str()).shown(format!("{index:02x}: {text}"))
    });
    Ok(record.field("packed", is_packed).column("codes", 2, codes))
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
