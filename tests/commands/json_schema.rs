//! What `--json` writes fits the schema that `dumpscope commands --schema` prints, whatever command on whatever dump.

use crate::cases::demo;
use dumpscope::command::{COMMANDS, Effect, run_line};
use dumpscope::output::{JsonStream, OutputClosed, Piece, Problem, Sink};
use serde_json::Value;
use std::collections::BTreeSet;

const SCHEMA: &str = include_str!("../../assets/schema/output-1.json");

/// The keywords that the schema uses; another would pass unseen.
const KEYWORDS: &[&str] = &[
    "$schema",
    "$id",
    "$ref",
    "$defs",
    "title",
    "description",
    "type",
    "required",
    "additionalProperties",
    "properties",
    "items",
    "anyOf",
    "const",
    "enum",
    "pattern",
];

/// Why a value does not fit a schema; nothing where it does.
fn misfit(value: &Value, schema: &Value, root: &Value, at: &str) -> Option<String> {
    let schema = schema.as_object().expect("a schema");
    for keyword in schema.keys() {
        assert!(KEYWORDS.contains(&keyword.as_str()), "the checker does not know {keyword}");
    }
    let says = |what: String| Some(format!("{at}: {what}: {value}"));
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target =
            root.pointer(reference.strip_prefix('#').expect("a place in the schema")).expect(reference);
        if let Some(why) = misfit(value, target, root, at) {
            return Some(why);
        }
    }
    if let Some(types) = schema.get("type") {
        let types: Vec<&str> = match types {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => vec![one.as_str().unwrap()],
        };
        let is = |ty: &&str| match *ty {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("no type {other}"),
        };
        if !types.iter().any(is) {
            return says(format!("not of type {types:?}"));
        }
    }
    if schema.get("const").is_some_and(|wanted| wanted != value) {
        return says(format!("not {}", schema["const"]));
    }
    if let Some(Value::Array(values)) = schema.get("enum")
        && !values.contains(value)
    {
        return says(format!("not one of {values:?}"));
    }
    if let (Some(Value::String(pattern)), Some(text)) = (schema.get("pattern"), value.as_str())
        && !regex::Regex::new(pattern).unwrap().is_match(text)
    {
        return says(format!("does not match {pattern}"));
    }
    if let Some(Value::Array(choices)) = schema.get("anyOf") {
        let misfits: Vec<String> =
            choices.iter().map_while(|choice| misfit(value, choice, root, at)).collect();
        if misfits.len() == choices.len() {
            return says(format!("fits none of them: {}", misfits.join(" | ")));
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        let inside = |(index, value): (usize, &Value)| misfit(value, items, root, &format!("{at}/{index}"));
        if let Some(why) = values.iter().enumerate().find_map(inside) {
            return Some(why);
        }
    }
    let object = value.as_object()?;
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    if let Some(missing) = required.filter_map(Value::as_str).find(|key| !object.contains_key(*key)) {
        return says(format!("has no {missing}"));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    object.iter().find_map(|(key, value)| {
        let at = format!("{at}/{key}");
        match properties.and_then(|properties| properties.get(key)) {
            Some(own) => misfit(value, own, root, &at),
            None => match schema.get("additionalProperties") {
                Some(Value::Bool(false)) => says(format!("no property may be called {key}")),
                Some(other) => misfit(value, other, root, &at),
                None => None,
            },
        }
    })
}

/// Writes each command's object.
#[derive(Default)]
struct Objects {
    stream: JsonStream,
    text: String,
}

impl Sink for Objects {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        self.text += &self.stream.piece(&piece);
        Ok(())
    }

    fn begin(&mut self, command: &str) {
        self.stream.begin(command);
    }

    fn end(&mut self, problem: Option<&Problem>) -> Result<(), OutputClosed> {
        self.text += &self.stream.end(problem);
        Ok(())
    }
}

#[test]
fn every_output_of_every_command_fits_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let (mut objects, mut kinds, mut errors) = (0, BTreeSet::new(), BTreeSet::new());
    for case in
        ["wifi", "wifi-d1", "wifi-50", "wifi-fc", "scanner-1a", "scanner-139", "readonly", "nosyms", "usb"]
    {
        let mut session = demo(case);
        let shows = COMMANDS.iter().filter(|spec| !matches!(spec.effect, Effect::Writes | Effect::Quits));
        let lines = shows.flat_map(|spec| ["", "@rsp", "nt"].map(|rest| format!("{} {rest}", spec.names[0])));
        // What .symfix names is a folder for downloads, which would be made.
        let lines = lines.filter(|line| line == ".symfix " || !line.starts_with(".symfix "));
        let more =
            ["dx -r2 @$curprocess", "nosuchcommand", ".for (r $t0=0; @$t0<2; r $t0=@$t0+1) { k }", "? 1/0"];
        for line in lines.chain(more.map(str::to_owned)) {
            let mut said = Objects::default();
            let _ = run_line(&line, &mut session, &mut said);
            for text in said.text.lines() {
                let object: Value =
                    serde_json::from_str(text).unwrap_or_else(|why| panic!("{line}: {why}: {text}"));
                if let Some(why) = misfit(&object, &schema, &schema, "") {
                    panic!("{case}: {line}: {}", why.chars().take(1000).collect::<String>());
                }
                objects += 1;
                errors.extend(object["error"]["kind"].as_str().map(str::to_owned));
                let blocks = object["blocks"].as_array().unwrap();
                kinds.extend(blocks.iter().map(|block| block["kind"].as_str().unwrap().to_owned()));
            }
        }
    }
    assert!(objects > 5_000 && kinds.len() > 60 && errors.len() > 5, "{objects} {kinds:?} {errors:?}");
}

/// A checker that lets everything pass would prove nothing.
#[test]
fn what_does_not_fit_is_told() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    for (wrong, part) in [
        (r#"{"command":"k","blocks":[]}"#, "has no error"),
        (r#"{"command":1,"blocks":[],"error":null}"#, "type"),
        (r#"{"command":"k","blocks":[],"error":null,"more":1}"#, "more"),
        (r#"{"command":"k","blocks":[{"kind":"line"}],"error":null}"#, "none of them"),
        (
            r#"{"command":"k","blocks":[{"kind":"Frame 1","fields":{},"text":null}],"error":null}"#,
            "none of them",
        ),
        (r#"{"command":"k","blocks":[],"error":{"kind":"oops","text":"","hints":[]}}"#, "none of them"),
    ] {
        let why = misfit(&serde_json::from_str(wrong).unwrap(), &schema, &schema, "").expect(wrong);
        assert!(why.contains(part), "{why}");
    }
}
