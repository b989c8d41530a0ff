//! Dumps written by hand: what they have in common, and what is concluded.

use super::*;
use crate::analysis::common::{Machine, Place};
use crate::analysis::common_verdict;

fn dump(name: &str, code: u32, day: u64) -> Summary {
    Summary {
        name: name.to_owned(),
        time: Some(day * DAY),
        code,
        parameters: [0; 4],
        processor: 0,
        siblings: Vec::new(),
        machine: Machine::default(),
        class: Class::Unknown,
        confidence: Confidence::Unknown,
        culprit: None,
        suspects: Vec::new(),
        bucket: String::new(),
        bit: None,
        contradicts: false,
        place: None,
        on_stack: Vec::new(),
        stamps: [("other".to_owned(), Some(1)), ("filter".to_owned(), Some(1))].into(),
    }
}

fn concluded(dumps: &[Summary]) -> (Option<&'static str>, Class, Option<String>) {
    let verdict = common_verdict(&joint(&dumps.iter().collect::<Vec<_>>()));
    (verdict.rule, verdict.class, verdict.culprit)
}

#[test]
fn wrong_bits_in_one_place_are_memory() {
    let of = |name: &str, bit| Summary { bit: Some(bit), ..dump(name, 0x50, 1) };
    assert_eq!(concluded(&[of("a", 37), of("b", 37)]), (Some("common-bit"), Class::Hardware, None));
    assert_eq!(concluded(&[of("a", 37), of("b", 33)]), (Some("common-lane"), Class::Hardware, None));
    assert_eq!(concluded(&[of("a", 37), of("b", 3)]).0, Some("common-nothing"));
    assert_eq!(concluded(&[of("a", 37), dump("b", 0x50, 1)]).0, Some("common-nothing"));
}

#[test]
fn one_processor_three_times_is_that_processor() {
    let of = |name: &str, processor| Summary { contradicts: true, processor, ..dump(name, 0x1e, 1) };
    let three = [of("a", 5), of("b", 5), of("c", 5)];
    assert_eq!(concluded(&three).0, Some("common-processor"));
    assert_eq!(concluded(&three[..2]).0, Some("common-nothing"));
    assert_eq!(concluded(&[of("a", 5), of("b", 4), of("c", 5)]).0, Some("common-nothing"));
}

#[test]
fn the_threads_of_one_core_count_together() {
    let of = |name: &str, processor, siblings: &[u32]| Summary {
        contradicts: true,
        processor,
        siblings: siblings.to_vec(),
        ..dump(name, 0x1e, 1)
    };
    let core = [of("a", 4, &[5]), of("b", 5, &[4]), of("c", 4, &[5])];
    assert_eq!(concluded(&core), (Some("common-core"), Class::Hardware, None));
    // One dump that knows its sibling is enough; without any, two processors are two.
    let once = [of("a", 4, &[]), of("b", 5, &[4]), of("c", 4, &[])];
    assert_eq!(concluded(&once).0, Some("common-core"));
    assert_eq!(concluded(&[of("a", 4, &[]), of("b", 5, &[]), of("c", 4, &[])]).0, Some("common-nothing"));
    // Neighbours in number that share no core, and a sibling that did not contradict itself.
    let apart = [of("a", 4, &[12]), of("b", 5, &[13]), of("c", 4, &[12])];
    assert_eq!(concluded(&apart).0, Some("common-nothing"));
    let quiet = [of("a", 4, &[5]), Summary { contradicts: false, ..of("b", 5, &[4]) }, of("c", 4, &[5])];
    assert_eq!(concluded(&quiet).0, Some("common-nothing"));
    // One of the threads alone is named by itself.
    let one = [of("a", 4, &[5]), of("b", 4, &[5]), of("c", 4, &[5])];
    assert_eq!(concluded(&one).0, Some("common-processor"));
}

