//! One investigation: the target, what is selected in it, and what the user has set.

mod cancel;
mod session;
mod settings;

pub use cancel::{CancelToken, Cancelled};
pub use session::{Focus, Session};
pub use settings::{Radix, Settings};
