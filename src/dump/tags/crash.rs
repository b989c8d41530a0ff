//! What tagged data say about the crash itself.

use super::Tagged;
use crate::util::bounded;
use crate::util::guid::Guid;

const CRASHED_IMAGE: Guid = Guid::of(0xbe84d651_a550_4367_8e63_ab792b631f94);
const NAMED_DRIVER: Guid = Guid::of(0xfe96ddbf_850d_4c4a_a7bf_c686be526047);

/// The longest path of Windows, in UTF-16 units.
const MAX_PATH: usize = 0x7fff;

impl Tagged<'_> {
    /// Path of the image of the last program that crashed before the system did, as the kernel noted it:
    /// `\Device\HarddiskVolume3\Windows\System32\svchost.exe`. It need not be the current process: of 11 real dumps it is
    /// that only in the one whose bug check is the end of a critical process.
    ///
    /// Form (from real dumps): version 1, size of the whole, UTF-16 with a NUL.
    pub fn last_crashed_image(self) -> Option<String> {
        let data = self.blob(CRASHED_IMAGE)?;
        let size = bounded::u32_at(data, 4)? as usize;
        if bounded::u32_at(data, 0)? != 1 || size > data.len() {
            return None;
        }
        utf16_z(data.get(8..size)?)
    }

    /// File name of the driver that the kernel itself named when it stopped (KiBugCheckDriver): `win32kfull.sys`.
    pub fn named_driver(self) -> Option<String> {
        utf16_z(self.blob(NAMED_DRIVER)?)
    }
}

/// UTF-16 up to a NUL or the end; `None` if that is empty.
fn utf16_z(raw: &[u8]) -> Option<String> {
    let text = bounded::utf16_lossy(raw.get(..raw.len().min(2 * MAX_PATH))?);
    let text = text.split('\0').next().unwrap_or_default();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::super::DumpFile;
    use super::super::super::synth;

    fn dump(tag: u128, data: &[u8]) -> DumpFile {
        let tag = crate::util::guid::Guid::of(tag).0;
        let triage = synth::Triage {
            secondary: vec![([3; 16], vec![1; 9]), (tag, data.to_vec())],
            ..synth::Triage::sample()
        };
        DumpFile::from_bytes("generated.dmp", triage.dump()).unwrap()
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn the_last_crashed_program_is_read_as_it_was_written() {
        let path = wide("\\Device\\Disk\\a.exe\0");
        let mut data = 1u32.to_le_bytes().to_vec();
        data.extend((8 + path.len() as u32).to_le_bytes());
        data.extend(&path);
        let tag = 0xbe84d651_a550_4367_8e63_ab792b631f94;
        assert_eq!(dump(tag, &data).tagged().last_crashed_image().as_deref(), Some("\\Device\\Disk\\a.exe"));
        // Another version, a size beyond the data, nothing at all.
        data[0] = 2;
        assert_eq!(dump(tag, &data).tagged().last_crashed_image(), None);
        data[0] = 1;
        data[4] = 0xff;
        assert_eq!(dump(tag, &data).tagged().last_crashed_image(), None);
        assert_eq!(dump(tag, &[]).tagged().last_crashed_image(), None);
        assert_eq!(dump(7, &data).tagged().last_crashed_image(), None);
    }

    #[test]
    fn a_named_driver_needs_no_nul() {
        let tag = 0xfe96ddbf_850d_4c4a_a7bf_c686be526047;
        assert_eq!(dump(tag, &wide("bad.sys")).tagged().named_driver().as_deref(), Some("bad.sys"));
        assert_eq!(dump(tag, &wide("bad.sys\0rest")).tagged().named_driver().as_deref(), Some("bad.sys"));
        assert_eq!(dump(tag, &[]).tagged().named_driver(), None);
    }
}
