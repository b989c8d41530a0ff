//! dumpscope
