//! What an error code says by its bits, and the names of those Windows errors that drivers and their programs meet most.

use super::bugcheck::BugCheck;
use super::status::status_name;

/// A reading in which a code has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What it is read as: `NTSTATUS`.
    pub of: &'static str,
    /// Its name.
    pub name: String,
}

/// Every reading in which a code has a name: NTSTATUS, Windows error, HRESULT, bug check.
pub fn readings(code: u32) -> Vec<Reading> {
    let reading = |of, name: Option<String>| Some(Reading { of, name: name? });
    [
        reading("NTSTATUS", status_name(code)),
        reading("Win32", win32_name(code).map(str::to_owned)),
        reading("HRESULT", HResult(code).name().map(str::to_owned)),
        reading("Bug check", BugCheck::of(code).map(|check| check.name)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// How bad a code says it is: its two highest bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// 0
    Success,
    /// 1
    Informational,
    /// 2
    Warning,
    /// 3
    Error,
}

/// An NTSTATUS by its bits: `Sev C N Facility Code`, of 2, 1, 1, 12 and 16 bits (MS-ERREF 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NtStatus(pub u32);

impl NtStatus {
    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self.0 >> 30 {
            0 => Severity::Success,
            1 => Severity::Informational,
            2 => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// Whether it is somebody else's than Microsoft's.
    pub fn is_customer(self) -> bool {
        self.0 >> 29 & 1 == 1
    }

    /// Which part of Windows it is of.
    pub fn facility(self) -> u32 {
        self.0 >> 16 & 0xfff
    }

    /// The facility's name, where it has a documented one (`ntstatus.h`: FACILITY_*).
    pub fn facility_name(self) -> Option<&'static str> {
        Some(match self.facility() {
            0x1 => "DEBUGGER",
            0x2 => "RPC_RUNTIME",
            0x3 => "RPC_STUBS",
            0x4 => "IO_ERROR_CODE",
            0x7 => "NTWIN32",
            0x9 => "NTSSPI",
            0xa => "TERMINAL_SERVER",
            0x10 => "USB_ERROR_CODE",
            0x11 => "HID_ERROR_CODE",
            0x12 => "FIREWIRE_ERROR_CODE",
            0x13 => "CLUSTER_ERROR_CODE",
            0x14 => "ACPI_ERROR_CODE",
            0x15 => "SXS_ERROR_CODE",
            0x19 => "TRANSACTION",
            0x1a => "COMMONLOG",
            0x1b => "VIDEO",
            0x1c => "FILTER_MANAGER",
            0x1d => "MONITOR",
            0x1e => "GRAPHICS_KERNEL",
            0x20 => "DRIVER_FRAMEWORK",
            0x21 => "FVE_ERROR_CODE",
            0x22 => "FWP_ERROR_CODE",
            0x23 => "NDIS_ERROR_CODE",
            0x35 => "HYPERVISOR",
            0x36 => "IPSEC",
            _ => return None,
        })
    }
}

/// An HRESULT by its bits: `S R C N X Facility Code`, of which the last two take 11 and 16 bits (MS-ERREF 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HResult(pub u32);

/// What is wrapped in an HRESULT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapped {
    /// A Windows error: HRESULT_FROM_WIN32.
    Win32(u32),
    /// An NTSTATUS: HRESULT_FROM_NT.
    Status(u32),
    /// Nothing.
    Nothing,
}

impl HResult {
    /// Which part of Windows it is of.
    pub fn facility(self) -> u32 {
        self.0 >> 16 & 0x7ff
    }

    /// The code alone.
    pub fn code(self) -> u32 {
        self.0 & 0xffff
    }

    /// What it wraps.
    pub fn wrapped(self) -> Wrapped {
        const FROM_NT: u32 = 0x1000_0000;
        match self.0 >> 16 {
            0x8007 => Wrapped::Win32(self.code()),
            // Errors and warnings: lower codes with this bit are more often something else, as a small dump's bug check.
            _ if self.0 & FROM_NT != 0 && self.0 >> 31 == 1 => Wrapped::Status(self.0 & !FROM_NT),
            _ => Wrapped::Nothing,
        }
    }

    /// The facility's name, where it has a documented one (`winerror.h`: FACILITY_*).
    pub fn facility_name(self) -> Option<&'static str> {
        Some(match self.facility() {
            0 => "NULL",
            1 => "RPC",
            2 => "DISPATCH",
            3 => "STORAGE",
            4 => "ITF",
            7 => "WIN32",
            8 => "WINDOWS",
            9 => "SSPI",
            10 => "CONTROL",
            11 => "CERT",
            12 => "INTERNET",
            14 => "MSMQ",
            15 => "SETUPAPI",
            16 => "SCARD",
            17 => "COMPLUS",
            36 => "WINDOWSUPDATE",
            _ => return None,
        })
    }

    /// The name of one that every component may return; `None` for others.
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "S_OK",
            1 => "S_FALSE",
            0x8000_4001 => "E_NOTIMPL",
            0x8000_4002 => "E_NOINTERFACE",
            0x8000_4003 => "E_POINTER",
            0x8000_4004 => "E_ABORT",
            0x8000_4005 => "E_FAIL",
            0x8000_ffff => "E_UNEXPECTED",
            0x8007_0005 => "E_ACCESSDENIED",
            0x8007_0006 => "E_HANDLE",
            0x8007_000e => "E_OUTOFMEMORY",
            0x8007_0057 => "E_INVALIDARG",
            _ => return None,
        })
    }
}

