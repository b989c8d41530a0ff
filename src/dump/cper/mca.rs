//! MCi_STATUS of a machine check bank: Intel SDM volume 3B, chapter "Machine-Check Architecture" and "Interpreting
//! Machine-Check Error Codes"; AMD64 manual volume 2, chapter 9. What a model alone defines is not named.

/// Whose processor it is, which decides what the bits that are not architectural mean (`WHEA_CPU_VENDOR`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    /// Intel.
    Intel,
    /// AMD.
    Amd,
    /// Another, or one that is not stated.
    Other,
}

impl Vendor {
    pub(super) fn of(number: u32) -> Vendor {
        match number {
            1 => Vendor::Intel,
            2 => Vendor::Amd,
            _ => Vendor::Other,
        }
    }

    /// The vendor's name in CPUID; `None` where it is not known.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Vendor::Intel => Some("GenuineIntel"),
            Vendor::Amd => Some("AuthenticAMD"),
            Vendor::Other => None,
        }
    }
}

/// The status of a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct McaStatus(pub u64);

/// What an MCA error code is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum McaClass {
    /// No error.
    None,
    /// Not classified by the processor.
    Unclassified,
    /// The microcode's own memory.
    Microcode,
    /// Another processor signalled it.
    External,
    /// Processors that check each other disagree.
    Functional,
    /// Parity inside the processor.
    InternalParity,
    /// A timer inside the processor: nothing was retired for too long.
    InternalTimer,
    /// Inside the processor.
    Internal,
    /// The translation buffer.
    Tlb,
    /// A cache.
    Cache,
    /// The bus or interconnect.
    Bus,
    /// Input and output over the bus.
    GenericIo,
    /// The memory controller, or memory behind it.
    Memory,
    /// A code that is not documented for every model.
    Unknown,
}

const VALID: u32 = 63;
/// The named bits above 56, the highest first.
const BITS: [(u32, &str); 7] =
    [(VALID, "VAL"), (62, "OVER"), (61, "UC"), (60, "EN"), (59, "MISCV"), (58, "ADDRV"), (57, "PCC")];
const TRANSACTIONS: [&str; 4] = ["I", "D", "G", ""];
const LEVELS: [&str; 4] = ["L0", "L1", "L2", "LG"];
const REQUESTS: [&str; 9] = ["ERR", "RD", "WR", "DRD", "DWR", "IRD", "PREFETCH", "EVICT", "SNOOP"];
const PARTICIPATIONS: [&str; 4] = ["SRC", "RES", "OBS", "GEN"];
const TIMEOUTS: [&str; 2] = ["NOTIMEOUT", "TIMEOUT"];
const SPACES: [&str; 4] = ["M", "", "IO", "OTHER"];
const MEMORY: [&str; 8] = ["GEN", "RD", "WR", "AC", "MS", "", "", ""];

impl McaStatus {
    /// Whether the bank holds an error.
    pub fn is_valid(self) -> bool {
        self.has(VALID)
    }

    /// Whether the hardware did not correct it.
    pub fn is_uncorrected(self) -> bool {
        self.has(61)
    }

    fn has(self, bit: u32) -> bool {
        self.0 >> bit & 1 != 0
    }

    /// The error code of the architecture, without the bit that says that corrected errors are filtered.
    pub fn code(self) -> u16 {
        self.raw_code() & !0x1000
    }

    /// The same as it stands in the status.
    pub fn raw_code(self) -> u16 {
        self.0 as u16
    }

    /// The error code that each model defines for itself.
    pub fn model_code(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The names of the bits that are set: `VAL`, `OVER`, `UC`, `EN`, `MISCV`, `ADDRV`, `PCC`, then the vendor's.
    pub fn bits(self, vendor: Vendor) -> Vec<&'static str> {
        let of_vendor: &[(u32, &str)] = match vendor {
            // S and AR mean something in uncorrected errors alone.
            Vendor::Intel if self.is_uncorrected() => &[(56, "S"), (55, "AR")],
            Vendor::Amd => &[(44, "Deferred"), (43, "Poison")],
            _ => &[],
        };
        let known = BITS.iter().chain(of_vendor);
        known.filter(|(bit, _)| self.has(*bit)).map(|(_, name)| *name).collect()
    }

    /// How often the error was corrected, where Intel's bits count that.
    pub fn corrected_count(self, vendor: Vendor) -> Option<u64> {
        let count = self.0 >> 38 & 0x7fff;
        (vendor == Vendor::Intel && !self.is_uncorrected()).then_some(count)
    }

    /// What the error code is about.
    pub fn class(self, vendor: Vendor) -> McaClass {
        let code = self.code();
        match code {
            0 => McaClass::None,
            1 => McaClass::Unclassified,
            2 => McaClass::Microcode,
            3 => McaClass::External,
            4 => McaClass::Functional,
            5 => McaClass::InternalParity,
            0x400 => McaClass::InternalTimer,
            0xe0b => McaClass::GenericIo,
            _ if code & 0xfffc == 0x000c => McaClass::Cache,
            _ if code & 0xfff0 == 0x0010 => McaClass::Tlb,
            _ if code & 0xff00 == 0x0100 => McaClass::Cache,
            _ if code & 0xf800 == 0x0800 => McaClass::Bus,
            _ if code & 0xfc00 == 0x0400 => McaClass::Internal,
            // Memory controllers, and memory that is used as a cache of memory: Intel's alone.
            _ if vendor == Vendor::Intel && matches!(code & 0xff80, 0x0080 | 0x0280) => McaClass::Memory,
            _ => McaClass::Unknown,
        }
    }

