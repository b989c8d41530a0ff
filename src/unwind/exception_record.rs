//! EXCEPTION_RECORD (winnt.h) as it is recognised in memory.

/// Distance from a trap frame down to the exception record that the kernel's dispatcher builds: alike in every dump from
/// build 9600 to 26100.
const BELOW_TRAP_FRAME: u64 = 0xa8;
/// Bytes of the longest instruction that traps and after which a trap frame may go on: `int n`. The record names the
/// instruction itself.
const LONGEST_TRAP: u64 = 2;
/// All flags: 1 noncontinuable, 2 to 0x40 of unwinding, 0x80 raised by software.
const FLAGS: u32 = 0xff;
/// Parameters for which a record has room.
const MAX_PARAMETERS: u32 = 15;

/// Where the dispatcher's record stands, if a trap frame led to one.
pub fn record_place(trap_frame: u64) -> Option<u64> {
    trap_frame.checked_sub(BELOW_TRAP_FRAME)
}

/// Whether a record that names the instruction at `address` is about what a trap frame with this instruction pointer
/// interrupted.
pub fn is_about(address: u64, ip: u64) -> bool {
    ip.wrapping_sub(address) <= LONGEST_TRAP
}

/// Whether a record can have these members: an NTSTATUS of Windows that is an error or a warning, one of a compiler (0xE0
/// and three letters: 0xE06D7363 of C++), or one of the dispatcher's own (0x10000001 and its like); the flags that there
/// are; and no more parameters than it has room for.
///
/// No more programs' codes than those: on a stack, user addresses such as 0x14c'e62b0000 stand beside return addresses.
pub fn is_record(code: u32, flags: u32, parameters: u32) -> bool {
    let is_status =
        matches!(code >> 28, 0x8 | 0xc) || code >> 24 == 0xe0 || (0x1000_0000..0x1000_0010).contains(&code);
    is_status && flags & !FLAGS == 0 && parameters <= MAX_PARAMETERS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes of ntstatus.h and of compilers, and the dispatcher's own as public dumps show them.
    #[test]
    fn codes_of_exceptions_and_other_numbers() {
        for code in [0xc000_0005, 0x8000_0003, 0xe06d_7363, 0xe043_4352, 0x1000_0004, 0xc000_001d] {
            assert!(is_record(code, 0, 0), "{code:x}");
        }
        // Success, lower and upper halves of pointers.
        for code in [0, 0x103, 0x6140_1e80, 0xe62b_0000, 0xffff_f807, 0x1000_0010] {
            assert!(!is_record(code, 0, 0), "{code:x}");
        }
        assert!(is_record(0xc000_0005, 0x81, 15) && !is_record(0xc000_0005, 0x14c, 0));
        assert!(!is_record(0xc000_0005, 0x200, 0) && !is_record(0xc000_0005, 0, 16));
    }

    /// An access violation names the instruction, int3 (cc) and int 2c (cd 2c) lie before the instruction pointer.
    #[test]
    fn a_trap_lies_at_most_its_own_length_back() {
        for (behind, about) in [(0, true), (1, true), (2, true), (3, false), (u64::MAX, false)] {
            assert_eq!(is_about(0x1000, 0x1000u64.wrapping_add(behind)), about, "{behind}");
        }
    }
}