/// The name of a Windows error (`winerror.h`); `None` for those that are not among the common ones.
pub fn win32_name(code: u32) -> Option<&'static str> {
    Some(match code {
        0 => "ERROR_SUCCESS",
        1 => "ERROR_INVALID_FUNCTION",
        2 => "ERROR_FILE_NOT_FOUND",
        3 => "ERROR_PATH_NOT_FOUND",
        4 => "ERROR_TOO_MANY_OPEN_FILES",
        5 => "ERROR_ACCESS_DENIED",
        6 => "ERROR_INVALID_HANDLE",
        8 => "ERROR_NOT_ENOUGH_MEMORY",
        13 => "ERROR_INVALID_DATA",
        14 => "ERROR_OUTOFMEMORY",
        19 => "ERROR_WRITE_PROTECT",
        21 => "ERROR_NOT_READY",
        23 => "ERROR_CRC",
        31 => "ERROR_GEN_FAILURE",
        32 => "ERROR_SHARING_VIOLATION",
        33 => "ERROR_LOCK_VIOLATION",
        38 => "ERROR_HANDLE_EOF",
        50 => "ERROR_NOT_SUPPORTED",
        53 => "ERROR_BAD_NETPATH",
        55 => "ERROR_DEV_NOT_EXIST",
        80 => "ERROR_FILE_EXISTS",
        87 => "ERROR_INVALID_PARAMETER",
        109 => "ERROR_BROKEN_PIPE",
        110 => "ERROR_OPEN_FAILED",
        112 => "ERROR_DISK_FULL",
        121 => "ERROR_SEM_TIMEOUT",
        122 => "ERROR_INSUFFICIENT_BUFFER",
        126 => "ERROR_MOD_NOT_FOUND",
        127 => "ERROR_PROC_NOT_FOUND",
        170 => "ERROR_BUSY",
        183 => "ERROR_ALREADY_EXISTS",
        193 => "ERROR_BAD_EXE_FORMAT",
        234 => "ERROR_MORE_DATA",
        259 => "ERROR_NO_MORE_ITEMS",
        487 => "ERROR_INVALID_ADDRESS",
        577 => "ERROR_INVALID_IMAGE_HASH",
        995 => "ERROR_OPERATION_ABORTED",
        996 => "ERROR_IO_INCOMPLETE",
        997 => "ERROR_IO_PENDING",
        998 => "ERROR_NOACCESS",
        1053 => "ERROR_SERVICE_REQUEST_TIMEOUT",
        1058 => "ERROR_SERVICE_DISABLED",
        1060 => "ERROR_SERVICE_DOES_NOT_EXIST",
        1117 => "ERROR_IO_DEVICE",
        1167 => "ERROR_DEVICE_NOT_CONNECTED",
        1168 => "ERROR_NOT_FOUND",
        1223 => "ERROR_CANCELLED",
        1392 => "ERROR_FILE_CORRUPT",
        1393 => "ERROR_DISK_CORRUPT",
        1450 => "ERROR_NO_SYSTEM_RESOURCES",
        1455 => "ERROR_COMMITMENT_LIMIT",
        1460 => "ERROR_TIMEOUT",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes taken apart by MS-ERREF: STATUS_FLT_DELETING_OBJECT, an application's, and wrapped ones.
    #[test]
    fn codes_are_taken_apart() {
        let filter = NtStatus(0xc01c_000b);
        assert_eq!((filter.severity(), filter.facility_name()), (Severity::Error, Some("FILTER_MANAGER")));
        assert!(!filter.is_customer() && NtStatus(0xe06d_7363).is_customer());
        assert_eq!(NtStatus(0x8000_0005).severity(), Severity::Warning);
        assert_eq!(HResult(0x8007_0020).wrapped(), Wrapped::Win32(32));
        assert_eq!(HResult(0xd000_0022).wrapped(), Wrapped::Status(0xc000_0022));
        assert_eq!(HResult(0x8024_0022).facility_name(), Some("WINDOWSUPDATE"));
        assert_eq!(HResult(0x8024_0022).wrapped(), Wrapped::Nothing);
        assert_eq!(win32_name(32), Some("ERROR_SHARING_VIOLATION"));
    }
}
