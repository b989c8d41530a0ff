//! What other processors ran at that time, where nobody but Windows stands on the stack that crashed.

use super::modules::{described, origin_word};
use super::scene::Scene;
use super::stack::is_believed;
use super::{Crash, Fact, Value};
use crate::output::Action;
use crate::unwind::Registers;

/// Processors whose stacks are walked, and modules that are named.
const MOST_PROCESSORS: usize = 64;
const MOST: usize = 6;

/// `elsewhere` for each third-party module on the kernel stack of another processor: whoever damages memory may have done so
/// there, or long before.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Vec<Fact> {
    let target = crash.scope.target();
    let third_party =
        |ip: u64| target.modules().at(ip).filter(|module| origin_word(target, module) == "third_party");
    let mut kernel = scene.frames.iter().filter(|frame| frame.sp >> 47 != 0);
    if kernel.any(|frame| third_party(frame.lookup_ip()).is_some()) {
        return Vec::new();
    }
    let mut found: Vec<Fact> = Vec::new();
    for (processor, number) in target.processors().iter().take(MOST_PROCESSORS).zip(0u32..) {
        let saved = processor.context.as_ref().ok().filter(|_| number != target.crashed_processor());
        let Some(registers) = saved.map(Registers::from) else { continue };
        let stack = (crash.walk)(registers);
        let frames = stack.physical().take_while(|frame| frame.sp >> 47 != 0);
        for frame in frames.filter(|frame| is_believed(frame)) {
            let Some(module) = third_party(frame.lookup_ip()) else { continue };
            let name = Value::Text(module.name.clone());
            if found.len() >= MOST || found.iter().any(|fact| fact.get("module") == Some(&name)) {
                continue;
            }
            let fact =
                Fact::new("elsewhere").with("address", Value::Address(frame.ip)).with("number", number);
            let fact = described(fact, target, frame.ip).worded("evidence.elsewhere");
            found.push(fact.link(Action::Processor(number)));
        }
    }
    found
}
