//! What a number may be: every reading of it, the surest first, each with what shows it. A file is one kind of reading.

mod argument;
mod code;
mod entry;
mod evidence;
mod glance;
mod handle;
mod moment;
mod neighbour;
mod object;
mod page;
mod place;
mod saved;
mod saved_as;
mod structure;
mod user;
mod writing;

pub use glance::glance;

use super::facts::Fact;
use crate::debuggee::{Lack, Scope};
use crate::kernel::pool::TagOwners;
use crate::kernel::{AddressUse, address_use};
use crate::util::filetime::Zone;
use crate::util::order::Order;

/// How sure a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// The dump proves it.
    Certain,
    /// It passed checks that few numbers pass.
    Likely,
    /// The number can be read so; nothing tells that it is meant so.
    Possible,
    /// It would be so with one other bit.
    Guess,
}

impl Certainty {
    /// A word for it that stays.
    pub fn word(self) -> &'static str {
        match self {
            Certainty::Certain => "certain",
            Certainty::Likely => "likely",
            Certainty::Possible => "possible",
            Certainty::Guess => "guess",
        }
    }
}

/// A reading of a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// How sure it is.
    pub certainty: Certainty,
    /// What it says, in words, and what shows it.
    pub fact: Fact,
}

/// A number that somebody asks about.
pub struct Question<'q> {
    /// Whose memory is looked at.
    pub scope: &'q Scope<'q>,
    /// The number.
    pub value: u64,
    /// The process whose user addresses and handles are meant.
    pub process: Option<u64>,
    /// Who uses which pool tag.
    pub tags: &'q TagOwners,
    /// The zone of times.
    pub zone: &'q Zone,
    /// What is known of the crash (`gather`).
    pub evidence: &'q [Fact],
}

/// What is known of a number.
#[derive(Debug, Default)]
pub struct Meanings {
    /// Its readings, the surest first.
    pub meanings: Vec<Meaning>,
    /// What could not be asked, and why.
    pub missing: Vec<Lack>,
    /// Whether a sure reading tells what the number is; that the crash names it does not.
    pub is_known: bool,
}

/// Numbers below this are counts, codes and offsets: the first 64 KB hold nothing on Windows.
const FIRST_ADDRESS: u64 = 0x1_0000;

impl Meanings {
    fn add(&mut self, certainty: Certainty, fact: Fact) {
        self.meanings.push(Meaning { certainty, fact });
    }

    /// The value of a result, or its reason among those that are missing; only being stopped is an error.
    fn told<T>(&mut self, result: Result<T, Lack>) -> Result<Option<T>, Lack> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Lack::Stopped) => Err(Lack::Stopped),
            Err(why) => {
                if !self.missing.contains(&why) {
                    self.missing.push(why);
                }
                Ok(None)
            }
        }
    }

    fn tells(&self) -> bool {
        // A region is as large as what a wrong bit leads to.
        let tells = |meaning: &&Meaning| !matches!(meaning.fact.kind, "region" | "not_canonical");
        self.meanings.iter().filter(tells).any(|meaning| meaning.certainty <= Certainty::Likely)
    }
}

/// Every reading of a number.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn meanings(question: &Question<'_>) -> Result<Meanings, Lack> {
    let mut found = Meanings::default();
    if question.value >= FIRST_ADDRESS && question.scope.target().dump().is_err() {
        // Of an image nothing but its own addresses is known.
        let used = address_use(question.scope, question.value, None)?.used;
        used.iter().for_each(|used| place::add(question, used, &mut found));
    } else if question.value >= FIRST_ADDRESS {
        let used = address_use(question.scope, question.value, question.process)?;
        object::add(question, used.used.as_ref(), &mut found)?;
        structure::add(question, used.used.as_ref(), &mut found);
        saved::add(question, used.used.as_ref(), &mut found);
        user::add(question, &mut found)?;
        if let Some(used) = &used.used {
            place::add(question, used, &mut found);
        }
        page::add(question, used.used.as_ref(), &mut found)?;
        used.missing.into_iter().for_each(|why| drop(found.told::<()>(Err(why))));
    }
    handle::add(question, &mut found)?;
    code::add(question.value, &mut found);
    moment::add(question, &mut found);
    writing::add(question, &mut found);
    entry::add(question, &mut found);
    if !found.tells() {
        saved_as::add(question, &mut found);
    }
    found.is_known = found.tells();
    let unnamed = found.meanings.len();
    evidence::add(question, &mut found);
    argument::add(question, &mut found);
    if !found.is_known {
        let is_named = found.meanings.len() > unnamed;
        neighbour::add(question, is_named, &mut found)?;
    }
    found.meanings.order_by_key(|meaning| meaning.certainty);
    Ok(found)
}

/// Whether an address lies on a stack, as far as that is known.
fn is_stack(used: Option<&AddressUse<'_>>) -> bool {
    matches!(used, Some(AddressUse::Stack(_) | AddressUse::ProcessorStack { .. }))
}
