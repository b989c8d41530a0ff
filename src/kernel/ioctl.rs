//! Control codes: CTL_CODE of wdm.h and winioctl.h packs a device type, an access, a function and a method.

/// A control code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlCode(pub u32);

/// FILE_DEVICE_... of wdm.h, ntddk.h, winioctl.h and the class headers that define their own; several share a number.
const DEVICE_TYPES: [(u32, &str); 93] = [
    (0x01, "BEEP"),
    (0x02, "CD_ROM"),
    (0x03, "CD_ROM_FILE_SYSTEM"),
    (0x04, "CONTROLLER"),
    (0x05, "DATALINK"),
    (0x06, "DFS"),
    (0x07, "DISK"),
    (0x08, "DISK_FILE_SYSTEM"),
    (0x09, "FILE_SYSTEM"),
    (0x0a, "INPORT_PORT"),
    (0x0b, "KEYBOARD"),
    (0x0c, "MAILSLOT"),
    (0x0d, "MIDI_IN"),
    (0x0e, "MIDI_OUT"),
    (0x0f, "MOUSE"),
    (0x10, "MULTI_UNC_PROVIDER"),
    (0x11, "NAMED_PIPE"),
    (0x12, "NETWORK"),
    (0x13, "NETWORK_BROWSER"),
    (0x14, "NETWORK_FILE_SYSTEM"),
    (0x15, "NULL"),
    (0x16, "PARALLEL_PORT"),
    (0x17, "PHYSICAL_NETCARD"),
    (0x18, "PRINTER"),
    (0x19, "SCANNER"),
    (0x1a, "SERIAL_MOUSE_PORT"),
    (0x1b, "SERIAL_PORT"),
    (0x1c, "SCREEN"),
    (0x1d, "SOUND"),
    (0x1e, "STREAMS"),
    (0x1f, "TAPE"),
    (0x20, "TAPE_FILE_SYSTEM"),
    (0x21, "TRANSPORT"),
    (0x22, "USB"),
    (0x22, "UNKNOWN"),
    (0x23, "VIDEO"),
    (0x24, "VIRTUAL_DISK"),
    (0x25, "WAVE_IN"),
    (0x26, "WAVE_OUT"),
    (0x27, "8042_PORT"),
    (0x28, "NETWORK_REDIRECTOR"),
    (0x29, "BATTERY"),
    (0x2a, "BUS_EXTENDER"),
    (0x2b, "MODEM"),
    (0x2c, "VDM"),
    (0x2d, "MASS_STORAGE"),
    (0x2e, "SMB"),
    (0x2f, "KS"),
    (0x30, "CHANGER"),
    (0x31, "SMARTCARD"),
    (0x32, "ACPI"),
    (0x33, "DVD"),
    (0x34, "FULLSCREEN_VIDEO"),
    (0x35, "DFS_FILE_SYSTEM"),
    (0x36, "DFS_VOLUME"),
    (0x37, "SERENUM"),
    (0x38, "TERMSRV"),
    (0x39, "KSEC"),
    (0x3a, "FIPS"),
    (0x3b, "INFINIBAND"),
    (0x3e, "VMBUS"),
    (0x3f, "CRYPT_PROVIDER"),
    (0x40, "WPD"),
    (0x41, "BLUETOOTH"),
    (0x42, "MT_COMPOSITE"),
    (0x43, "MT_TRANSPORT"),
    (0x44, "BIOMETRIC"),
    (0x45, "PMI"),
    (0x46, "EHSTOR"),
    (0x47, "DEVAPI"),
    (0x48, "GPIO"),
    (0x49, "USBEX"),
    (0x50, "CONSOLE"),
    (0x51, "NFP"),
    (0x52, "SYSENV"),
    (0x53, "VIRTUAL_BLOCK"),
    (0x54, "POINT_OF_SERVICE"),
    (0x55, "STORAGE_REPLICATION"),
    (0x56, "TRUST_ENV"),
    (0x57, "UCM"),
    (0x58, "UCMTCPCI"),
    (0x59, "PERSISTENT_MEMORY"),
    (0x5a, "NVDIMM"),
    (0x5b, "HOLOGRAPHIC"),
    (0x5c, "SDFXHCI"),
    (0x5d, "UCMUCSI"),
    (0x5e, "PRM"),
    (0x5f, "EVENT_COLLECTOR"),
    (0x60, "USB4"),
    (0x61, "SOUNDWIRE"),
    // mountdev.h, ntddvol.h and mountmgr.h chose letters.
    (0x4d, "MOUNTDEVCONTROLTYPE"),
    (0x56, "IOCTL_VOLUME_BASE"),
    (0x6d, "MOUNTMGRCONTROLTYPE"),
];

