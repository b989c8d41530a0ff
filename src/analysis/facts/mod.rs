//! Facts of a crash: what the dump proves, each with where it comes from. Rules (`super::rules`) draw the conclusions.
//!
//! A file is one source of facts; [`gather`] asks them all. None of them says who is to blame.

mod altered;
mod asked;
mod assertion;
mod boundary;
mod check;
mod code;
mod code_flip;
mod cookie;
mod device;
mod dpc;
mod elsewhere;
mod fact;
mod fast_fail;
mod fault;
pub(super) mod flips;
mod hardware;
mod history;
mod illegal;
mod list_entry;
mod logs;
mod machine;
pub(super) mod modules;
mod operand;
mod overflow;
mod page;
mod paged_code;
mod parameters;
pub(super) mod pattern;
mod pool;
pub(super) mod processor;
mod raiser;
mod scene;
mod stack;
mod status_codes;
pub(super) mod text;
mod traced;
mod values;
mod written;

pub use fact::{Fact, Value};
pub use history::of_history;

use scene::Scene;

use super::bugcheck::{Explanation, Windows, explain, plain_code};
use super::context::CrashContext;
use crate::debuggee::Scope;
use crate::dump::Header;
use crate::kernel::pool::TagOwners;
use crate::unwind::{Registers, Stack};

/// What facts are gathered from.
pub struct Crash<'c> {
    /// Memory as the processor that crashed saw it.
    pub scope: &'c Scope<'c>,
    /// The dump's header.
    pub header: &'c Header,
    /// The stack of the processor that crashed, where it can be walked.
    pub stack: Option<Stack>,
    /// Where the registers of the fault were saved, where the crash tells.
    pub context: Option<CrashContext>,
    /// Walks from other registers of the same thread.
    pub walk: &'c dyn Fn(Registers) -> Stack,
    /// Who uses which pool tag.
    pub tags: &'c TagOwners,
}

impl Crash<'_> {
    /// What is documented of the bug check.
    pub fn explanation(&self) -> Option<Explanation> {
        let windows = Windows { build: self.header.minor_version, machine: self.header.machine };
        explain(self.header.bug_check_code, self.header.bug_check_parameters, windows)
    }

    /// The bug check's code without the mark of small dumps.
    pub fn code(&self) -> u32 {
        plain_code(self.header.bug_check_code)
    }
}

/// All facts that the dump tells. The order is that in which evidence is shown.
pub fn gather(crash: &Crash<'_>) -> Vec<Fact> {
    let scene = Scene::of(crash);
    let mut facts = check::facts(crash);
    facts.extend(asked::facts(crash));
    facts.extend(hardware::facts(crash));
    facts.extend(fault::facts(crash, &scene));
    facts.extend(operand::facts(crash, &scene));
    facts.extend(pattern::facts(&scene));
    facts.extend(traced::facts(crash, &scene));
    facts.extend(paged_code::facts(crash, &scene));
    facts.extend(assertion::facts(crash, &scene));
    facts.extend(overflow::facts(crash, &scene));
    facts.extend(illegal::facts(crash, &scene));
    facts.extend(flips::facts(crash, &scene));
    facts.extend(code_flip::facts(crash, &scene));
    facts.extend(altered::facts(crash, &scene));
    facts.extend(boundary::facts(crash, &scene));
    facts.extend(page::facts(crash, &scene));
    facts.extend(fast_fail::facts(crash, &scene));
    let entry = list_entry::facts(crash, &scene);
    let wrong = entry.as_ref().and_then(|entry| match entry.get("at") {
        Some(Value::Address(at)) => Some(*at),
        _ => None,
    });
    facts.extend(entry);
    let written = written::facts(crash, &scene, &facts);
    facts.extend(written);
    facts.extend(cookie::facts(crash));
    facts.extend(status_codes::facts(crash, &scene));
    facts.extend(device::facts(crash));
    facts.extend(logs::facts(crash));
    facts.extend(parameters::facts(crash));
    facts.extend(raiser::facts(crash));
    facts.extend(processor::facts(crash));
    facts.extend(dpc::facts(crash));
    facts.extend(pool::facts(crash, &scene, wrong));
    facts.extend(stack::facts(crash, &scene));
    facts.extend(elsewhere::facts(crash, &scene));
    facts.extend(machine::facts(crash));
    facts
}
