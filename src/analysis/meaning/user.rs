//! What Windows keeps in user space of a process: its PEB, the TEBs and the stacks of its threads.

use super::place::{of_thread, offset};
use super::{Certainty, Meanings, Question};
use crate::analysis::facts::Fact;
use crate::debuggee::Lack;
use crate::kernel::{Process, Teb, known_threads_of};
use crate::output::Action;

/// Bytes of the pages that a TEB or PEB lies in, where its type does not tell.
const PAGE: u64 = 0x1000;

pub(super) fn add(question: &Question<'_>, found: &mut Meanings) -> Result<(), Lack> {
    let (scope, value) = (question.scope, question.value);
    let Some(process) = question.process.filter(|_| value >> 63 == 0) else { return Ok(()) };
    let Some(process) = found.told(Process::at(scope, process))? else { return Ok(()) };
    let size = |ty: &str| scope.object(ty, 0).ok().and_then(|block| block.size()).unwrap_or(PAGE);
    if let Ok(peb) = process.peb()
        && peb != 0
        && value.checked_sub(peb).is_some_and(|offset| offset < size("nt!_PEB"))
    {
        let name = process.name().unwrap_or_else(|_| "?".to_owned());
        let fact = Fact::new("peb").with("process", name).worded("what.peb");
        found.add(Certainty::Certain, offset(fact, value, peb).link(Action::Peb(process.address())));
        return Ok(());
    }
    let teb_size = size("nt!_TEB");
    let Some(threads) = found.told(known_threads_of(&process))? else { return Ok(()) };
    for thread in threads {
        scope.check()?;
        let Ok(thread) = thread else { continue };
        let Ok(address) = Teb::address_of(&thread) else { continue };
        if value.checked_sub(address).is_some_and(|offset| offset < teb_size) {
            let fact = of_thread(Fact::new("teb"), question, &thread).worded("what.teb");
            let link = Action::object("nt!_TEB", address);
            found.add(Certainty::Certain, offset(fact, value, address).link(link));
            return Ok(());
        }
        let teb = Teb::at(scope, address);
        let range = teb.and_then(|teb| Ok(teb.stack_limit()?..teb.stack_base()?));
        if range.is_ok_and(|range| range.contains(&value)) {
            let fact = of_thread(Fact::new("user_stack"), question, &thread).worded("what.user_stack");
            found.add(Certainty::Certain, fact.link(Action::Thread(thread.address())));
            return Ok(());
        }
    }
    Ok(())
}
