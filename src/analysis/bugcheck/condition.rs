//! What must hold of a parameter, and of the Windows that crashed, for a case to be meant.

use crate::analysis::status::low_half;
use crate::dump::Machine;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// A number that the table writes as `0x` text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hex(pub u64);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hex, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").ok_or_else(|| D::Error::custom("a number without 0x"))?;
        u64::from_str_radix(digits, 16).map(Hex).map_err(D::Error::custom)
    }
}

/// What must hold of one parameter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Condition {
    /// It has this value.
    Is(Hex),
    /// It has one of these values.
    OneOf(Vec<Hex>),
    /// It lies between the two, both included.
    Range {
        /// Lowest and highest value.
        range: [Hex; 2],
    },
    /// Its bits under `mask` are `is`.
    Mask {
        /// The bits that are looked at.
        mask: Hex,
        /// What they must be.
        is: Hex,
    },
}

impl Condition {
    /// Whether `value` meets it.
    pub fn is_met(&self, value: u64) -> bool {
        match self {
            Condition::Is(wanted) => wanted.0 == value,
            Condition::OneOf(wanted) => wanted.iter().any(|wanted| wanted.0 == value),
            Condition::Range { range: [low, high] } => (low.0..=high.0).contains(&value),
            Condition::Mask { mask, is } => value & mask.0 == is.0,
        }
    }

    /// Whether the status code `value` meets it, whether written with 32 bits or sign-extended to 64.
    pub fn is_met_by_status(&self, value: u64) -> bool {
        let status = low_half(value);
        self.is_met(value)
            || (status.is_some() && self.values().iter().any(|wanted| low_half(wanted.0) == status))
    }

    /// The values that it names one by one; empty for ranges and bits.
    pub fn values(&self) -> &[Hex] {
        match self {
            Condition::Is(value) => std::slice::from_ref(value),
            Condition::OneOf(values) => values,
            Condition::Range { .. } | Condition::Mask { .. } => &[],
        }
    }
}

/// Build numbers of Windows, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Builds {
    min: Option<u32>,
    max: Option<u32>,
}

impl Builds {
    fn contain(self, build: u32) -> bool {
        self.min.is_none_or(|min| build >= min) && self.max.is_none_or(|max| build <= max)
    }
}

/// Which Windows a bug check is of: what its parameters mean has changed over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// The build number.
    pub build: u32,
    /// The processor.
    pub machine: Machine,
}

impl Windows {
    /// Whether it is one of these builds on one of these machines; no machines stand for all.
    pub(super) fn is_among(self, builds: Builds, machines: &[Architecture]) -> bool {
        builds.contain(self.build)
            && (machines.is_empty() || machines.iter().any(|machine| machine.is(self.machine)))
    }
}

/// A processor, as the table writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// 32-bit Intel.
    X86,
    /// 64-bit Intel and AMD.
    X64,
    /// 32-bit Arm.
    Arm,
    /// 64-bit Arm.
    Arm64,
}

/// IMAGE_FILE_MACHINE_ARMNT, from the public SDK's `winnt.h`.
const ARM: u32 = 0x1c4;

impl Architecture {
    fn is(self, machine: Machine) -> bool {
        match self {
            Architecture::X86 => machine == Machine::I386,
            Architecture::X64 => machine == Machine::Amd64,
            Architecture::Arm => machine == Machine::Other(ARM),
            Architecture::Arm64 => machine == Machine::Arm64,
        }
    }
}
