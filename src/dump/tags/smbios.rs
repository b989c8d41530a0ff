//! The few strings of an SMBIOS table that name the machine (DMTF DSP0134). Serial numbers and UUIDs are not read: they name
//! the owner rather than the fault.

use crate::util::bounded;

/// The table follows this many bytes of mssmbios: call method, major, minor, revision, length.
const PREFIX: usize = 8;
/// Tables have some hundred structures.
const MAX_STRUCTURES: usize = 4096;
/// The longest text that is taken for one.
const MAX_TEXT: usize = 256;
/// What makers leave in fields that they do not fill in.
const UNFILLED: [&str; 10] = [
    "default string",
    "to be filled by o.e.m.",
    "system product name",
    "system manufacturer",
    "system version",
    "none",
    "not specified",
    "not applicable",
    "unknown",
    "o.e.m.",
];
/// The structure that ends a table.
pub(super) const END: u8 = 127;
/// Type, length and handle.
const STRUCTURE_HEADER: usize = 4;

/// What the firmware says about the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Firmware {
    /// Version of the SMBIOS table.
    pub smbios: (u8, u8),
    /// Revision of DMI that it follows.
    pub dmi_revision: u8,
    /// Whether it came by the calls of version 2.0.
    pub has_old_calls: bool,
    /// Bytes of the table.
    pub size: u32,
    /// Who wrote the firmware (structure 0).
    pub bios_vendor: Option<String>,
    /// Its version.
    pub bios_version: Option<String>,
    /// Its date, as written: `MM/DD/YYYY`.
    pub bios_date: Option<String>,
    /// Its release: major and minor; `None` where the maker numbers none.
    pub bios_release: Option<(u8, u8)>,
    /// Who built the machine (structure 1).
    pub manufacturer: Option<String>,
    /// Its model.
    pub product: Option<String>,
    /// The model's version.
    pub version: Option<String>,
    /// The model's number among the maker's.
    pub sku: Option<String>,
    /// The family of models.
    pub family: Option<String>,
    /// Who built the board (structure 2).
    pub board_manufacturer: Option<String>,
    /// Its model.
    pub board_product: Option<String>,
    /// The model's version.
    pub board_version: Option<String>,
    /// The slots for memory (structure 17), those that are empty too.
    pub memory: Vec<MemoryDevice>,
}

impl Firmware {
    /// The slot whose structure has a handle.
    pub fn slot(&self, handle: u16) -> Option<&MemoryDevice> {
        self.memory.iter().find(|slot| slot.handle == Some(handle))
    }
}

/// A slot for memory, and the module in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryDevice {
    /// The handle of its structure, by which others name it: the memory section of an error record does.
    pub handle: Option<u16>,
    /// What is printed on the board: `DIMM_A1`.
    pub slot: Option<String>,
    /// Its bank: `BANK 0`.
    pub bank: Option<String>,
    /// Size in bytes: 0 where the slot is empty, `None` where the firmware does not know.
    pub size: Option<u64>,
    /// Transfers a second, in millions, as the module allows.
    pub speed: Option<u32>,
    /// The same, as it was set.
    pub configured: Option<u32>,
    /// Who made the module.
    pub maker: Option<String>,
    /// The maker's number of the part. What tells one module from its sisters is not read.
    pub part: Option<String>,
}

/// The structures of an SMBIOS blob, up to the one that ends its table.
pub(super) fn structures(data: &[u8]) -> impl Iterator<Item = Structure<'_>> {
    let length = bounded::u32_at(data, 4).map_or(0, |length| length as usize);
    let table = data.get(PREFIX..).unwrap_or_default();
    let table = table.get(..length.min(table.len())).unwrap_or_default();
    let mut next = Some(0);
    std::iter::from_fn(move || {
        let structure = Structure::at(table, next?)?;
        next = Some(structure.next).filter(|_| structure.kind != END);
        Some(structure)
    })
    .take(MAX_STRUCTURES)
}