/// Codes that the public headers name and that engineers meet most: the codes stand in the headers named.
const NAMES: [(u32, &str); 36] = [
    // ntddstor.h, winioctl.h
    (0x002d_1400, "IOCTL_STORAGE_QUERY_PROPERTY"),
    (0x002d_1080, "IOCTL_STORAGE_GET_DEVICE_NUMBER"),
    (0x002d_0c14, "IOCTL_STORAGE_GET_HOTPLUG_INFO"),
    (0x002d_4800, "IOCTL_STORAGE_CHECK_VERIFY"),
    (0x002d_0800, "IOCTL_STORAGE_CHECK_VERIFY2"),
    (0x002d_4808, "IOCTL_STORAGE_EJECT_MEDIA"),
    (0x002d_5014, "IOCTL_STORAGE_BREAK_RESERVATION"),
    (0x002d_9404, "IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES"),
    // ntdddisk.h
    (0x0007_0000, "IOCTL_DISK_GET_DRIVE_GEOMETRY"),
    (0x0007_00a0, "IOCTL_DISK_GET_DRIVE_GEOMETRY_EX"),
    (0x0007_4004, "IOCTL_DISK_GET_PARTITION_INFO"),
    (0x0007_0048, "IOCTL_DISK_GET_PARTITION_INFO_EX"),
    (0x0007_0050, "IOCTL_DISK_GET_DRIVE_LAYOUT_EX"),
    (0x0007_405c, "IOCTL_DISK_GET_LENGTH_INFO"),
    (0x0007_0024, "IOCTL_DISK_IS_WRITABLE"),
    (0x0007_0020, "IOCTL_DISK_PERFORMANCE"),
    (0x0007_c088, "SMART_RCV_DRIVE_DATA"),
    // ntddscsi.h
    (0x0004_d004, "IOCTL_SCSI_PASS_THROUGH"),
    (0x0004_d014, "IOCTL_SCSI_PASS_THROUGH_DIRECT"),
    (0x0004_d008, "IOCTL_SCSI_MINIPORT"),
    (0x0004_1018, "IOCTL_SCSI_GET_ADDRESS"),
    (0x0004_d02c, "IOCTL_ATA_PASS_THROUGH"),
    // ntddvol.h
    (0x0056_0000, "IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS"),
    (0x0056_c008, "IOCTL_VOLUME_ONLINE"),
    (0x0056_c00c, "IOCTL_VOLUME_OFFLINE"),
    // mountmgr.h, mountdev.h
    (0x006d_0008, "IOCTL_MOUNTMGR_QUERY_POINTS"),
    (0x004d_0008, "IOCTL_MOUNTDEV_QUERY_DEVICE_NAME"),
    // usbioctl.h, usbiodef.h
    (0x0022_0003, "IOCTL_INTERNAL_USB_SUBMIT_URB"),
    (0x0022_0007, "IOCTL_INTERNAL_USB_RESET_PORT"),
    (0x0022_0013, "IOCTL_INTERNAL_USB_GET_PORT_STATUS"),
    (0x0022_0027, "IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION"),
    // winioctl.h, ntifs.h: file systems
    (0x0009_0018, "FSCTL_LOCK_VOLUME"),
    (0x0009_001c, "FSCTL_UNLOCK_VOLUME"),
    (0x0009_0020, "FSCTL_DISMOUNT_VOLUME"),
    (0x0009_00a8, "FSCTL_GET_REPARSE_POINT"),
    (0x0011_0008, "FSCTL_PIPE_LISTEN"),
];

/// METHOD_... by number.
const METHODS: [&str; 4] = ["METHOD_BUFFERED", "METHOD_IN_DIRECT", "METHOD_OUT_DIRECT", "METHOD_NEITHER"];
/// FILE_..._ACCESS by number.
const ACCESSES: [&str; 4] =
    ["FILE_ANY_ACCESS", "FILE_READ_ACCESS", "FILE_WRITE_ACCESS", "FILE_READ_ACCESS | FILE_WRITE_ACCESS"];

impl ControlCode {
    /// Its name in the public headers, where it is one of those that are known.
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|(code, _)| *code == self.0).map(|(_, name)| *name)
    }

    /// FILE_DEVICE_...
    pub fn device_type(self) -> u32 {
        self.0 >> 16
    }

    /// The names of that, without `FILE_DEVICE_`; several headers may have taken one number.
    pub fn device_types(self) -> impl Iterator<Item = String> {
        device_types(self.device_type())
    }

    /// The function, which the driver counts.
    pub fn function(self) -> u32 {
        self.0 >> 2 & 0xfff
    }

    /// How buffers are passed.
    pub fn method(self) -> u32 {
        self.0 & 3
    }

    /// `METHOD_BUFFERED`
    pub fn method_name(self) -> &'static str {
        METHODS.get(self.method() as usize).copied().unwrap_or_default()
    }

    /// What the handle must be opened for.
    pub fn access(self) -> u32 {
        self.0 >> 14 & 3
    }

    /// `FILE_ANY_ACCESS`
    pub fn access_name(self) -> &'static str {
        ACCESSES.get(self.access() as usize).copied().unwrap_or_default()
    }
}

/// The names of a device type: `FILE_DEVICE_DISK`.
pub fn device_types(number: u32) -> impl Iterator<Item = String> {
    let found = DEVICE_TYPES.iter().filter(move |(known, _)| *known == number);
    found.map(|(_, name)| match name.ends_with("_BASE") || name.ends_with("CONTROLTYPE") {
        true => (*name).to_owned(),
        false => format!("FILE_DEVICE_{name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of https://learn.microsoft.com/windows-hardware/drivers/debuggercmds/-ioctldecode, and codes as CTL_CODE
    /// of the headers makes them.
    #[test]
    fn codes_are_taken_apart() {
        let code = ControlCode(0x22_0003);
        assert_eq!(code.name(), Some("IOCTL_INTERNAL_USB_SUBMIT_URB"));
        assert_eq!(code.device_types().collect::<Vec<_>>(), ["FILE_DEVICE_USB", "FILE_DEVICE_UNKNOWN"]);
        assert_eq!((code.method_name(), code.access_name()), ("METHOD_NEITHER", "FILE_ANY_ACCESS"));
        assert_eq!(code.function(), 0);
        // CTL_CODE(IOCTL_DISK_BASE, 0x0022, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS)
        let code = ControlCode(7 << 16 | 3 << 14 | 0x22 << 2);
        assert_eq!((code.name(), code.function(), code.access()), (Some("SMART_RCV_DRIVE_DATA"), 0x22, 3));
        assert_eq!(ControlCode(0x8000_2003).device_types().count(), 0);
    }
}
