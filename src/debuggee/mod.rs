//! The open dump or image as one object: memory, processors, modules and the facts that Windows keeps for debuggers.
//!
//! The debugger data block, the build and the module lists live here and not among the kernel views, because nothing
//! can be opened without them.

mod attach;
mod build;
mod context;
mod debugger_data;
mod image;
mod image_file;
mod image_overlay;
mod image_search;
mod modules;
mod object;
mod opening;
mod origin;
mod processors;
mod searched;
mod shared_image;
mod subject;
mod symbols;
mod target;

pub use attach::NoSpace;
pub use build::{KernelBuild, kernel_build, product_name, suite_names, windows_name};
pub use context::{RegisterContext, RegisterSlot};
pub use debugger_data::{DebuggerData, Field, KnownLists};
pub use image::{MemoryImage, ModuleImage};
pub use image_file::ImageFile;
pub use image_overlay::{ImageError, ImageOverlay, ModuleIdentity, find_image};
pub use modules::{Module, ModuleKind, ModuleList, UnloadedModule};
pub use object::{Elements, Lack, Link, Node, Nodes, Object, Place, Scope, Steps, Store, Walk};
pub use origin::{Maker, MakerEvidence, Origin};
pub use processors::{NoRegisters, Processor, SpecialRegisters};
pub use searched::Searched;
pub use subject::{NoCrash, OpenError, Subject};
pub use symbols::{
    CheckOutcome, Fetches, FoundType, LayoutCheck, Listener, ModuleSymbols, NamedAddress, News, SymbolStatus,
    SymbolTable,
};
pub use target::Target;
