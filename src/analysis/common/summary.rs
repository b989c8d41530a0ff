//! What is kept of a dump when the next one is opened: owned, and small.

use super::super::bucket::bucket;
use super::super::facts::processor::siblings;
use super::super::facts::{Crash, Fact, Value};
use super::super::rules::{Class, Confidence};
use super::super::verdict::Verdict;
use super::machine::Machine;
use std::collections::BTreeMap;

/// Rules by which a dump shows one wrong bit, and the facts that say which.
const ONE_BIT: [(&str, &str); 5] = [
    ("pte-one-bit", "pte_bit"),
    ("null-one-bit", "null_flip"),
    ("pointer-one-bit", "prefix_flip"),
    ("stack-pointer-one-bit", "stack_flip"),
    ("pfn-one-bit", "pfn_flip"),
];
/// Rules by which the processor contradicts itself.
const CONTRADICTIONS: [&str; 4] = ["illegal-instruction-intact", "no-operand", "slipped", "padding"];

/// Where an instruction faulted, so that it can be found again in another dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The module.
    pub module: String,
    /// Bytes from its start.
    pub offset: u64,
    /// The time stamp of its file: the same in the same build.
    pub stamp: u32,
    /// Whose it is, in the words of the rules.
    pub origin: String,
}

/// What one dump says.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Its file's name.
    pub name: String,
    /// When it crashed.
    pub time: Option<u64>,
    /// Its bug check, without the mark of small dumps.
    pub code: u32,
    /// Its arguments.
    pub parameters: [u64; 4],
    /// The processor that crashed.
    pub processor: u32,
    /// The other threads of its core, as far as they are known.
    pub siblings: Vec<u32>,
    /// The machine.
    pub machine: Machine,
    /// What was concluded from it alone.
    pub class: Class,
    /// How sure that is.
    pub confidence: Confidence,
    /// Who was blamed.
    pub culprit: Option<String>,
    /// Who was suspected.
    pub suspects: Vec<String>,
    /// The name of its kind of crash.
    pub bucket: String,
    /// The bit that is wrong, where it shows one.
    pub bit: Option<u64>,
    /// Whether its processor contradicted itself.
    pub contradicts: bool,
    /// Where the instruction is that faulted.
    pub place: Option<Place>,
    /// The third-party modules on its true stack.
    pub on_stack: Vec<String>,
    /// Time stamps of its modules as far as they are known, by name in lower case.
    pub stamps: BTreeMap<String, Option<u32>>,
}

impl Summary {
    /// What is kept of a dump.
    pub fn of(name: &str, crash: &Crash<'_>, facts: &[Fact], verdict: &Verdict) -> Summary {
        let target = crash.scope.target();
        let rule = verdict.rule.unwrap_or_default();
        let is_sure = verdict.class == Class::Hardware && verdict.confidence >= Confidence::Likely;
        let told = ONE_BIT.iter().find(|(known, _)| *known == rule && is_sure);
        let bit = told.and_then(|(_, kind)| match facts.iter().find(|fact| fact.kind == *kind)?.get("bit") {
            Some(Value::Number(bit)) => Some(*bit),
            _ => None,
        });
        let fault = facts.iter().find(|fact| fact.kind == "fault");
        let place = fault.and_then(Fact::address).and_then(|address| {
            let module = target.modules().at(address)?;
            let origin = fault?.get("origin")?.to_string();
            let offset = address.checked_sub(module.base)?;
            Some(Place { module: module.name.clone(), offset, stamp: module.time_date_stamp?, origin })
        });
        let on_stack = facts.iter().filter(|fact| fact.kind == "stack_module");
        let modules = target.modules().iter();
        Summary {
            name: name.to_owned(),
            time: crash.header.system_time,
            code: crash.code(),
            parameters: crash.header.bug_check_parameters,
            processor: target.crashed_processor(),
            siblings: siblings(crash, target.crashed_processor()),
            machine: Machine::of(crash),
            class: verdict.class,
            confidence: verdict.confidence,
            culprit: verdict.culprit.clone(),
            suspects: verdict.suspects.clone(),
            bucket: bucket(target, facts, verdict).id,
            bit,
            contradicts: CONTRADICTIONS.contains(&rule) && is_sure,
            place,
            on_stack: on_stack.filter_map(|fact| Some(fact.get("module")?.to_string())).collect(),
            stamps: modules
                .map(|module| (module.name.to_ascii_lowercase(), module.time_date_stamp))
                .collect(),
        }
    }

    /// Whether another dump is of the same crash: a copy, or another kind of dump of it, which says nothing new.
    pub fn is_of_same_crash(&self, other: &Summary) -> bool {
        (self.time, self.code, self.parameters) == (other.time, other.code, other.parameters)
    }

    /// Whether both crashed on the same core: on the same processor, or on one that either dump knows for the other's sibling.
    pub fn shares_core(&self, other: &Summary) -> bool {
        self.processor == other.processor
            || self.siblings.contains(&other.processor)
            || other.siblings.contains(&self.processor)
    }

    /// Whether a module was loaded.
    pub fn has_module(&self, name: &str) -> bool {
        self.stamps.contains_key(&name.to_ascii_lowercase())
    }
}
