//! Text that several commands show: names of code, instructions, registers, typed values.

pub mod blocker;
pub mod callback_kind;
pub mod characters;
pub mod code_name;
pub mod device;
pub mod disassembly;
pub mod grid;
pub mod handle;
pub mod irp;
mod lack;
pub mod maker;
pub mod missing;
pub mod object;
pub mod page_entry;
pub mod process;
pub mod process_body;
pub mod process_cells;
pub mod processor;
pub mod registers;
pub mod symbol_text;
pub mod thread;
pub mod thread_block;
pub mod thread_cells;
pub mod thread_stack;
pub mod typed;
pub mod wait_object;
pub mod walking;
