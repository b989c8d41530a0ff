//! What the bytes look like: text, a pool tag, what memory is filled with.

use super::{Certainty, Meanings, Question};
use crate::analysis::facts::pattern::{half_fill, is_fill};
use crate::analysis::facts::text::in_bytes;
use crate::analysis::facts::{Fact, Value};
use crate::kernel::pool::PoolTag;
use crate::output::Action;

/// Letters that hardly any number has by chance.
const SURE: usize = 4;

pub(super) fn add(question: &Question<'_>, found: &mut Meanings) {
    let value = question.value;
    if is_fill(value) {
        let fact = Fact::new("fill").worded("what.fill");
        found.add(Certainty::Likely, fact.link(Action::Number(value)));
    }
    if let Some(word) = half_fill(value) {
        let fact = Fact::new("fill").with("word", Value::Hex(word.into())).worded("what.half_fill");
        found.add(Certainty::Likely, fact.link(Action::Number(value)));
    }
    if let Some(text) = in_bytes(value) {
        let certainty = if text.chars().count() >= SURE { Certainty::Likely } else { Certainty::Possible };
        let fact = Fact::new("text").with("letters", text).worded("what.text");
        found.add(certainty, fact.link(Action::Number(value)));
    }
    let Ok(low) = u32::try_from(value) else { return };
    // As it stands in memory, and as one types it.
    for (tag, wording) in [(PoolTag(low), "what.tag"), (PoolTag(low.swap_bytes()), "what.tag_swapped")] {
        if !tag.unprotected().is_plausible() {
            continue;
        }
        let Some(owner) = question.tags.of(tag) else { continue };
        let purpose = Some(owner.purpose.as_str()).filter(|purpose| !purpose.is_empty());
        let fact = Fact::new("pool_tag")
            .with("tag", tag.unprotected().to_string())
            .with("owner", owner.owner.as_str())
            .maybe("purpose", purpose)
            .with("shown_purpose", purpose.map_or_else(String::new, |purpose| format!(": {purpose}")))
            .worded(wording);
        found.add(Certainty::Possible, fact.link(Action::PoolTag(tag.unprotected().0)));
    }
}
