//! Whether a call instruction ends just before an address, and where it goes.

use iced_x86::{Decoder, DecoderOptions, FlowControl, OpKind};

use super::host::UnwindHost;

/// Longest and shortest call instructions of compilers: `call [r12+disp32]` with a prefix, `call rax`.
const LENGTHS: [usize; 7] = [5, 6, 7, 2, 3, 4, 8];

/// What the bytes before a possible return address say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// A call ends there; its target, where the instruction names it.
    Call(Option<u64>),
    /// The bytes are in the dump and are no call.
    NoCall,
    /// The bytes are not in the dump.
    Missing,
}

/// Looks at the bytes that end at `ip`.
pub(crate) fn before(host: &dyn UnwindHost, ip: u64) -> Before {
    let mut buffer = [0u8; 8];
    let Some(available) = [8usize, 5, 3, 2].into_iter().find(|&length| {
        buffer.get_mut(8 - length..).is_some_and(|tail| host.read(ip.wrapping_sub(length as u64), tail))
    }) else {
        return Before::Missing;
    };
    for length in LENGTHS.into_iter().filter(|&length| length <= available) {
        let Some(code) = buffer.get(8 - length..) else {
            continue;
        };
        let mut decoder = Decoder::with_ip(64, code, ip.wrapping_sub(length as u64), DecoderOptions::NONE);
        let instruction = decoder.decode();
        if instruction.is_invalid() || instruction.len() != length {
            continue;
        }
        match instruction.flow_control() {
            FlowControl::Call if instruction.op0_kind() == OpKind::NearBranch64 => {
                return Before::Call(Some(instruction.near_branch_target()));
            }
            FlowControl::IndirectCall => return Before::Call(None),
            _ => {}
        }
    }
    Before::NoCall
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unwind::testing::Flat;

    const AT: u64 = 0xffff_f800_0000_1100;

    fn look(bytes: &[u8]) -> Before {
        let mut flat = Flat::default();
        flat.put(AT - bytes.len() as u64, bytes);
        before(&flat, AT)
    }

    #[test]
    fn calls_of_every_form_are_seen() {
        assert_eq!(look(&[0x90, 0x90, 0x90, 0xe8, 0xfb, 0xff, 0xff, 0xff]), Before::Call(Some(AT - 5)));
        assert_eq!(look(&[0xcc, 0x48, 0xff, 0x15, 1, 2, 3, 4]), Before::Call(None));
        assert_eq!(look(&[0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xff, 0xd0]), Before::Call(None));
        assert_eq!(look(&[0x41, 0xff, 0x94, 0x24, 0x80, 0, 0, 0]), Before::Call(None));
        assert_eq!(look(&[0x90; 8]), Before::NoCall);
        assert_eq!(look(&[0x41, 0xff, 0xd2]), Before::Call(None));
        assert_eq!(look(&[]), Before::Missing);
    }
}
