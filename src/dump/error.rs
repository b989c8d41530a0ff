//! Why a dump could not be opened.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::mapping::Lost;

/// Why nothing could be opened. Each message names the file, says what was found there and what to do.
#[derive(Debug, Error)]
pub enum DumpError {
    /// There is no such file.
    #[error("cannot open {}: there is no such file", .0.display())]
    NotFound(PathBuf),
    /// The path is a directory.
    #[error("cannot open {}: it is a directory; give the path of the dump file in it", .0.display())]
    Directory(PathBuf),
    /// A device, a pipe, a socket.
    #[error("cannot open {}: it is a device or a pipe; a dump must be a file that can be mapped", .0.display())]
    NotAFile(PathBuf),
    /// The file may not be read.
    #[error("cannot open {}: permission denied; Windows writes dumps readable for administrators only: copy the file or change its rights", .0.display())]
    Permission(PathBuf),
    /// The system refused for another reason.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// `open`, `map`, `read`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not a byte in it.
    #[error("{} is empty (0 bytes): the dump was never written or the copy failed; fetch it again", .0.display())]
    Empty(PathBuf),
    /// Zeros where the header should be, and no other byte in the first megabyte.
    #[error("{} holds only zeros ({size:#x} bytes): the file was allocated but the dump was never written into it (power lost, or the copy was cut off); it cannot be recovered", .path.display())]
    AllZero {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// Starts with `MDMP`.
    #[error("{} is a user-mode minidump (signature MDMP) of one process, not a kernel crash dump; WinDbg, Visual Studio or lldb open it", .0.display())]
    UserMinidump(PathBuf),
    /// Some other kind of file.
    #[error("{} is neither a Windows kernel crash dump nor a PE image: it starts with {found}, where a dump has PAGEDU64 (64-bit) or PAGEDUMP (32-bit) and an image MZ{hint}", .path.display())]
    NotADump {
        /// The file.
        path: PathBuf,
        /// The first bytes, in hexadecimal and as text.
        found: String,
        /// What it looks like, or nothing.
        hint: String,
    },
    /// The header itself is cut off.
    #[error("{} is cut off inside its header: it has {size:#x} bytes, the header alone takes {need:#x}; fetch the file again", .path.display())]
    Short {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// Bytes of a header of this kind.
        need: u64,
    },
    /// Somebody shortened the file while it was being opened.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// A `.zip` that holds several dumps, of which one must be named.
    #[error("cannot open {}: {why}", .path.display())]
    SeveralDumps {
        /// The archive.
        path: PathBuf,
        /// How many, and how to name each.
        why: String,
        /// Their names in the archive.
        names: Vec<String>,
    },
    /// A `.zip` or `.gz` that holds no dump or cannot be unpacked.
    #[error("cannot unpack {}: {why}", .path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What went wrong in it.
        why: String,
    },
}

impl DumpError {
    /// Sorts an error of the system on `path` into the kinds above.
    pub(super) fn from_io(action: &'static str, path: &Path, source: io::Error) -> DumpError {
        match source.kind() {
            io::ErrorKind::NotFound => DumpError::NotFound(path.to_owned()),
            io::ErrorKind::PermissionDenied => DumpError::Permission(path.to_owned()),
            io::ErrorKind::IsADirectory => DumpError::Directory(path.to_owned()),
            _ => DumpError::Io { action, path: path.to_owned(), source },
        }
    }
}

/// The error for bytes that do not start with a dump's signature.
pub(super) fn not_a_dump(path: &Path, bytes: &[u8]) -> DumpError {
    let path = path.to_owned();
    if bytes.is_empty() {
        return DumpError::Empty(path);
    }
    if bytes.starts_with(b"MDMP") {
        return DumpError::UserMinidump(path);
    }
    let start = bytes.get(..bytes.len().min(1 << 20)).unwrap_or(bytes);
    if start.iter().all(|&b| b == 0) {
        return DumpError::AllZero { path, size: bytes.len() as u64 };
    }
    let hint = LOOKS_LIKE
        .iter()
        .find(|(magic, _)| bytes.starts_with(magic))
        .map_or(String::new(), |(_, what)| format!("; it looks like {what}"));
    let head: Vec<u8> = bytes.iter().copied().take(8).collect();
    let hex: Vec<String> = head.iter().map(|b| format!("{b:02x}")).collect();
    let text: String = head.iter().map(|&b| if b.is_ascii_graphic() { b as char } else { '.' }).collect();
    DumpError::NotADump { path, found: format!("{} ({text})", hex.join(" ")), hint }
}

/// First bytes of files that are taken for dumps now and then.
const LOOKS_LIKE: [(&[u8], &str); 14] = [
    (b"hibr", "a hibernation file"),
    (b"HIBR", "a hibernation file"),
    (b"wake", "a hibernation file that was resumed"),
    (b"\x7fELF", "an ELF file (a core of a virtual machine must be converted to a crash dump first)"),
    (b"MZ", "an image, and a dump is wanted here"),
    (b"7z\xbc\xaf", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"PK\x03\x04", "a zip archive inside an archive; unpack the outer one first"),
    (b"\x1f\x8b", "a gzip file inside an archive; unpack the outer one first"),
    (b"MSCF", "a cabinet file; unpack it first"),
    (b"ElfFile", "a Windows event log"),
    (b"EMiL", "a raw memory image in LiME format; convert it to a crash dump first"),
    (b"\xd2\xbe\xd2\xbe", "a VMware snapshot; vmss2core -W8 converts it to a crash dump"),
    (b"PAGE", "a dump whose second signature is damaged or of a machine that is not known"),
];
