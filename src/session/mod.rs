//! One investigation: the target, what is selected in it, and what the user has set.

mod cancel;
mod focus;
mod locals;
mod session;
mod settings;
mod stack;

pub use cancel::{CancelToken, Cancelled};
pub use focus::{Focus, SelectedFrame};
pub use locals::{Home, Local};
pub use session::Session;
pub use settings::{Radix, Settings};
pub use stack::DEFAULT_FRAMES;
