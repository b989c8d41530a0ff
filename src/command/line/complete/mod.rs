//! Completion: what may stand at the end of what was typed, by the kind of argument that the `SPEC` states there.
//!
//! [`Completion::of`] looks at the text alone. What it asks for is answered from [`Names`], which is what the debugger knew
//! of names when its last command ended: nothing is loaded for it, and another thread may answer.

mod choices;
mod completion;
mod names;

pub use choices::Choices;
pub use completion::Completion;
pub use names::Names;
