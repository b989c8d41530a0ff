//! The dumpscope program.

fn main() {}
