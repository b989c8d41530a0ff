//! The verdict: what the rules conclude from the facts.

use super::bugcheck::Text;
use super::facts::{Fact, Value};
use super::rules::{Class, Confidence, Found, Rule, Rules};
use crate::words::Language;

/// What happened, who is to blame for it if anyone, and why.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The rule that decided; `None` where no rule had anything to say.
    pub rule: Option<&'static str>,
    /// The kind of cause.
    pub class: Class,
    /// How sure that is.
    pub confidence: Confidence,
    says: Option<Wording>,
    /// The module that is blamed: only at likely or certain.
    pub culprit: Option<String>,
    /// Modules that may have to do with it, the nearest first.
    pub suspects: Vec<String>,
    /// What speaks for it.
    pub evidence: Vec<Fact>,
    /// What speaks against it.
    pub against: Vec<Fact>,
    next: Vec<Wording>,
}

/// A text of the rules with what its places stand for.
#[derive(Debug, Clone)]
struct Wording {
    text: &'static Text,
    values: Vec<(String, Value)>,
}

/// Pieces of evidence that are shown at most, and suspects.
const MOST_EVIDENCE: usize = 8;
const MOST_SUSPECTS: usize = 6;
/// Facts of one kind that a rule cites.
const MOST_OF_A_KIND: usize = 2;

/// A rule that fired.
struct Claim<'f> {
    rule: &'static Rule,
    found: Found<'f>,
}

impl Claim<'_> {
    fn culprit(&self) -> Option<String> {
        self.found.value(self.rule.culprit.as_deref()?).map(Value::to_string)
    }
}

/// What the rules conclude from the facts of one dump.
pub fn verdict(facts: &[Fact]) -> Verdict {
    concluded(Rules::built_in(), facts)
}

/// What they conclude from what several dumps have in common.
pub fn common_verdict(facts: &[Fact]) -> Verdict {
    concluded(Rules::common(), facts)
}

/// What they conclude of whether the machine hangs.
pub fn hang_verdict(facts: &[Fact]) -> Verdict {
    concluded(Rules::hang(), facts)
}

fn concluded(rules: &'static Rules, facts: &[Fact]) -> Verdict {
    let claims: Vec<Claim<'_>> =
        rules.rules.iter().filter_map(|rule| Some(Claim { rule, found: rule.fires(facts)? })).collect();
    // The first that is likely or certain decides; else the first that is anything.
    let decides = |least| claims.iter().position(|claim| claim.rule.confidence >= least);
    let Some(deciding) = decides(Confidence::Likely).or_else(|| decides(Confidence::Unknown)) else {
        return Verdict::unknown();
    };
    let Some(claim) = claims.get(deciding) else { return Verdict::unknown() };
    let is_sure = claim.rule.confidence >= Confidence::Likely;
    let culprit = claim.culprit().filter(|_| is_sure);
    let is_wide = claim.rule.cites.iter().any(|kind| kind == "elsewhere");
    // Nobody asked for it, or a machine that fails, is anybody's on the stack.
    let is_nobodys = match claim.rule.class {
        Class::Requested => true,
        Class::Hardware => is_sure,
        _ => false,
    };
    let by_stack = !claim.rule.blind.unwrap_or(is_nobodys);
    let suspects = suspects(facts, &claims, culprit.as_deref(), by_stack, is_wide);
    let named = claim.culprit().or_else(|| suspects.first().cloned());
    let values = values(facts, &claim.found, named.as_deref(), &suspects);
    let wording = |text| Wording { text, values: values.clone() };
    Verdict {
        rule: Some(&claim.rule.id),
        class: claim.rule.class,
        confidence: claim.rule.confidence,
        says: Some(wording(&claim.rule.says)),
        evidence: evidence(facts, claim, &claims),
        against: of_kinds(facts, &claim.rule.against),
        next: claim
            .rule
            .next
            .iter()
            .filter(|name| rules.is_needed(name, facts))
            .filter_map(|name| rules.advice(name))
            // Advice about suspects needs some.
            .filter(|text| {
                !suspects.is_empty() || !text.in_language(Language::English).contains("{suspects}")
            })
            .map(wording)
            .collect(),
        culprit,
        suspects,
    }
}

