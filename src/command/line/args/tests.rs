use super::{Args, Follows};
use crate::command::line::call::Call;
use crate::command::line::error::CommandError;
use crate::command::line::spec::{CommandSpec, Glue};
use crate::command::line::switch::{Place, Switch, Switches, Takes};
use crate::command::table::COMMANDS;
use crate::debuggee;
use crate::eval::EvalHost;
use crate::memory::{ReadError, Reason};
use crate::session::Radix;

/// Knows numbers only.
struct Numbers;

impl EvalHost for Numbers {
    fn register(&self, _: &str) -> Option<u64> {
        None
    }
    fn symbol(&self, _: &str) -> Option<u64> {
        None
    }
    fn read(&self, place: &debuggee::Place, _: usize) -> Result<u64, ReadError> {
        Err(ReadError::new(place.at, Reason::NoMemory))
    }
    fn readable(&self, _: u64, _: u64) -> bool {
        false
    }
    fn radix(&self) -> Radix {
        Radix::Hex
    }
    fn pointer_size(&self) -> usize {
        8
    }
}

/// What is typed after a command's name, read where expressions are numbers only.
pub fn test_args<'t>(spec: &CommandSpec, text: &'t str) -> Result<Args<'t>, CommandError> {
    read(spec.switches, "", text)
}

fn read<'t>(switches: Switches, glued: &'t str, text: &'t str) -> Result<Args<'t>, CommandError> {
    Args::read(switches, true, &Call { glued, ..Call::new("!test", text) }, &Numbers)
}

fn refused(switches: Switches, text: &str) -> String {
    read(switches, "", text).map(|_| ()).expect_err(text).to_string()
}

const LETTERS: &[Switch] = &[
    Switch::flag("/c", "c"),
    Switch::flag("/r", "r"),
    Switch::with("/n", Takes::Expression, "N", "n"),
    Switch::with("/s", Takes::Value, "SIZE", "s"),
    Switch::with("/l", Takes::Name, "FIELD", "l"),
];

#[test]
fn letters_stand_together_or_apart_before_the_arguments() {
    for text in ["/c /r 5 /x", "/cr 5 /x", "/c/r 5 /x", "/cr5 /x"] {
        let args = read(Switches::letters(LETTERS), "", text).expect(text);
        assert!(args.has("/c") && args.has("/r") && !args.has("/n"), "{text}");
        assert_eq!(args.text, "5 /x", "{text}");
    }
    let args = read(Switches::letters(LETTERS), "", "/c8").expect("an argument may touch the letter");
    assert_eq!((args.has("/c"), args.text), (true, "8"));
}

/// Kernel addresses begin with a letter, which is no switch then: `/c` and `/r` are switches here, `/f` is none.
#[test]
fn an_address_may_touch_the_last_letter() {
    for address in ["ffffe00012345040", "ffffe000`12345040", "c1234567", "cccccccc`12345678"] {
        for (text, both) in [("/c", false), ("/cr", true), ("/r /c", true), ("/r/c", true)] {
            let line = format!("{text}{address}");
            let args = read(Switches::letters(LETTERS), "", &line).expect(&line);
            assert_eq!((args.has("/c"), args.has("/r"), args.text), (true, both, address), "{line}");
        }
    }
    for text in ["/cffff", "/cffffe00012345040x", "/ffffe00012345040"] {
        assert!(refused(Switches::letters(LETTERS), text).contains("no option '/f'"), "{text}");
    }
    let args = read(Switches::letters(LETTERS), "", "/cffffe00012345040 L4").expect("more may follow");
    assert_eq!(args.text, "ffffe00012345040 L4");
}

#[test]
fn what_follows_a_letter_is_read_by_its_kind() {
    let switches = Switches::letters(LETTERS);
    let args = read(switches, "", "/sc 38 /d").map(|_| ());
    assert!(args.expect_err("/d").to_string().contains("no option '/d'"));
    let args = read(switches, "", "/scl 38 Links.Flink /n 10 rest").expect("reads");
    assert_eq!((args.number("/n"), args.number("/s")), (Some(0x10), Some(0x38)));
    assert_eq!((args.text_of("/l"), args.has("/c"), args.text), (Some("Links.Flink"), true, "rest"));
    assert_eq!(read(switches, "", "/s38").expect("touches").number("/s"), Some(0x38));
    assert_eq!(refused(switches, "/s"), "/s of !test needs SIZE");
    assert_eq!(refused(switches, "/n"), "/n of !test needs N");
}

#[test]
fn others_are_refused_with_the_known_ones() {
    let known = "it has /c /r /n N /s SIZE /l FIELD";
    for (text, option) in [("/q", "/q"), ("/cq 5", "/q"), ("/", "/"), ("/c /-", "/-")] {
        let error = refused(Switches::letters(LETTERS), text);
        assert_eq!(error, format!("!test has no option '{option}'; {known}"), "{text}");
    }
}

