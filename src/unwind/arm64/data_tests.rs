//! Unwind data: records assembled by hand, and the sample driver's beside llvm-readobj's listing.

use super::apply;
use super::pdata::{codes_at, packed_codes};
use super::registers::Arm64Register::{self, D, X};
use super::registers::Arm64Registers;
use super::walk::*;
use super::xdata::Arm64Code;
use super::xdata::Xdata;
use crate::unwind::error::UnwindError;
use crate::unwind::frame::{End, Note, Stack, Trust};
use crate::unwind::host::FunctionEntry;
use crate::unwind::registers::Origin;
use crate::unwind::testing::Flat;
use crate::unwind::walk::WalkOptions;

const NT: u64 = 0xffff_f800_0000_0000;
const SP: u64 = 0xffff_e000_0000_1000;

fn entry(begin: u32, end: u32, unwind: u32) -> FunctionEntry {
    FunctionEntry { image_base: NT, begin, end, unwind }
}

/// The prolog instruction of a code, as llvm-readobj writes it.
fn text(code: Arm64Code) -> String {
    let name = |register| match register {
        Arm64Register::X(number) => format!("x{number}"),
        Arm64Register::D(number) => format!("d{number}"),
        Arm64Register::Q(number) => format!("q{number}"),
    };
    match code {
        Arm64Code::Allocate(size) => format!("sub sp, #{size}"),
        Arm64Code::Save { first, second, offset, push } => {
            let registers = match second {
                Some(second) => format!("stp {}, {}", name(first), name(second)),
                None => format!("str {}", name(first)),
            };
            match push {
                true => format!("{registers}, [sp, #-{offset}]!"),
                false => format!("{registers}, [sp, #{offset}]"),
            }
        }
        Arm64Code::SetFp => "mov x29, sp".to_owned(),
        Arm64Code::End => "end".to_owned(),
        other => format!("{other:?}"),
    }
}

fn texts(codes: &[Arm64Code]) -> Vec<String> {
    codes.iter().copied().map(text).collect()
}

#[test]
fn the_sample_driver_decodes_as_llvm_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pe/");
    let image = std::fs::read(format!("{folder}samplea64.sys")).unwrap();
    let listing = std::fs::read_to_string(format!("{folder}samplea64.sys.unwind.txt")).unwrap();
    let mut flat = Flat::default();
    // .rdata and .pdata of the section table, listed in samplea64.sys.txt.
    flat.put(NT + 0x2000, &image[0x600..0x800]);
    let mut expected: Vec<Vec<String>> = Vec::new();
    let mut inside = false;
    for line in listing.lines().map(str::trim) {
        if line == "Prologue [" {
            inside = true;
            expected.push(Vec::new());
        } else if line == "]" {
            inside = false;
        } else if inside {
            let instruction = line.split("; ").last().unwrap();
            expected.last_mut().unwrap().push(instruction.replace("lr", "x30"));
        }
    }
    assert_eq!(expected.len(), 4);
    for (raw, expected) in image[0xa00..0xa20].chunks(8).zip(expected) {
        let word = |at: usize| u32::from_le_bytes(raw[at..at + 4].try_into().unwrap());
        let entry = entry(word(0), 0, word(4));
        let codes = match entry.unwind & 3 {
            0 => Xdata::read(&flat, &entry).unwrap().codes(0).unwrap(),
            _ => packed_codes(&entry).unwrap(),
        };
        assert_eq!(texts(&codes), expected, "function {:#x}", entry.begin);
    }
}

#[test]
fn packed_words_stand_for_the_documented_prologs() {
    // The documentation's example: RegI 1, chained, 0x820 bytes.
    assert_eq!(
        texts(&packed_codes(&entry(0, 492, 0x4161_01ed)).unwrap()),
        ["mov x29, sp", "stp x29, x30, [sp, #0]", "sub sp, #2064", "str x19, [sp, #-16]!", "end"]
    );
    // RegI 3 with lr (32 bytes), RegF 1 (16), frame 0x50: 32 bytes of locals.
    let word = 1 | 16 << 2 | 1 << 13 | 3 << 16 | 1 << 21 | 5 << 23;
    assert_eq!(
        texts(&packed_codes(&entry(0, 64, word)).unwrap()),
        [
            "sub sp, #32",
            "stp d8, d9, [sp, #32]",
            "stp x21, x30, [sp, #16]",
            "stp x19, x20, [sp, #-48]!",
            "end"
        ]
    );
    // A frame smaller than its saves, and RegI 11, are damage.
    assert!(packed_codes(&entry(0, 64, 1 | 16 << 2 | 4 << 16 | 1 << 23)).is_err());
    assert!(packed_codes(&entry(0, 64, 1 | 16 << 2 | 11 << 16 | 20 << 23)).is_err());
}