    /// The code in the mnemonics of the processor manuals (`DCACHEL1_DRD_ERR`); `None` where its parts have no names.
    pub fn name(self, vendor: Vendor) -> Option<String> {
        let code = usize::from(self.code());
        let part = |names: &'static [&'static str], at: u32| {
            let name = names.get(code >> at & (names.len().next_power_of_two() - 1))?;
            Some(*name).filter(|name| !name.is_empty())
        };
        let level = part(&LEVELS, 0)?;
        let request = part(&REQUESTS, 4);
        Some(match self.class(vendor) {
            McaClass::None => "no error".to_owned(),
            McaClass::Unclassified => "unclassified error".to_owned(),
            McaClass::Microcode => "microcode ROM parity error".to_owned(),
            McaClass::External => "external error".to_owned(),
            McaClass::Functional => "functional redundancy check error".to_owned(),
            McaClass::InternalParity => "internal parity error".to_owned(),
            McaClass::InternalTimer => "internal timer error".to_owned(),
            McaClass::Internal => "internal unclassified error".to_owned(),
            McaClass::GenericIo => "generic I/O error".to_owned(),
            McaClass::Cache if code < 0x100 => format!("GCACHE{level}_ERR"),
            McaClass::Cache => format!("{}CACHE{level}_{}_ERR", part(&TRANSACTIONS, 2)?, request?),
            McaClass::Tlb => format!("{}TLB{level}_ERR", part(&TRANSACTIONS, 2)?),
            McaClass::Bus => format!(
                "BUS{level}_{}_{}_{}_{}_ERR",
                part(&PARTICIPATIONS, 9)?,
                request?,
                part(&SPACES, 2)?,
                part(&TIMEOUTS, 8)?,
            ),
            McaClass::Memory => {
                let channel = match code & 0xf {
                    0xf => "x".to_owned(),
                    channel => channel.to_string(),
                };
                format!("{}_CHANNEL{channel}_ERR", part(&MEMORY, 4)?)
            }
            McaClass::Unknown => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of the Intel manual's own text and tables, as whole codes.
    #[test]
    fn codes_are_named_as_the_manuals_do() {
        let name = |code: u64, vendor| McaStatus(code).name(vendor);
        let intel = |code| name(code, Vendor::Intel);
        for (code, wanted) in [
            (0x0000, "no error"),
            (0x000e, "GCACHEL2_ERR"),
            (0x0014, "DTLBL0_ERR"),
            (0x0019, "GTLBL1_ERR"),
            (0x0151, "ICACHEL1_IRD_ERR"),
            (0x0124, "DCACHEL0_WR_ERR"),
            (0x0135, "DCACHEL1_DRD_ERR"),
            (0x1135, "DCACHEL1_DRD_ERR"),
            (0x0183, "ICACHELG_SNOOP_ERR"),
            (0x0800, "BUSL0_SRC_ERR_M_NOTIMEOUT_ERR"),
            (0x0f0f, "BUSLG_GEN_ERR_OTHER_TIMEOUT_ERR"),
            (0x0e0b, "generic I/O error"),
            (0x0400, "internal timer error"),
            (0x0405, "internal unclassified error"),
            (0x0091, "RD_CHANNEL1_ERR"),
            (0x00cf, "MS_CHANNELx_ERR"),
            (0x02a2, "WR_CHANNEL2_ERR"),
        ] {
            assert_eq!(intel(code).as_deref(), Some(wanted), "{code:#x}");
        }
        // A kind of access, a space and a transaction without a name.
        for code in [0x01f1, 0x0805, 0x012d, 0x00d0, 0x4000] {
            assert_eq!(intel(code), None, "{code:#x}");
        }
        assert_eq!(McaStatus(0x0091).class(Vendor::Amd), McaClass::Unknown);
        assert_eq!(McaStatus(0x0091).class(Vendor::Intel), McaClass::Memory);
    }

    #[test]
    fn bits_are_the_architectures_and_then_the_vendors() {
        let fatal = McaStatus(0xbf80_0000_0000_0124);
        assert_eq!(fatal.bits(Vendor::Intel), ["VAL", "UC", "EN", "MISCV", "ADDRV", "PCC", "S", "AR"]);
        assert_eq!(fatal.bits(Vendor::Amd), ["VAL", "UC", "EN", "MISCV", "ADDRV", "PCC"]);
        let corrected = McaStatus(0x8800_0140_0000_0091 | 1 << 43);
        assert_eq!(corrected.bits(Vendor::Amd), ["VAL", "MISCV", "Poison"]);
        assert_eq!(corrected.corrected_count(Vendor::Intel), Some(0x25));
        assert_eq!(fatal.corrected_count(Vendor::Intel), None);
    }
}
