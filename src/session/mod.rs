//! One investigation: the target, what is selected in it, and what the user has set.

mod focus;
mod locals;
mod session;
mod settings;
mod stack;

pub use focus::{Focus, SelectedFrame};
pub use locals::{Home, Local};
pub use session::Session;
pub use settings::{Radix, Settings};
pub use stack::DEFAULT_FRAMES;
