//! Every rule fires where it should and is silent where it should be: `tests/data/rules/*.toml`, facts written by hand.
//!
//! What each pair expects was written from what experts conclude from such facts, not from what the rules answered.

use super::tests::stated;
use super::*;
use crate::analysis::facts::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A file of pairs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pairs {
    pair: Vec<Pair>,
}

/// What a rule must do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    /// Its name.
    rule: String,
    /// What is then concluded: the class and the confidence.
    claims: String,
    /// Who is blamed, at likely and certain; otherwise who is suspected first.
    culprit: Option<String>,
    /// Facts from which it concludes that, and decides.
    fires: Vec<toml::Table>,
    /// Facts from which it must not conclude anything.
    silent: Vec<toml::Table>,
    /// Another rule that decides where it fires: it only adds to that.
    decided_by: Option<String>,
}

/// The fact that a table states: text is `0x` and digits for a number, or a word. Numbers of TOML are numbers of something.
fn fact(table: &toml::Table) -> Fact {
    let leak = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let kind = table["fact"].as_str().expect("a kind");
    let values = table.iter().filter(|(name, _)| *name != "fact");
    values.fold(Fact::new(leak(kind)).worded("evidence.fault"), |fact, (name, value)| {
        let hex = |text: &str| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
        let value = match value {
            toml::Value::Boolean(flag) => Value::Flag(*flag),
            toml::Value::Integer(number) => Value::Number(u64::try_from(*number).expect("no sign")),
            toml::Value::String(text) => hex(text).map_or_else(|| Value::Text(text.clone()), Value::Address),
            other => panic!("{kind}.{name}: {other:?}"),
        };
        fact.with(leak(name), value)
    })
}

fn pairs() -> Vec<(String, Pair)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rules");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the pairs").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("text");
        let name = entry.file_name().to_string_lossy().into_owned();
        let file: Pairs = toml::from_str(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
        found.extend(file.pair.into_iter().map(|pair| (name.clone(), pair)));
    }
    found
}

#[test]
fn every_rule_has_a_pair() {
    let rules: BTreeSet<String> = Rules::built_in().rules.iter().map(|rule| rule.id.clone()).collect();
    let mut seen = BTreeSet::new();
    for (file, pair) in pairs() {
        assert!(rules.contains(&pair.rule), "{file}: there is no rule {}", pair.rule);
        seen.insert(pair.rule);
    }
    let missing: Vec<_> = rules.difference(&seen).collect();
    assert!(missing.is_empty(), "no pair for {missing:?}");
}

#[test]
fn every_rule_fires_where_it_should_and_nowhere_else() {
    let wrong: Vec<String> =
        pairs().iter().filter_map(|(file, pair)| Some(format!("{file}: {}", fault(pair)?))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is wrong with a pair or its rule.
fn fault(pair: &Pair) -> Option<String> {
    let (kinds, names) = stated();
    let rule = Rules::built_in().rules.iter().find(|rule| rule.id == pair.rule).expect("a rule");
    let id = &pair.rule;
    for table in pair.fires.iter().chain(&pair.silent) {
        let kind = table["fact"].as_str().expect("a kind");
        let unknown = table.keys().find(|name| *name != "fact" && !names.contains(*name));
        if !kinds.contains(kind) || unknown.is_some() {
            return Some(format!("{id}: no fact {kind} says {unknown:?}"));
        }
    }
    let [fires, silent] = [&pair.fires, &pair.silent].map(|list| list.iter().map(fact).collect::<Vec<_>>());
    if silent.is_empty() || rule.fires(&fires).is_none() || rule.fires(&silent).is_some() {
        return Some(format!("{id} does not fire, or is not silent"));
    }
    let verdict = crate::analysis::verdict(&fires);
    let named = verdict.culprit.clone().or_else(|| verdict.suspects.first().cloned());
    let is_sure = pair.claims.ends_with("likely") || pair.claims.ends_with("certain");
    let blames = is_sure && pair.claims.starts_with("third-party-driver");
    let decided = verdict.rule.unwrap_or_default();
    let is_right = pair.claims == format!("{} {}", rule.class.word(), rule.confidence.word())
        && decided == pair.decided_by.as_deref().unwrap_or(id)
        && named == pair.culprit
        && verdict.culprit.is_some() == blames;
    (!is_right).then(|| format!("{id}: {decided} decides, {named:?} is named, blamed {:?}", verdict.culprit))
}