/// The firmware of an SMBIOS blob.
pub(super) fn parse(data: &[u8]) -> Option<Firmware> {
    let smbios = (bounded::u8_at(data, 1)?, bounded::u8_at(data, 2)?);
    let size = bounded::u32_at(data, 4)?;
    let dmi_revision = bounded::u8_at(data, 3)?;
    let has_old_calls = bounded::u8_at(data, 0)? != 0;
    let mut firmware = Firmware { smbios, dmi_revision, has_old_calls, size, ..Firmware::default() };
    for structure in structures(data) {
        let text = |field| structure.text(field);
        // Only the first of a kind counts: a machine may list several boards.
        match structure.kind {
            0 if firmware.bios_vendor.is_none() => {
                firmware.bios_vendor = text(4);
                firmware.bios_version = text(5);
                firmware.bios_date = text(8);
                let release = [0x14, 0x15].map(|at| bounded::u8_at(structure.formatted, at));
                if let [Some(major), Some(minor)] = release {
                    firmware.bios_release = Some((major, minor)).filter(|_| major != 0xff);
                }
            }
            1 if firmware.manufacturer.is_none() => {
                firmware.manufacturer = text(4);
                firmware.product = text(5);
                firmware.version = text(6);
                firmware.sku = text(0x19);
                firmware.family = text(0x1a);
            }
            2 if firmware.board_manufacturer.is_none() => {
                firmware.board_manufacturer = text(4);
                firmware.board_product = text(5);
                firmware.board_version = text(6);
            }
            17 => firmware.memory.push(memory_device(&structure)),
            _ => {}
        }
    }
    Some(firmware)
}

/// DSP0134, 7.18. Sizes are in MB, or in KB with the highest bit; larger ones, and speeds, have a longer member behind.
fn memory_device(structure: &Structure<'_>) -> MemoryDevice {
    let word = |at| bounded::u16_at(structure.formatted, at);
    let long = |at| bounded::u32_at(structure.formatted, at).map(|value| value & 0x7fff_ffff);
    let size = match word(0xc) {
        None | Some(0xffff) => None,
        Some(0x7fff) => long(0x1c).map(|size| u64::from(size) << 20),
        Some(size) if size & 0x8000 != 0 => Some(u64::from(size & 0x7fff) << 10),
        Some(size) => Some(u64::from(size) << 20),
    };
    let speed = |at, longer| match word(at) {
        None | Some(0) => None,
        Some(0xffff) => long(longer),
        Some(speed) => Some(u32::from(speed)),
    };
    MemoryDevice {
        handle: word(2),
        slot: structure.text(0x10),
        bank: structure.text(0x11),
        size,
        speed: speed(0x15, 0x54),
        configured: speed(0x20, 0x58),
        maker: structure.text(0x17),
        part: structure.text(0x1a),
    }
}

/// A structure: its formatted part, then strings that end with NUL, then one more NUL.
pub(super) struct Structure<'a> {
    /// Its type.
    pub(super) kind: u8,
    /// Its header and its numbers.
    pub(super) formatted: &'a [u8],
    strings: &'a [u8],
    /// Where the next one lies in the table.
    pub(super) next: usize,
}