#[test]
fn among_the_arguments_the_others_are_words() {
    let switches = Switches::letters(LETTERS).anywhere();
    let args = read(switches, "", "one /c poi(1 + 2) /l Next three").expect("reads");
    assert_eq!(args.words().collect::<Vec<_>>(), ["one", "poi(1 + 2)", "three"]);
    assert_eq!(args.text_of("/l"), Some("Next"));
    let after: Vec<usize> = args.switches().map(|given| given.after).collect();
    assert_eq!(after, [1, 2]);
}

const WORDS: &[Switch] = &[
    Switch::flag("-show", "s"),
    Switch::with("-r", Takes::Digits, "N", "r"),
    Switch::with("-c", Takes::Count, "N", "c"),
    Switch::with("-x", Takes::Text, "\"COMMANDS\"", "x"),
    Switch::with("-to", Takes::Rest, "ALL", "to"),
    Switch::flag("--fold", "f"),
];

#[test]
fn words_are_whole_and_numbers_touch_them() {
    let switches = Switches::words(WORDS);
    let args = read(switches, "", "-SHOW -r2 -c 100 -x \"a b\" 1 - 2 --fold").expect("reads");
    assert!(args.has("-show") && args.has("--fold"));
    // A count is decimal.
    assert_eq!((args.number("-r"), args.number("-c")), (Some(2), Some(100)));
    assert_eq!((args.text_of("-x"), args.text), (Some("a b"), "1 - 2"));
    let args = read(switches, "", "-r -c7 -5").expect("reads");
    assert_eq!((args.has("-r"), args.number("-r"), args.number("-c")), (true, None, Some(7)));
    // A minus before a number is no switch.
    assert_eq!(args.text, "-5");
    assert_eq!(read(switches, "", "-to -show 1 2").expect("reads").text_of("-to"), Some("-show 1 2"));
    for text in ["-shows", "-rx", "-c", "-c x", "--folds", "-"] {
        let outcome = read(switches, "", text);
        assert!(outcome.is_err() || text == "-", "{text}: {outcome:?}");
    }
}

#[test]
fn letters_in_brackets_stand_before_a_type() {
    const SEARCH: &[Switch] = &[
        Switch::flag("-b", "b"),
        Switch::flag("-sa", "sa"),
        Switch::flag("[1]", "1"),
        Switch::with("[l]", Takes::Value, "N", "l"),
    ];
    let switches = Switches::words(SEARCH);
    let args = read(switches, "", "-[1l5]sa 1000 L4").expect("reads");
    assert!(args.has("[1]") && args.has("-sa") && !args.has("-b"));
    assert_eq!((args.number("[l]"), args.text), (Some(5), "1000 L4"));
    assert_eq!(read(switches, "", "-[1] 1000").expect("reads").text, "1000");
    assert_eq!(
        refused(switches, "-[q]b 1"),
        "!test has no option '[q]'; it has -b -sa, before which may stand [1 lN]"
    );
    assert!(read(switches, "", "-[1b 1000").is_err());
}

/// Every switch of every command is taken as it is spelled, and is told by the command's help or named there as taken.
#[test]
fn every_switch_is_taken_and_told() {
    let mut taken = 0;
    for spec in COMMANDS {
        let help = spec.switches.help().join("\n");
        for switch in spec.switches.list {
            let follows = match switch.takes {
                Takes::Nothing | Takes::Digits => "",
                Takes::Count | Takes::Value | Takes::Expression | Takes::Name | Takes::Text | Takes::Rest => {
                    " 1"
                }
            };
            let bracket = switch.spelling.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            let text = match bracket {
                Some(letter) => format!("-[{letter}{}]b 1", follows.trim()),
                None => format!("{}{follows}", switch.spelling),
            };
            let (glued, text) = match spec.glue == Glue::Switches && switch.spelling.len() == 1 {
                true => text.split_at(1),
                false => ("", text.as_str()),
            };
            let read = Args::read(
                spec.switches,
                spec.glue == Glue::Switches,
                &Call { glued, ..Call::new(spec.names[0], text) },
                &Numbers,
            );
            let args = read.unwrap_or_else(|error| panic!("{} {text}: {error}", spec.names[0]));
            assert!(args.has(switch.spelling), "{} {text}", spec.names[0]);
            assert!(
                args.switches().any(|given| (given.value != Follows::None) != follows.is_empty()
                    || switch.takes == Takes::Digits)
            );
            assert!(help.contains(switch.spelling.trim_matches(['[', ']'])), "{}: {help}", spec.names[0]);
            taken += 1;
        }
    }
    assert!(taken > 80, "only {taken} switches are stated");
}

/// Spellings are distinct, and what stands anywhere leaves nothing to what comes after it.
#[test]
fn switches_can_be_told_apart() {
    for spec in COMMANDS {
        let list = spec.switches.list;
        for (at, switch) in list.iter().enumerate() {
            assert!(list[..at].iter().all(|other| other.spelling != switch.spelling), "{}", switch.spelling);
            let bare = !switch.spelling.starts_with(['-', '/', '[']);
            let reachable = spec.glue == Glue::Switches || spec.switches.place == Place::Anywhere;
            assert!(!bare || reachable, "{} of {:?} can never be typed", switch.spelling, spec.names);
            assert!(switch.takes != Takes::Nothing || switch.parameter.is_empty(), "{}", switch.spelling);
        }
    }
}
