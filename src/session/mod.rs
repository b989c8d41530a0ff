//! One investigation: the target, what is selected in it, and what the user has set.

mod focus;
mod locals;
mod pool_tags;
mod process;
mod session;
mod settings;
mod stack;
mod view;

pub use focus::{Focus, SelectedFrame};
pub use locals::{Home, Local, NoLocals};
pub use pool_tags::PoolTags;
pub use session::{NoCode, Session};
pub use settings::{Radix, Settings};
pub use stack::{DEFAULT_FRAMES, NoFrame};
pub use view::View;
