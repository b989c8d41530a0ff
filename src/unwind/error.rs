//! Why a step out of a frame is impossible.

/// What stops one step of the walk. Addresses say where to look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnwindError {
    /// The unwind data of a function is not in the dump or the image.
    #[error(
        "unwind data of the function at {function:#x} cannot be read at {address:#x}; give its image with -i"
    )]
    InfoUnreadable {
        /// First byte of the function.
        function: u64,
        /// Where its unwind data should be.
        address: u64,
    },
    /// The unwind data is of a version that does not exist.
    #[error("unwind data at {address:#x} says version {version}; only 1 and 2 exist, so the data is damaged")]
    Version {
        /// Where the data stands.
        address: u64,
        /// What it says.
        version: u8,
    },
    /// An unwind code that does not exist or is cut off.
    #[error("unwind data at {address:#x} holds a bad code ({operation}) in slot {slot}")]
    BadCode {
        /// Where the data stands.
        address: u64,
        /// Number of the 16-bit slot.
        slot: u8,
        /// The operation's number.
        operation: u8,
    },
    /// Chained or forwarded entries that never end.
    #[error("unwind data of the function at {function:#x} chains more than {limit} entries, or in a circle")]
    Chain {
        /// First byte of the function.
        function: u64,
        /// The limit that was reached.
        limit: usize,
    },
    /// A record of an ARM64 function of a version that does not exist.
    #[error(
        "unwind data at {address:#x} says version {version}; only 0 exists for ARM64, so the data is damaged"
    )]
    Arm64Version {
        /// Where the data stands.
        address: u64,
        /// What it says.
        version: u32,
    },
    /// A packed function table entry that makes no sense.
    #[error("the function table entry of {function:#x} holds {word:#x}, which describes no prolog")]
    Arm64Packed {
        /// First byte of the function.
        function: u64,
        /// The packed word.
        word: u32,
    },
    /// An ARM64 function whose frame is laid out by the system's own assembly.
    #[error(
        "the function at {function:#x} builds {layout} on the stack, which ends what unwind data describes"
    )]
    Arm64Custom {
        /// First byte of the function.
        function: u64,
        /// What it builds.
        layout: &'static str,
    },
    /// The stack slot that holds the return address is missing.
    #[error("the return address at {address:#x} is not in the dump")]
    StackUnreadable {
        /// Its address.
        address: u64,
    },
    /// The frame register that holds the frame's address was not recovered.
    #[error("the function at {function:#x} needs {register}, which is not known in this frame")]
    FrameRegisterUnknown {
        /// First byte of the function.
        function: u64,
        /// Name of the register.
        register: &'static str,
    },
}