#[test]
fn the_same_instruction_of_the_same_build_is_software() {
    let of = |name: &str, stamp, origin: &str| {
        let place = Place { module: "filter".to_owned(), offset: 0x10, stamp, origin: origin.to_owned() };
        Summary { place: Some(place), ..dump(name, 0xd1, 1) }
    };
    let third = [of("a", 1, "third_party"), of("b", 1, "third_party")];
    let blamed = (Some("common-place-third-party"), Class::ThirdPartyDriver, Some("filter".to_owned()));
    assert_eq!(concluded(&third), blamed);
    assert_eq!(concluded(&[of("a", 1, "third_party"), of("b", 2, "third_party")]).0, Some("common-nothing"));
    let windows = [of("a", 1, "inbox"), of("b", 1, "inbox")];
    assert_eq!(concluded(&windows), (Some("common-place"), Class::Unknown, None));
    // Where the machine contradicted itself, its place says nothing.
    let flipped = third.map(|dump| Summary { contradicts: true, ..dump });
    assert_eq!(concluded(&flipped).0, Some("common-nothing"));
}

#[test]
fn a_module_on_stacks_is_blamed_only_alone_and_never_beside_failing_hardware() {
    let of = |name: &str, code, on: &[&str]| Summary {
        on_stack: on.iter().map(|name| (*name).to_owned()).collect(),
        ..dump(name, code, 1)
    };
    let alone = [of("a", 0x1a, &["filter"]), of("b", 0x50, &["filter", "other"])];
    assert_eq!(concluded(&alone).2.as_deref(), Some("filter"));
    // The same bug check twice is one thing seen twice.
    assert_eq!(
        concluded(&[of("a", 0x1a, &["filter"]), of("b", 0x1a, &["filter"])]).0,
        Some("common-nothing")
    );
    let two = [of("a", 0x1a, &["filter", "other"]), of("b", 0x50, &["filter", "other"])];
    assert_eq!(concluded(&two), (Some("common-modules"), Class::ThirdPartyDriver, None));
    let mut hardware = alone.clone();
    (hardware[1].class, hardware[1].confidence) = (Class::Hardware, Confidence::Likely);
    assert_eq!(concluded(&hardware).2, None);
    // A crash without it exonerates it.
    let mut absent = [alone.as_slice(), &[of("c", 0x1e, &[])]].concat();
    assert_eq!(concluded(&absent).2.as_deref(), Some("filter"));
    absent[2].stamps.clear();
    assert_eq!(concluded(&absent).2, None);
}

#[test]
fn many_kinds_within_days_speak_for_hardware() {
    let kinds = [dump("a", 0x1a, 1), dump("b", 0xd1, 3), dump("c", 0x19, 9)];
    assert_eq!(concluded(&kinds), (Some("common-kinds"), Class::Hardware, None));
    // Codes of one kind; months between them; one that names its driver.
    assert_eq!(
        concluded(&[dump("a", 0xa, 1), dump("b", 0xd1, 3), dump("c", 0x1e, 9)]).0,
        Some("common-nothing")
    );
    assert_eq!(
        concluded(&[dump("a", 0x1a, 1), dump("b", 0xd1, 30), dump("c", 0x19, 60)]).0,
        Some("common-nothing")
    );
    let mut named = kinds.clone();
    (named[0].class, named[0].confidence) = (Class::ThirdPartyDriver, Confidence::Likely);
    assert_eq!(concluded(&named).0, Some("common-nothing"));
}

#[test]
fn a_display_driver_that_fails_in_several_builds_speaks_for_the_card() {
    let of = |name: &str, stamp| Summary {
        culprit: Some("nvlddmkm".to_owned()),
        stamps: [("nvlddmkm".to_owned(), Some(stamp))].into(),
        ..dump(name, 0x116, 1)
    };
    assert_eq!(concluded(&[of("a", 1), of("b", 2)]), (Some("common-display"), Class::Hardware, None));
    // One build that is blamed each time is blamed for all.
    assert_eq!(concluded(&[of("a", 1), of("b", 1)]).0, Some("common-culprit"));
}

#[test]
fn who_was_blamed_again_and_again_is_blamed_unless_the_machine_is_at_fault() {
    let of = |name: &str, culprit: Option<&str>| Summary {
        culprit: culprit.map(str::to_owned),
        ..dump(name, 0xea, 1)
    };
    let mut dumps = [of("a", Some("filter")), of("b", Some("filter")), of("c", Some("other"))];
    assert_eq!(concluded(&dumps).2.as_deref(), Some("filter"));
    (dumps[2].class, dumps[2].confidence) = (Class::Hardware, Confidence::Likely);
    assert_eq!(concluded(&dumps).2, None);
    assert_eq!(concluded(&[of("a", Some("filter")), of("b", None), of("c", None)]).2, None);
}
