//! Every command, in the order of the reference.

use super::spec::CommandSpec;
use super::{
    analyze, bugcheck, cxr, display, echo, evaluate, exr, formats, help, lm, ln, processor, quit, r, search,
    time, unassemble, version, vertarget,
};

/// Every command.
pub const COMMANDS: &[&CommandSpec] = &[
    &analyze::SPEC,
    &bugcheck::SPEC,
    &exr::SPEC,
    &vertarget::SPEC,
    &version::SPEC,
    &version::SYSTEMS,
    &time::SPEC,
    &r::SPEC,
    &processor::SPEC,
    &cxr::SPEC,
    &version::MACHINE,
    &lm::SPEC,
    &ln::SPEC,
    &display::AGAIN,
    &display::NUMBERS,
    &display::TEXT,
    &display::POINTERS,
    &display::REFERENCED,
    &display::BITS,
    &display::LIST,
    &display::PHYSICAL,
    &search::SPEC,
    &unassemble::FORWARD,
    &unassemble::BACKWARD,
    &unassemble::FUNCTION,
    &evaluate::SPEC,
    &formats::SPEC,
    &echo::SPEC,
    &echo::COMMENT,
    &echo::COMMENT_LINE,
    &help::SPEC,
    &quit::SPEC,
];