/// fplr pushed with 0x40, x19/x20 at 0x20, d8/d9 at 0x30, fp set; one epilog that mirrors it ends the function.
/// Header: 16 instructions, E set, epilog at code 0, 2 words of codes.
const FULL: [u8; 12] = [
    0x10, 0x00, 0x20, 0x10, // 16 | 1 << 21 | 2 << 27
    0xe1, 0xd8, 0x06, 0xc8, 0x04, 0x87, 0xe4, 0xe3,
];

fn stack() -> (Flat, Arm64Start) {
    let mut flat = Flat::default();
    flat.module("nt", NT, 0x10000, true);
    flat.function(NT, 0x1000, 0x1040, 0x3000, &FULL);
    for (offset, value) in [(0, SP + 0x100), (8, NT + 0x2000), (0x20, 19), (0x28, 20), (0x30, 8), (0x38, 9)] {
        flat.put_u64(SP + offset, value);
    }
    let start = Arm64Start {
        pc: NT + 0x1020,
        sp: SP - 0x80,
        fp: SP,
        lr: NT + 0x1018,
        general: [Some(1); 10],
        ..Arm64Start::default()
    };
    (flat, start)
}

fn one_step(flat: &Flat, start: Arm64Start) -> (Stack, Arm64Registers) {
    let options = WalkOptions { max_frames: 2, ..WalkOptions::default() };
    let stack = walk_arm64(flat, start, &options);
    let caller = stack.frames[1].arm64.as_deref().unwrap().clone();
    (stack, caller)
}

#[test]
fn a_body_gives_back_every_register_with_its_place() {
    let (flat, start) = stack();
    let (walked, caller) = one_step(&flat, start);
    assert_eq!(walked.frames[1].trust, Trust::Unwind);
    assert_eq!((caller.pc, caller.sp), (NT + 0x2000, SP + 0x40));
    assert_eq!(walked.frames[0].return_slot, Some(SP + 8));
    for (register, value, at) in
        [(X(19), 19, 0x20), (X(20), 20, 0x28), (D(9), 9, 0x38), (X(29), SP + 0x100, 0)]
    {
        let slot = caller.get(register).unwrap();
        assert_eq!((slot.value, slot.origin), (value, Origin::Saved(SP + at)));
    }
    let kept = caller.get(X(21)).unwrap();
    assert_eq!((kept.known(), kept.unchanged), (Some(1), true));
    assert_eq!(caller.known(X(30)), None);
}

#[test]
fn prologs_and_epilogs_are_undone_as_far_as_they_went() {
    let (mut flat, mut start) = stack();
    start.lr = NT + 0x2000;
    start.fp = SP + 0x100;
    // Before the first instruction, and at the return: nothing stands on the stack.
    for (pc, note) in [(0x1000, Note::InProlog), (0x103c, Note::InEpilog)] {
        (start.pc, start.sp) = (NT + pc, SP + 0x40);
        let (walked, caller) = one_step(&flat, start);
        assert_eq!(walked.frames[0].notes, [note]);
        assert_eq!((caller.pc, caller.sp), (NT + 0x2000, SP + 0x40));
        assert_eq!(caller.known(X(19)), Some(1));
    }
    // After `stp fp, lr, [sp, #-0x40]!` and the store of x19: x19 and fp are saved, d8 is not.
    (start.pc, start.sp) = (NT + 0x1008, SP);
    flat.put_u64(SP + 0x30, 77);
    let (_, caller) = one_step(&flat, start);
    assert_eq!((caller.sp, caller.known(X(19))), (SP + 0x40, Some(19)));
    assert_eq!(caller.known(D(8)), None);
    // In the epilog before its last load: x19 is back, fp is not.
    (start.pc, start.sp) = (NT + 0x1038, SP);
    let (_, caller) = one_step(&flat, start);
    assert_eq!((caller.sp, caller.known(X(19))), (SP + 0x40, Some(1)));
    assert_eq!(caller.known(X(29)), Some(SP + 0x100));
}

