//! KUSER_SHARED_DATA's clocks: what time it was, and how long a tick is.

use crate::debuggee::{Lack, Object, Scope};

/// Where every Windows maps KUSER_SHARED_DATA for the kernel (KI_USER_SHARED_DATA of the public ntddk.h, x64 and ARM64).
const SHARED_DATA: u64 = 0xffff_f780_0000_0000;

/// The computer's clocks as they stood when the dump was written.
#[derive(Clone)]
pub struct Clock<'s>(Object<'s>);

impl<'s> Clock<'s> {
    /// The clocks of the dump.
    ///
    /// # Errors
    /// Where no layout of `_KUSER_SHARED_DATA` is at hand.
    pub fn of(scope: &'s Scope<'s>) -> Result<Clock<'s>, Lack> {
        scope.object("nt!_KUSER_SHARED_DATA", SHARED_DATA).map(Clock)
    }

    /// Ticks since the computer was started.
    pub fn ticks(&self) -> Result<u64, Lack> {
        self.0.field("TickCountQuad")?.u64()
    }

    /// How long a tick is, in 100 ns. The multiplier is that of milliseconds, as a fixed-point number with 24 bits behind
    /// the point (GetTickCount's formula in the public documentation of KUSER_SHARED_DATA).
    pub fn increment(&self) -> Result<u64, Lack> {
        let multiplier = self.0.field("TickCountMultiplier")?;
        match multiplier.u64()? {
            0 => Err(Lack::Null { what: multiplier.what() }),
            milliseconds => Ok((milliseconds * 10_000) >> 24),
        }
    }

    /// Time since the start of the computer, without the time that it slept, in 100 ns.
    pub fn interrupt_time(&self) -> Result<u64, Lack> {
        self.system_time_at("InterruptTime")
    }

    /// The time of day, in 100 ns since 1601, UTC.
    pub fn system_time(&self) -> Result<u64, Lack> {
        self.system_time_at("SystemTime")
    }

    /// Ticks as a time, in 100 ns.
    pub fn ticks_as_time(&self, ticks: u64) -> Result<u64, Lack> {
        Ok(ticks.saturating_mul(self.increment()?))
    }

    /// How many ticks ago a tick count was: the kernel keeps such counts in 32 bits, which wrap.
    pub fn ticks_since(&self, count: u64) -> Result<u64, Lack> {
        let low = |ticks: u64| (ticks & u64::from(u32::MAX)) as u32;
        Ok(low(self.ticks()?).wrapping_sub(low(count)).into())
    }

    /// A KSYSTEM_TIME.
    fn system_time_at(&self, member: &str) -> Result<u64, Lack> {
        let time = self.0.field(member)?;
        let low = time.field("LowPart")?.u64()?;
        let high = time.field("High1Time")?.u64()?;
        Ok((high & u64::from(u32::MAX)) << 32 | low)
    }
}
