//! Looking at what the verdict looked at: the caller of what is no code, else the frame of who is blamed or suspected, else that
//! of the fault.

use super::verdict::{Judged, judge};
use crate::analysis::{Class, Fact, Value};
use crate::command::{CommandError, run_line};
use crate::output::{Action, Collector};
use crate::session::{DEFAULT_FRAMES, Session};

/// A place on the stack of the crash.
struct Place {
    /// Its instruction.
    address: u64,
    /// The number of its frame, where a fact states it.
    frame: Option<u32>,
}

/// Selects the frame that the verdict looked at, in the stack of the processor that crashed; where that stack does not lead
/// there, the registers of the fault become current first, as with `.ecxr`. Where no fact names a place nothing changes.
///
/// # Errors
/// The dump is an image; it was stopped.
pub fn stand_at_verdict(session: &mut Session) -> Result<(), CommandError> {
    let judged = judge(session)?;
    let Some(place) = place(&judged) else { return Ok(()) };
    session.select_processor(session.target.crashed_processor());
    if select(session, &place) {
        return Ok(());
    }
    let mut said = Collector::default();
    run_line(".ecxr", session, &mut said).map_err(|failure| failure.error)?;
    if !select(session, &place) {
        session.focus.frame = None;
    }
    Ok(())
}

/// What called the code that is none, whose registers and variables tell why; else the first frame of who is blamed, or of the
/// first suspect of what a third-party driver did; else the fault.
fn place(judged: &Judged) -> Option<Place> {
    let verdict = &judged.verdict;
    let suspect = verdict.suspects.first().filter(|_| verdict.class == Class::ThirdPartyDriver);
    let named = verdict.culprit.as_ref().or(suspect);
    let of = |kind: &str| judged.facts.iter().find(|fact| fact.kind == kind);
    let on_stack = named.and_then(|name| {
        let is_its = |fact: &&Fact| {
            fact.kind == "stack_module" && fact.get("module") == Some(&Value::Text(name.clone()))
        };
        judged.facts.iter().find(is_its)
    });
    let fact = of("called_from").or(on_stack).or_else(|| of("fault"))?;
    let frame = match fact.link {
        Some(Action::Frame(number)) => Some(number),
        _ => None,
    };
    Some(Place { address: fact.address()?, frame })
}

/// Selects the frame of a place in the current stack; false if it is not there.
fn select(session: &mut Session, place: &Place) -> bool {
    let Ok(stack) = session.stack(DEFAULT_FRAMES) else { return false };
    let stands = |number: u32| stack.frames.get(number as usize).is_some_and(|it| it.ip == place.address);
    let number = place
        .frame
        .filter(|number| stands(*number))
        .or_else(|| stack.physical().find(|frame| frame.ip == place.address).map(|frame| frame.number));
    number.is_some_and(|number| session.select_frame(number).is_ok())
}