impl<'a> Structure<'a> {
    fn at(table: &'a [u8], at: usize) -> Option<Structure<'a>> {
        let kind = bounded::u8_at(table, at)?;
        let length = usize::from(bounded::u8_at(table, at.checked_add(1)?)?);
        if length < STRUCTURE_HEADER {
            return None;
        }
        let formatted = bounded::slice(table, at, length)?;
        let rest = table.get(at.checked_add(length)?..)?;
        let end = memchr::memmem::find(rest, b"\0\0").unwrap_or(rest.len());
        let next = at.checked_add(length)?.checked_add(end)?.checked_add(2)?;
        Some(Structure { kind, formatted, strings: rest.get(..end)?, next })
    }

    /// The string that the byte at `field` numbers from 1; `None` for 0, for blanks and for the phrases of makers who did
    /// not fill it in.
    pub(super) fn text(&self, field: usize) -> Option<String> {
        let number = usize::from(bounded::u8_at(self.formatted, field)?).checked_sub(1)?;
        let raw = self.strings.split(|&byte| byte == 0).nth(number)?;
        let raw = raw.get(..raw.len().min(MAX_TEXT))?;
        let text = raw.iter().map(|&byte| if byte.is_ascii() { char::from(byte) } else { '?' });
        let text = text.collect::<String>().trim().to_owned();
        let unfilled = UNFILLED.iter().any(|phrase| text.eq_ignore_ascii_case(phrase));
        (!text.is_empty() && !unfilled).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slots written by hand after DSP0134, 7.18: 16 GB, 64 GB (the longer member), 512 KB, empty, cut short.
    #[test]
    fn memory_modules_are_read_with_their_sizes() {
        let slot = |size: u16, longer: u32, speed: u16| {
            let mut formatted = vec![0u8; 0x22];
            formatted[0] = 17;
            formatted[1] = 0x22;
            formatted[0xc..0xe].copy_from_slice(&size.to_le_bytes());
            formatted[0x10..0x12].copy_from_slice(&[1, 2]);
            formatted[0x15..0x17].copy_from_slice(&speed.to_le_bytes());
            formatted[0x17] = 3;
            formatted[0x1a] = 4;
            formatted[0x1c..0x20].copy_from_slice(&longer.to_le_bytes());
            formatted[0x20..0x22].copy_from_slice(&2933u16.to_le_bytes());
            formatted.extend(b"DIMM_A1\0BANK 0\0Maker\0PART-1 \0\0");
            formatted
        };
        let mut body: Vec<u8> =
            [slot(0x4000, 0, 3200), slot(0x7fff, 0x1_0000, 0), slot(0x8200, 0, 1), slot(0, 0, 0)].concat();
        body.extend([17, 0xe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0]);
        body.extend([127, 4, 4, 0, 0, 0]);
        let mut table = vec![0, 3, 4, 0];
        table.extend((body.len() as u32).to_le_bytes());
        table.extend(&body);
        let found = parse(&table).unwrap().memory;
        let sizes: Vec<_> = found.iter().map(|slot| slot.size).collect();
        assert_eq!(sizes, [Some(16 << 30), Some(64 << 30), Some(512 << 10), Some(0), None]);
        let first = &found[0];
        assert_eq!((first.slot.as_deref(), first.bank.as_deref()), (Some("DIMM_A1"), Some("BANK 0")));
        assert_eq!((first.maker.as_deref(), first.part.as_deref()), (Some("Maker"), Some("PART-1")));
        assert_eq!((first.speed, first.configured), (Some(3200), Some(2933)));
        assert_eq!(found[1].speed, None);
        for size in 0..table.len() {
            let _ = parse(&table[..size]);
        }
    }

    /// A table written by hand after DSP0134: BIOS, system, end.
    #[test]
    fn strings_are_found_by_their_numbers() {
        let mut table = vec![0, 3, 4, 0];
        let mut body: Vec<u8> = vec![0, 9, 0, 0, 1, 2, 0, 0, 3];
        body.extend(b"Maker\0 1.2 \0\x0201/02/2024\0\0");
        body.extend([1, 7, 1, 0, 2, 1, 3]);
        body.extend(b"Default string\0\xe9toile\0To Be Filled By O.E.M.\0\0");
        // A structure without strings ends with two NULs all the same.
        body.extend([9, 5, 2, 0, 1, 0, 0]);
        body.extend([2, 6, 3, 0, 1, 9]);
        body.extend(b"Board\0\0");
        body.extend([127, 4, 4, 0, 0, 0]);
        table.extend((body.len() as u32).to_le_bytes());
        table.extend(&body);
        let firmware = parse(&table).unwrap();
        assert_eq!(firmware.smbios, (3, 4));
        assert_eq!(firmware.bios_vendor.as_deref(), Some("Maker"));
        assert_eq!(firmware.bios_version.as_deref(), Some("1.2"));
        assert_eq!(firmware.bios_date.as_deref(), Some("\u{2}01/02/2024"));
        assert_eq!(firmware.manufacturer.as_deref(), Some("?toile"));
        assert_eq!((firmware.product, firmware.version), (None, None));
        assert_eq!(firmware.board_manufacturer.as_deref(), Some("Board"));
        assert_eq!(firmware.board_product, None);
        // Cut anywhere, it says less and never fails.
        for size in 0..table.len() {
            let _ = parse(&table[..size]);
        }
    }
}
