//! One JSON object a command, written as its blocks come.

use super::document::{Block, Field, Record};
use super::sanitize::sanitize;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::mem;

/// The object of a command, in pieces:
///
/// `{"command": "...", "blocks": [{"kind": "line", "text": "..."}, {"kind": "module", "fields": {...}, "text": "..."}],
/// "error": null | "..."}` and a newline. Every field is optional; addresses are `0x` text. The error comes last, because
/// nothing is kept until the command has ended.
#[derive(Debug, Default)]
pub struct JsonStream {
    /// What stands before the next block.
    before: String,
}

impl JsonStream {
    /// A command begins.
    pub fn begin(&mut self, command: &str) {
        self.before = format!("{{\"command\":{},\"blocks\":[", text(command));
    }

    /// The piece of a block.
    pub fn block(&mut self, block: &Block) -> String {
        let mut piece = self.take();
        self.before = ",".to_owned();
        // Maps with text keys of types that cannot fail.
        piece.push_str(&serde_json::to_string(&Shown(block)).unwrap_or_else(|_| "null".to_owned()));
        piece
    }

    /// The last piece, with the error's text if the command failed.
    pub fn end(&mut self, error: Option<&str>) -> String {
        let before = self.take();
        let start = if before == "," { "" } else { before.as_str() };
        let error = error.map_or_else(|| "null".to_owned(), text);
        format!("{start}],\"error\":{error}}}\n")
    }

    fn take(&mut self) -> String {
        mem::take(&mut self.before)
    }
}

/// A JSON string.
fn text(text: &str) -> String {
    serde_json::Value::from(sanitize(text).as_ref()).to_string()
}

/// A block as it is written.
struct Shown<'b>(&'b Block);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            Block::Line(_) => map.serialize_entry("kind", "line")?,
            Block::Record(record) => {
                map.serialize_entry("kind", record.kind)?;
                map.serialize_entry("fields", &Fields(record))?;
            }
        }
        let mut text = String::new();
        for (index, line) in self.0.lines().iter().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            line.spans().iter().for_each(|span| text.push_str(span.text()));
        }
        map.serialize_entry("text", &text)?;
        map.end()
    }
}

struct Fields<'b>(&'b Record);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.fields.iter().map(|(name, value)| (name, value)))
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Field::Null => serializer.serialize_unit(),
            Field::Bool(value) => serializer.serialize_bool(*value),
            Field::Number(value) => serializer.serialize_u64(*value),
            Field::Hex(value) => serializer.collect_str(&format_args!("{value:#x}")),
            Field::Text(value) => serializer.serialize_str(value.as_str()),
            Field::List(values) => serializer.collect_seq(values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Line;
    use serde_json::Value;

    fn object(command: &str, blocks: &[Block], error: Option<&str>) -> Value {
        let mut stream = JsonStream::default();
        stream.begin(command);
        let mut text: String = blocks.iter().map(|block| stream.block(block)).collect();
        text += &stream.end(error);
        assert_eq!(text.matches('\n').count(), 1, "an object is a line");
        serde_json::from_str(&text).expect("an object")
    }

    #[test]
    fn records_carry_their_facts() {
        let record = Record::new("module")
            .field("base", Field::Hex(0xfffff8047ba00000))
            .field("name", "nt")
            .field("values", vec![Some(1u64), None])
            .line(Line::of("fffff804`7ba00000 nt"))
            .line(Line::of("second"));
        let value = object("lm", &[Line::of("head").into(), record.into()], None);
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["command", "blocks", "error"]);
        assert_eq!(value["blocks"][1]["fields"]["base"], "0xfffff8047ba00000");
        assert_eq!(value["blocks"][1]["fields"]["values"], serde_json::json!([1, null]));
        assert_eq!(value["blocks"][1]["text"], "fffff804`7ba00000 nt\nsecond");
        assert_eq!(value["blocks"][0]["text"], "head");
        assert_eq!(value["error"], Value::Null);
    }

    #[test]
    fn a_command_that_says_nothing_has_no_blocks() {
        assert_eq!(object("x \"y\"", &[], Some("no \u{202e}such"))["blocks"], serde_json::json!([]));
        assert_eq!(object("x \"y\"", &[], Some("no \u{202e}such"))["error"], "no \u{fffd}such");
        assert_eq!(object("x \"y\"", &[], None)["command"], "x \"y\"");
    }

    #[test]
    fn facts_are_as_clean_as_the_lines() {
        let record = Record::new("module").field("name", "a\u{9b}31m\u{202e}b\u{2028}\u{200b}");
        let value = object("lm", &[record.into()], None);
        assert_eq!(value["blocks"][0]["fields"]["name"], "a.31m\u{fffd}b.\u{fffd}");
    }
}