#[test]
fn custom_frames_end_the_walk_and_damage_falls_back_to_records() {
    let (mut flat, start) = stack();
    flat.put(NT + 0x3004, &[0xe9, 0xe4]);
    let walked = walk_arm64(&flat, start, &WalkOptions::default());
    let expected = UnwindError::Arm64Custom { function: NT + 0x1000, layout: "a machine frame" };
    assert_eq!((walked.frames.len(), walked.end), (1, End::Failed(expected)));
    flat.put(NT + 0x3004, &[0xff]);
    let (walked, caller) = one_step(&flat, start);
    assert_eq!(walked.frames[1].trust, Trust::FramePointer);
    assert!(matches!(walked.frames[0].notes[..], [Note::UnwindFailed(UnwindError::BadCode { .. })]));
    assert_eq!((caller.pc, caller.known(X(19))), (NT + 0x2000, None));
}

#[test]
fn save_next_goes_on_from_x27_to_d8_and_epilog_scopes_have_codes_of_their_own() {
    let mut flat = Flat::default();
    flat.module("nt", NT, 0x10000, true);
    // 20 instructions, one scope, 3 words; the scope: epilog at instruction 15, codes from byte 6.
    // Prolog: stp x25,x26,[sp,#-0x40]!; next (x27,x28); next (d8,d9); str lr,[sp,#0x30].
    let record = [
        0x14, 0x00, 0x40, 0x18, 0x0f, 0x00, 0x80, 0x01, // 20 | 1 << 22 | 3 << 27; 15 | 6 << 22
        0xd2, 0xc6, 0xe6, 0xe6, 0xcd, 0x87, // the prolog's codes run into the epilog's end
        0xe4, 0xe3, 0xe3, 0xe3, 0xe3, 0xe3,
    ];
    flat.function(NT, 0x1000, 0x1050, 0x3000, &record);
    for (at, value) in [(0, 25), (8, 26), (0x10, 27), (0x18, 28), (0x20, 8), (0x28, 9), (0x30, NT + 0x2000)] {
        flat.put_u64(SP + at, value);
    }
    let mut start = Arm64Start { pc: NT + 0x1020, sp: SP, ..Arm64Start::default() };
    let (_, caller) = one_step(&flat, start);
    let values = [X(25), X(26), X(27), X(28), D(8), D(9)].map(|register| caller.known(register).unwrap());
    assert_eq!((values, caller.sp), ([25, 26, 27, 28, 8, 9], SP + 0x40));
    // The scope's only instruction is the return.
    start.lr = NT + 0x2000;
    start.pc = NT + 0x103c;
    let (walked, caller) = one_step(&flat, start);
    assert_eq!(walked.frames[0].notes, [Note::InEpilog]);
    assert_eq!((caller.sp, caller.known(X(25))), (SP, None));
}

#[test]
fn no_record_makes_it_panic() {
    let mut flat = Flat::default();
    flat.module("nt", NT, 0x10000, true);
    flat.put(SP - 0x100, &[0x5a; 0x200]);
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    for _ in 0..2000 {
        let mut bytes = [0u8; 64];
        for byte in &mut bytes {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            *byte = seed as u8;
        }
        bytes[2] &= 0xf3; // version 0
        flat.put(NT + 0x3000, &bytes);
        let packed = u32::from_le_bytes(bytes[..4].try_into().unwrap());
        for unwind in [0x3000, packed] {
            let entry = entry(0x1000, 0x1100, unwind);
            if let Ok((codes, _)) = codes_at(&flat, &entry, NT + 0x1000 + (seed & 0xfc)) {
                assert!(codes.len() <= 1020);
                let mut registers = Arm64Registers { sp: SP, ..Arm64Registers::default() };
                let _ = apply::apply(&flat, &mut registers, &codes, NT);
            }
        }
    }
}
