//! What fetching may cost.

use std::time::Duration;

/// What a download may cost.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of one file, also after it is expanded.
    pub size: u64,
    /// Time for one file in all.
    pub total: Duration,
    /// Time in which something must arrive.
    pub stall: Duration,
    /// Bytes a second that must arrive, measured over each `window`.
    pub rate: u64,
    /// Over how long the rate is measured.
    pub window: Duration,
    /// Time to connect.
    pub connect: Duration,
    /// Redirects that are followed.
    pub redirects: u32,
    /// How long a server that failed is left alone.
    pub host_memory: Duration,
    /// How long a file that a server did not have is not asked for again.
    pub miss_memory: Duration,
    /// Downloads at a time.
    pub parallel: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            size: 4 << 30,
            total: Duration::from_secs(1800),
            stall: Duration::from_secs(30),
            rate: 8 << 10,
            window: Duration::from_secs(20),
            connect: Duration::from_secs(10),
            redirects: 5,
            host_memory: Duration::from_secs(120),
            miss_memory: Duration::from_secs(600),
            parallel: 4,
        }
    }
}
