//! One investigation: the target, what is selected in it, and what the user has set.

mod aliases;
mod focus;
mod interpreter;
mod journal;
mod locals;
mod log;
mod pool_tags;
mod process;
mod session;
mod settings;
mod stack;
mod switching;
mod systems;
mod view;

pub use aliases::{Aliases, Expanded, Foreign, Origin, TooMuchText};
pub use focus::{Focus, SelectedFrame};
pub use interpreter::{Depth, Interpreter};
pub use journal::{Entry, Journal};
pub use locals::{Home, Local, NoLocals};
pub use log::{Log, LogForm};
pub use pool_tags::PoolTags;
pub use session::{NoCode, Session};
pub use settings::{Evaluator, Radix, Settings, Shell};
pub use stack::{DEFAULT_FRAMES, NoFrame};
pub use switching::Opener;
pub use systems::{Known, NoSystem, System, Systems};
pub use view::{Selection, View};
