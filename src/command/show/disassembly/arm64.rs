//! ARM64 instructions in the debugger's spelling.

use super::instruction::{Flow, Instruction};
use crate::output::{Action, Line, Role};
use crate::util::bounded::u32_at;
use crate::util::hex;
use yaxpeax_arch::{Decoder, U8Reader};
use yaxpeax_arm::armv8::a64::{InstDecoder, Opcode, Operand};

/// Bytes of every instruction.
const LENGTH: u64 = 4;

/// The instruction that `bytes` begin with; `None` if there are fewer than four. `symbol` has the text of a place.
pub fn decode(bytes: &[u8], address: u64, symbol: &dyn Fn(u64) -> Option<String>) -> Option<Instruction> {
    let word = u32_at(bytes, 0)?;
    let mut reader = U8Reader::new(bytes.get(..LENGTH as usize)?);
    let (mnemonic, operands, flow) = match InstDecoder::default().decode(&mut reader) {
        Ok(decoded) => {
            let target = target(&decoded.operands, decoded.opcode, address);
            // The library's text has branches that it holds to be unreachable.
            let text = std::panic::catch_unwind(|| decoded.to_string()).unwrap_or_default();
            let (mnemonic, operands) = text.split_once(' ').unwrap_or((&text, ""));
            (
                mnemonic.replacen("b.", "b", 1),
                operand_line(operands, target, symbol),
                flow(decoded.opcode, target),
            )
        }
        Err(_) => ("???".to_owned(), Line::new(), Flow::End),
    };
    let mnemonic = if mnemonic.is_empty() { "???".to_owned() } else { mnemonic };
    Some(Instruction {
        address,
        length: LENGTH,
        bytes_text: format!("{word:08x}"),
        mnemonic,
        operands,
        flow,
        fixed_length: true,
    })
}

/// The address that an operand relative to the instruction names.
fn target(operands: &[Operand], opcode: Opcode, address: u64) -> Option<u64> {
    operands.iter().find_map(|operand| match operand {
        Operand::PCOffset(offset) => {
            let base = if opcode == Opcode::ADRP { address & !0xfff } else { address };
            Some(base.wrapping_add_signed(*offset))
        }
        _ => None,
    })
}

/// The operands without blanks after commas, the relative one as symbol and address.
fn operand_line(operands: &str, target: Option<u64>, symbol: &dyn Fn(u64) -> Option<String>) -> Line {
    let operands = names(&operands.trim().replace(", ", ","));
    let (Some(target), Some(at)) = (target, operands.find('$')) else {
        return Line::new().text(operands);
    };
    let (before, relative) = operands.split_at_checked(at).unwrap_or((&operands, ""));
    let end = relative.find(',').unwrap_or(relative.len());
    let after = relative.get(end..).unwrap_or_default();
    let place = symbol(target).unwrap_or_else(|| hex::tick(target));
    let line = Line::new().text(before);
    let line = line.link(Role::Symbol, place, Action::Code(target));
    if after.is_empty() { line } else { line.text(after) }
}

/// The debugger's names of the frame pointer and the link register.
fn names(operands: &str) -> String {
    let mut text = String::with_capacity(operands.len());
    let mut word = String::new();
    for c in operands.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        text.push_str(match word.as_str() {
            "x29" => "fp",
            "x30" => "lr",
            other => other,
        });
        word.clear();
        if c != '\0' {
            text.push(c);
        }
    }
    text
}

fn flow(opcode: Opcode, target: Option<u64>) -> Flow {
    match (opcode, target) {
        (Opcode::B, Some(target)) => Flow::Jump(target),
        (Opcode::Bcc(_) | Opcode::CBZ | Opcode::CBNZ | Opcode::TBZ | Opcode::TBNZ, Some(target)) => {
            Flow::Branch(target)
        }
        (Opcode::BL, Some(target)) => Flow::Call(target),
        (Opcode::BLR | Opcode::BLRAA | Opcode::BLRAAZ | Opcode::BLRAB | Opcode::BLRABZ, _) => {
            Flow::IndirectCall
        }
        (Opcode::BR | Opcode::BRAA | Opcode::BRAAZ | Opcode::BRAB | Opcode::BRABZ, _) => Flow::Indirect,
        (
            Opcode::RET
            | Opcode::RETAA
            | Opcode::RETAB
            | Opcode::ERET
            | Opcode::ERETAA
            | Opcode::ERETAB
            | Opcode::BRK
            | Opcode::UDF
            | Opcode::Invalid,
            _,
        ) => Flow::End,
        _ => Flow::Next,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::show::disassembly::decode::with_address;
    use crate::command::show::disassembly::record;

    fn shown(word: u32) -> String {
        let symbol =
            |address: u64| (address == 0xfffff803_f32de024).then(|| with_address("nt+0x4de024", address));
        let decoded = decode(&word.to_le_bytes(), 0xfffff803_f32de014, &symbol).expect("four bytes");
        record(&decoded).lines[0].plain()
    }

    /// The first is of a reference transcript; the others are encodings of the architecture's manual.
    #[test]
    fn the_debuggers_spelling() {
        assert_eq!(shown(0x9101_0260), "fffff803`f32de014 91010260 add         x0,x19,#0x40");
        assert_eq!(
            shown(0x9400_0004),
            "fffff803`f32de014 94000004 bl          nt+0x4de024 (fffff803`f32de024)"
        );
        assert_eq!(shown(0x54ff_ffe1), "fffff803`f32de014 54ffffe1 bne         fffff803`f32de010");
        assert_eq!(
            shown(0xb400_0088),
            "fffff803`f32de014 b4000088 cbz         x8,nt+0x4de024 (fffff803`f32de024)"
        );
        assert_eq!(shown(0xa9bf_7bfd), "fffff803`f32de014 a9bf7bfd stp         fp,lr,[sp,#-0x10]!");
        assert_eq!(shown(0xd65f_03c0), "fffff803`f32de014 d65f03c0 ret");
    }

    #[test]
    fn no_word_is_too_odd() {
        let mut word = 1u32;
        for _ in 0..200_000 {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let decoded = decode(&word.to_le_bytes(), 0x1000, &|_| None).expect("four bytes");
            assert!(!decoded.mnemonic.is_empty());
        }
    }
}
