//! x64 instructions in the debugger's spelling of MASM.

use super::instruction::{Flow, Instruction};
use super::x64_text::{Tokens, formatter};
use crate::output::Line;
use iced_x86::{Code, Decoder, DecoderError, DecoderOptions, FlowControl, Formatter, Mnemonic, OpKind};

/// The instruction that `bytes` begin with; `None` if they are cut off inside one. `symbol` has the text of a place.
pub fn decode(
    bytes: &[u8],
    address: u64,
    bitness: u32,
    symbol: &dyn Fn(u64) -> Option<String>,
) -> Option<Instruction> {
    let decoded = instruction(bytes, address, bitness)?;
    if decoded.is_invalid() {
        return Some(Instruction {
            address,
            length: 1,
            bytes_text: format!("{:02x}", bytes.first()?),
            mnemonic: "???".to_owned(),
            operands: Line::new(),
            flow: Flow::End,
            fixed_length: false,
        });
    }
    let mut formatter = formatter(&decoded, symbol);
    let mut mnemonic = Tokens::default();
    formatter.format_mnemonic(&decoded, &mut mnemonic);
    let mut operands = Tokens::default();
    formatter.format_all_operands(&decoded, &mut operands);
    let (mnemonic, operands) = match string_instruction(&decoded) {
        Some((name, text)) => (mnemonic.renamed(name), Line::of(text)),
        None => {
            let first = left_out(&decoded).map(|first| Line::of(format!("{first},")));
            (mnemonic.plain(), first.unwrap_or_default().append(operands.line(&decoded)))
        }
    };
    let raw = bytes.get(..decoded.len())?;
    Some(Instruction {
        address,
        length: decoded.len() as u64,
        bytes_text: raw.iter().map(|byte| format!("{byte:02x}")).collect(),
        mnemonic,
        operands,
        flow: flow(&decoded),
        fixed_length: false,
    })
}

/// The decoded form; `None` if the bytes end inside it.
pub fn instruction(bytes: &[u8], address: u64, bitness: u32) -> Option<iced_x86::Instruction> {
    let mut decoder = Decoder::try_with_ip(bitness, bytes, address, DecoderOptions::NONE).ok()?;
    let decoded = decoder.decode();
    let cut = decoder.last_error() == DecoderError::NoMoreBytes;
    (!cut).then_some(decoded)
}

fn flow(instruction: &iced_x86::Instruction) -> Flow {
    let near =
        matches!(instruction.op0_kind(), OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64);
    let target = instruction.near_branch_target();
    match instruction.flow_control() {
        FlowControl::UnconditionalBranch if near => Flow::Jump(target),
        FlowControl::ConditionalBranch if near => Flow::Branch(target),
        FlowControl::UnconditionalBranch | FlowControl::IndirectBranch => Flow::Indirect,
        FlowControl::Call if near => Flow::Call(target),
        FlowControl::Call | FlowControl::IndirectCall => Flow::IndirectCall,
        FlowControl::Return | FlowControl::Exception => Flow::End,
        // __fastfail never comes back.
        FlowControl::Interrupt
            if instruction.code() == Code::Int_imm8 && instruction.immediate8() == 0x29 =>
        {
            Flow::End
        }
        _ => Flow::Next,
    }
}

/// The first operand that the debugger writes and MASM leaves out: the accumulator of `mul` and `div`, and the
/// register that `imul` with a number both reads and writes.
fn left_out(instruction: &iced_x86::Instruction) -> Option<String> {
    let name = |register: iced_x86::Register| format!("{register:?}").to_ascii_lowercase();
    match instruction.mnemonic() {
        Mnemonic::Mul | Mnemonic::Div | Mnemonic::Idiv => {
            let size = match instruction.op0_kind() {
                OpKind::Register => instruction.op0_register().size(),
                _ => instruction.memory_size().size(),
            };
            let accumulator = match size {
                1 => return (instruction.mnemonic() == Mnemonic::Mul).then(|| "al".to_owned()),
                2 => "ax",
                4 => "eax",
                _ => "rax",
            };
            Some(accumulator.to_owned())
        }
        // iced gives both registers unless they are the same one.
        Mnemonic::Imul if instruction.op_count() == 3 && instruction.op1_kind() == OpKind::Register => {
            let first = instruction.op0_register();
            (first == instruction.op1_register()).then(|| name(first))
        }
        _ => None,
    }
}

