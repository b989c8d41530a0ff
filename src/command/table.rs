//! Every command, in the order of the reference.

use super::spec::CommandSpec;
use super::{
    analyze, bugcheck, cxr, echo, evaluate, exr, help, lm, ln, processor, quit, r, time, version, vertarget,
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
    &evaluate::SPEC,
    &echo::SPEC,
    &echo::COMMENT,
    &echo::COMMENT_LINE,
    &help::SPEC,
    &quit::SPEC,
];