/// Modules that other claims name, and, where the stack tells something, modules on it that are not known to be Windows' own;
/// of a `wide` question those that other processors ran, too.
fn suspects(
    facts: &[Fact],
    claims: &[Claim<'_>],
    culprit: Option<&str>,
    by_stack: bool,
    is_wide: bool,
) -> Vec<String> {
    let named = claims.iter().filter_map(Claim::culprit);
    let on_stack = facts
        .iter()
        .filter(|fact| by_stack && matches!(fact.kind, "stack_module" | "stack_unknown"))
        .chain(facts.iter().filter(|fact| is_wide && fact.kind == "elsewhere"));
    let on_stack = on_stack.filter_map(|fact| fact.get("module").map(Value::to_string));
    let mut suspects: Vec<String> = Vec::new();
    for name in named.chain(on_stack) {
        if Some(name.as_str()) != culprit && !suspects.contains(&name) && suspects.len() < MOST_SUSPECTS {
            suspects.push(name);
        }
    }
    suspects
}

/// What the deciding rule found, what it cites, and what other rules found that claim the same kind of cause and name the same
/// module: what speaks for another one is no evidence here.
fn evidence(facts: &[Fact], claim: &Claim<'_>, claims: &[Claim<'_>]) -> Vec<Fact> {
    let own = claim.found.0.iter().map(|(_, fact)| *fact);
    let cited = claim
        .rule
        .cites
        .iter()
        .flat_map(|kind| facts.iter().filter(move |fact| fact.kind == kind).take(MOST_OF_A_KIND));
    let is_same =
        |other: &&Claim<'_>| other.rule.class == claim.rule.class && other.culprit() == claim.culprit();
    let others = claims.iter().filter(is_same);
    let others = others.flat_map(|other| other.found.0.iter().map(|(_, fact)| *fact));
    let mut found: Vec<Fact> = Vec::new();
    for fact in own.chain(cited).chain(others).filter(|fact| fact.is_evidence()) {
        if found.len() < MOST_EVIDENCE && !found.contains(fact) {
            found.push(fact.clone());
        }
    }
    found
}

fn of_kinds(facts: &[Fact], kinds: &[String]) -> Vec<Fact> {
    let wanted = |fact: &&Fact| fact.is_evidence() && kinds.iter().any(|kind| kind == fact.kind);
    facts.iter().filter(wanted).cloned().collect()
}

/// What the places of a text stand for: `fact.value`; `culprit`, who is blamed or the first suspect; `suspects`; `drivers`, the
/// files that Driver Verifier is to watch.
fn values(
    facts: &[Fact],
    found: &Found<'_>,
    culprit: Option<&str>,
    suspects: &[String],
) -> Vec<(String, Value)> {
    let mut values: Vec<(String, Value)> = Vec::new();
    for (name, fact) in &found.0 {
        values.extend(fact.values().map(|(value, is)| (format!("{name}.{value}"), is.clone())));
    }
    let watched: Vec<String> = culprit
        .into_iter()
        .chain(suspects.iter().map(String::as_str))
        .map(|name| format!("{name}.sys"))
        .collect();
    let drivers = match watched.is_empty() {
        true => facts.iter().find_map(|fact| fact.get("third_party_files")).cloned(),
        false => Some(watched.into_iter().fold(Vec::new(), distinct).join(" ").into()),
    };
    values.push(("culprit".to_owned(), culprit.unwrap_or("?").into()));
    values.push(("suspects".to_owned(), suspects.join(", ").into()));
    values.push(("drivers".to_owned(), drivers.unwrap_or_else(|| "*".into())));
    values
}

fn distinct(mut names: Vec<String>, name: String) -> Vec<String> {
    if !names.contains(&name) {
        names.push(name);
    }
    names
}

impl Wording {
    fn in_language(&self, language: Language) -> String {
        // One pass: a value that looks like a place is left as it is.
        let mut words = String::new();
        let mut rest = self.text.in_language(language);
        while let Some((before, place)) = rest.split_once('{') {
            words.push_str(before);
            let (name, after) = place.split_once('}').unwrap_or((place, ""));
            match self.values.iter().find(|(known, _)| known == name) {
                Some((_, value)) => words.push_str(&value.in_language(language)),
                None => words.push('?'),
            }
            rest = after;
        }
        words.push_str(rest);
        words
    }
}

impl Verdict {
    fn unknown() -> Verdict {
        Verdict {
            rule: None,
            class: Class::Unknown,
            confidence: Confidence::Unknown,
            says: None,
            culprit: None,
            suspects: Vec::new(),
            evidence: Vec::new(),
            against: Vec::new(),
            next: Vec::new(),
        }
    }

    /// What happened, in a sentence.
    pub fn says(&self, language: Language) -> Option<String> {
        self.says.as_ref().map(|says| says.in_language(language))
    }

    /// What to do next on this machine.
    pub fn next(&self, language: Language) -> Vec<String> {
        self.next.iter().map(|next| next.in_language(language)).collect()
    }
}