/// What the debugger writes out and MASM abbreviates: `rep movs qword ptr [rdi],qword ptr [rsi]` for `rep movsq`.
fn string_instruction(instruction: &iced_x86::Instruction) -> Option<(&'static str, String)> {
    use Mnemonic::*;
    let size = match instruction.mnemonic() {
        Movsb | Stosb | Lodsb | Scasb | Cmpsb | Insb | Outsb => "byte",
        Movsw | Stosw | Lodsw | Scasw | Cmpsw | Insw | Outsw => "word",
        Movsd | Stosd | Lodsd | Scasd | Cmpsd | Insd | Outsd => "dword",
        Movsq | Stosq | Lodsq | Scasq | Cmpsq => "qword",
        _ => return None,
    };
    // movsd and cmpsd are also names of SSE instructions.
    if !instruction.is_string_instruction() {
        return None;
    }
    let kinds = [instruction.op0_kind(), instruction.op1_kind()];
    let register = |long: &'static str, short: &'static str| {
        let is_short = kinds
            .iter()
            .any(|kind| matches!(kind, OpKind::MemoryESEDI | OpKind::MemorySegEDI | OpKind::MemorySegESI));
        if is_short { short } else { long }
    };
    let to = format!("{size} ptr [{}]", register("rdi", "edi"));
    let from = format!("{size} ptr [{}]", register("rsi", "esi"));
    Some(match instruction.mnemonic() {
        Movsb | Movsw | Movsd | Movsq => ("movs", format!("{to},{from}")),
        Stosb | Stosw | Stosd | Stosq => ("stos", to),
        Lodsb | Lodsw | Lodsd | Lodsq => ("lods", from),
        Scasb | Scasw | Scasd | Scasq => ("scas", to),
        Cmpsb | Cmpsw | Cmpsd | Cmpsq => ("cmps", format!("{from},{to}")),
        Insb | Insw | Insd => ("ins", format!("{to},dx")),
        _ => ("outs", format!("dx,{from}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::show::disassembly::decode::with_address;
    use crate::command::show::disassembly::record;

    const ADDRESS: u64 = 0xfffff807_84da1139;

    fn shown(bytes: &[u8]) -> String {
        let symbol = |address: u64| {
            (0xfffff807_84da0000..0xfffff807_84da7000)
                .contains(&address)
                .then(|| with_address(&format!("EvilDriver+{:#x}", address - 0xfffff807_84da0000), address))
        };
        let instruction = decode(bytes, ADDRESS, 64, &symbol).expect("bytes suffice");
        let text = record(&instruction).lines[0].plain();
        text.strip_prefix("fffff807`84da1139 ").expect("the address").to_owned()
    }

    /// Lines of public transcripts (spec/COMMANDS.md sections 0, 4 to 6 and the reference transcripts).
    #[test]
    fn the_debuggers_spelling() {
        let cases: &[(&[u8], &str)] = &[
            (&[0x33, 0xd2], "33d2            xor     edx,edx"),
            (&[0x48, 0x89, 0x4c, 0x24, 0x08], "48894c2408      mov     qword ptr [rsp+8],rcx"),
            (&[0x48, 0x89, 0x54, 0x24, 0x10], "4889542410      mov     qword ptr [rsp+10h],rdx"),
            (&[0x9c], "9c              pushfq"),
            (&[0x48, 0x83, 0xec, 0x30], "4883ec30        sub     rsp,30h"),
            (&[0x8a, 0x91, 0x0b, 1, 0, 0], "8a910b010000    mov     dl,byte ptr [rcx+10Bh]"),
            (&[0x80, 0xe2, 0x0f], "80e20f          and     dl,0Fh"),
            (&[0xb9, 1, 0, 0, 0], "b901000000      mov     ecx,1"),
            (&[0x8b, 0x03], "8b03            mov     eax,dword ptr [rbx]"),
            (&[0x33, 0x00], "3300            xor     eax,dword ptr [rax]"),
            (&[0xcc], "cc              int     3"),
            (&[0xcd, 0x29], "cd29            int     29h"),
            (&[0xc3], "c3              ret"),
            (
                &[0x65, 0x48, 0x8b, 0x1c, 0x25, 0x88, 1, 0, 0],
                "65488b1c2588010000 mov     rbx,qword ptr gs:[188h]",
            ),
            (&[0x0f, 0x0d, 0x4d, 0xe0], "0f0d4de0        prefetchw [rbp-20h]"),
            (&[0x0f, 0xae, 0x5d, 0xac], "0fae5dac        stmxcsr dword ptr [rbp-54h]"),
            (&[0xf3, 0x48, 0xa5], "f348a5          rep movs qword ptr [rdi],qword ptr [rsi]"),
            (&[0xf3, 0xaa], "f3aa            rep stos byte ptr [rdi]"),
            (&[0xf2, 0x0f, 0x10, 0x44, 0x24, 0x20], "f20f10442420    movsd   xmm0,mmword ptr [rsp+20h]"),
            (&[0x83, 0xc9, 0xff], "83c9ff          or      ecx,0FFFFFFFFh"),
            (&[0xf0, 0x0f, 0xc1, 0x11], "f00fc111        lock xadd dword ptr [rcx],edx"),
            (&[0x48, 0x69, 0xc0, 0x10, 0x27, 0, 0], "4869c010270000  imul    rax,rax,2710h"),
            (&[0x48, 0x6b, 0xc0, 3], "486bc003        imul    rax,rax,3"),
            (&[0x48, 0xf7, 0xe1], "48f7e1          mul     rax,rcx"),
            (&[0x48, 0xf7, 0xe9], "48f7e9          imul    rcx"),
            (&[0x48, 0xf7, 0xf1], "48f7f1          div     rax,rcx"),
            (&[0x0f, 0x1f, 0x44, 0, 0], "0f1f440000      nop     dword ptr [rax+rax]"),
        ];
        for (bytes, text) in cases {
            assert_eq!(shown(bytes), *text);
        }
    }

    #[test]
    fn targets_carry_symbol_and_address() {
        assert_eq!(
            shown(&[0xff, 0x15, 0xf1, 0x0e, 0, 0]),
            "ff15f10e0000    call    qword ptr [EvilDriver+0x2030 (fffff807`84da2030)]"
        );
        assert_eq!(shown(&[0x74, 0x05]), "7405            je      EvilDriver+0x1140 (fffff807`84da1140)");
        assert_eq!(shown(&[0xe8, 0, 0, 0, 0x10]), "e800000010      call    fffff807`94da113e");
        assert_eq!(
            shown(&[0x48, 0x8d, 0x0d, 0, 0, 0, 0x10]),
            "488d0d00000010  lea     rcx,[fffff807`94da1140]"
        );
        assert_eq!(
            shown(&[0x48, 0xb8, 0, 0x20, 0xda, 0x84, 0x07, 0xf8, 0xff, 0xff]),
            "48b80020da8407f8ffff mov     rax,offset EvilDriver+0x2000 (fffff807`84da2000)"
        );
    }

    #[test]
    fn bytes_that_are_no_instruction() {
        assert_eq!(shown(&[0x06, 0, 0, 0]), "06              ???");
        assert!(decode(&[0x48, 0x89], ADDRESS, 64, &|_| None).is_none());
    }
}
