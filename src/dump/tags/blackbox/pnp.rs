//! The last Plug and Play event. Form: real dumps and their public readers.

use super::super::Tagged;
use crate::util::bounded;
use crate::util::guid::Guid;

const TAG: Guid = Guid::of(0xb7631941_532a_4cd6_b1b1_edb5917d4557);
/// Where the device's identifier begins.
const DEVICE_ID: usize = 0x2c;

/// What the Plug and Play manager was doing, or did last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PnpEvent {
    /// The activity's GUID.
    pub activity: Guid,
    /// When it began: FILETIME; 0 is unknown.
    pub time: u64,
    /// Which kind of event.
    pub information: i32,
    /// Whether it was still going on at the crash.
    pub in_progress: bool,
    /// CM_PROB_ code of the device.
    pub problem: u32,
    /// PNP_VETO_TYPE of who refused.
    pub veto: i32,
    /// The device instance: `SWD\MMDEVAPI\...`.
    pub device: String,
    /// Who refused; empty if nobody did.
    pub vetoed_by: String,
}

impl Tagged<'_> {
    /// The last Plug and Play event.
    pub fn pnp_event(self) -> Option<PnpEvent> {
        parse(self.blob(TAG)?)
    }
}

fn parse(data: &[u8]) -> Option<PnpEvent> {
    let text = |at: usize| {
        let text = data.get(at..).map(bounded::utf16_lossy).unwrap_or_default();
        text.split('\0').next().unwrap_or_default().to_owned()
    };
    let veto_text = bounded::u32_at(data, 0x28)? as usize;
    Some(PnpEvent {
        activity: Guid(bounded::array(data, 0)?),
        time: bounded::u64_at(data, 0x10)?,
        information: bounded::u32_at(data, 0x18)? as i32,
        in_progress: bounded::u8_at(data, 0x1c)? != 0,
        problem: bounded::u32_at(data, 0x20)?,
        veto: bounded::u32_at(data, 0x24)? as i32,
        device: text(DEVICE_ID),
        vetoed_by: if veto_text == 0 { String::new() } else { text(veto_text) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let mut data = vec![7u8; 16];
        data.extend(0x1db3d5a0f27177bu64.to_le_bytes());
        data.extend((-3i32).to_le_bytes());
        data.extend([1, 0, 0, 0]);
        data.extend(24u32.to_le_bytes());
        data.extend(6u32.to_le_bytes());
        let device = wide("USB\\VID_1\\2\0");
        data.extend((DEVICE_ID as u32 + device.len() as u32).to_le_bytes());
        data.extend(&device);
        data.extend(wide("svc.exe\0\u{7}"));
        let event = parse(&data).unwrap();
        assert_eq!((event.time, event.information, event.problem), (0x1db3d5a0f27177b, -3, 24));
        assert!(event.in_progress);
        assert_eq!((event.device.as_str(), event.vetoed_by.as_str()), ("USB\\VID_1\\2", "svc.exe"));
        data[0x28..0x2c].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(parse(&data).unwrap().vetoed_by, "");
        for size in 0..data.len() {
            assert_eq!(parse(&data[..size]).is_some(), size >= DEVICE_ID);
        }
    }
}
