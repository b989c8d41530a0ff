//! One JSON object a command, written as its blocks come.

use super::block::{Block, Piece};
use super::field::Field;
use super::problem::Problem;
use super::record::Record;
use super::sanitize::sanitize;
use super::span::Line;
use crate::util::filetime;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::mem;

/// The object of a command, in pieces:
///
/// `{"command": "...", "blocks": [BLOCK, ...], "error": null | {"kind": "...", "text": "...", "hints": ["...", ...]}}` and a
/// newline. The error comes last, because nothing is kept until the command has ended. A block is one of
///
/// - `{"kind": "line", "text": "..."}`
/// - `{"kind": "module", "fields": {...}, "text": "..."}`: a thing with its facts
/// - `{"kind": "table", "of": "module", "columns": [...], "text": "HEADING", "blocks": [BLOCK, ...]}`
/// - `{"kind": "section", "of": "...", "fields": {...}, "folded": false, "text": "TITLE", "blocks": [BLOCK, ...]}`
/// - `{"kind": "tree", ...}`: as a section; the nodes under it are its blocks.
///
/// A block that no line of its own shows has the text null. Every field is optional; addresses are `0x` text; what could not be read is `{"unreadable": "why"}`.
#[derive(Debug, Default)]
pub struct JsonStream {
    /// What stands before the next block.
    before: String,
    /// Blocks that are open.
    open: usize,
}

impl JsonStream {
    /// A command begins.
    pub fn begin(&mut self, command: &str) {
        self.before = format!("{{\"command\":{},\"blocks\":[", text(command));
        self.open = 0;
    }

    /// The text of a piece.
    pub fn piece(&mut self, piece: &Piece) -> String {
        let mut written = String::new();
        match piece {
            Piece::Block(block) => self.whole(block, &mut written),
            Piece::Open(block) => self.open(block, &mut written),
            Piece::Close => self.close(&mut written),
        }
        written
    }

    /// The text of a whole block.
    pub fn block(&mut self, block: &Block) -> String {
        let mut written = String::new();
        self.whole(block, &mut written);
        written
    }

    /// The last piece, with why the command failed, if it did. What is still open is closed.
    pub fn end(&mut self, problem: Option<&Problem>) -> String {
        let mut written = String::new();
        while self.open > 0 {
            self.close(&mut written);
        }
        let before = mem::take(&mut self.before);
        let start = if before == "," { "" } else { before.as_str() };
        let error = problem.map_or_else(
            || "null".to_owned(),
            |problem| {
                let hints: Vec<String> = problem.hints.iter().map(|hint| text(hint)).collect();
                let (kind, why) = (text(problem.kind), text(&problem.text));
                format!("{{\"kind\":{kind},\"text\":{why},\"hints\":[{}]}}", hints.join(","))
            },
        );
        format!("{written}{start}],\"error\":{error}}}\n")
    }

    fn whole(&mut self, block: &Block, written: &mut String) {
        if matches!(block, Block::Line(_) | Block::Record(_)) {
            self.head(block, written);
            self.before = ",".to_owned();
            return;
        }
        self.open(block, written);
        self.close(written);
    }

    fn open(&mut self, block: &Block, written: &mut String) {
        self.head(block, written);
        // The brace that ends the head comes when the block is closed.
        written.truncate(written.len().saturating_sub(1));
        written.push_str(",\"blocks\":[");
        self.before = String::new();
        self.open += 1;
        for inner in block.blocks() {
            self.whole(inner, written);
        }
    }

    fn close(&mut self, written: &mut String) {
        if self.open > 0 {
            self.open -= 1;
            self.before = ",".to_owned();
            written.push_str("]}");
        }
    }

    fn head(&mut self, block: &Block, written: &mut String) {
        written.push_str(&mem::take(&mut self.before));
        // Maps with text keys of types that cannot fail.
        written.push_str(&serde_json::to_string(&Head(block)).unwrap_or_else(|_| "{}".to_owned()));
    }
}

/// A JSON string.
fn text(text: &str) -> String {
    serde_json::Value::from(sanitize(text).as_ref()).to_string()
}

/// A block as it is written, without the blocks inside it.
struct Head<'b>(&'b Block);

impl Serialize for Head<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            Block::Line(_) => map.serialize_entry("kind", "line")?,
            Block::Record(record) => {
                map.serialize_entry("kind", record.kind)?;
                map.serialize_entry("fields", &Fields(record))?;
            }
            Block::Table(table, _) => {
                map.serialize_entry("kind", "table")?;
                map.serialize_entry("of", table.kind)?;
                let columns: Vec<&str> = table.columns.iter().map(|column| column.key).collect();
                map.serialize_entry("columns", &columns)?;
            }
            Block::Section(branch) | Block::Tree(branch) => {
                let kind = if matches!(self.0, Block::Tree(_)) { "tree" } else { "section" };
                map.serialize_entry("kind", kind)?;
                map.serialize_entry("of", branch.head.kind)?;
                map.serialize_entry("fields", &Fields(&branch.head))?;
                map.serialize_entry("folded", &branch.folded)?;
            }
        }
        let lines = self.0.own_lines();
        map.serialize_entry("text", &(!lines.is_empty()).then(|| plain(lines)))?;
        map.end()
    }
}

fn plain(lines: &[Line]) -> String {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        line.spans().iter().for_each(|span| text.push_str(span.text()));
    }
    text
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
            Field::Signed(value) => serializer.serialize_i64(*value),
            Field::Float(value) if value.is_finite() => serializer.serialize_f64(*value),
            Field::Float(value) => serializer.collect_str(value),
            Field::Hex(value) | Field::Address(value) => serializer.collect_str(&format_args!("{value:#x}")),
            Field::Time(value) => match filetime::iso8601(*value) {
                Some(text) => serializer.serialize_str(&text),
                None => serializer.collect_str(&format_args!("{value:#x}")),
            },
            Field::Text(value) => serializer.serialize_str(value.as_str()),
            Field::List(values) => serializer.collect_seq(values),
            Field::Object(values) => serializer.collect_map(values.iter().map(|(name, value)| (name, value))),
            Field::Unreadable(why) => serializer.collect_map([("unreadable", why.as_str())]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Branch, Column, Table};
    use serde_json::Value;

    /// What was opened is not closed: the end does that.
    #[test]
    fn a_table_grows_row_by_row() {
        let table = Table::new("thread", &[Column::left("id", "ID", 4), Column::right("at", "At", 8)]);
        let row = |id: u64| Block::from(table.row([id.into(), Field::Address(0x10).into()]));
        let section =
            Branch { blocks: vec![row(7), Line::of("note").into()], ..Branch::new(Record::new("s")) };
        let mut stream = JsonStream::default();
        stream.begin("!ready");
        let mut written = stream.piece(&Piece::Block(Line::of("first").into()));
        written += &stream.piece(&Piece::Open(table.clone().into()));
        for piece in [Piece::Block(row(1)), Piece::Block(row(2)), Piece::Open(Block::Tree(section.clone()))] {
            written += &stream.piece(&piece);
        }
        let mut closed = stream;
        let mut rest = written.clone();
        written += &closed.end(Some(&problem("stopped")));
        let value: Value = serde_json::from_str(&written).expect("an object");
        let grown = &value["blocks"][1];
        assert_eq!((&grown["of"], &grown["columns"][1]), (&Value::from("thread"), &Value::from("at")));
        assert_eq!(grown["blocks"][1]["fields"], serde_json::json!({"id": 2, "at": "0x10"}));
        assert_eq!(grown["blocks"][2]["blocks"][0]["fields"]["id"], 7);
        assert_eq!(value["error"]["text"], "stopped");
        // The same closed by hand, with something behind it.
        let mut stream = JsonStream { before: ",".to_owned(), open: 2 };
        for piece in [Piece::Close, Piece::Close, Piece::Block(Block::Section(section))] {
            rest += &stream.piece(&piece);
        }
        rest += &stream.end(None);
        let value: Value = serde_json::from_str(&rest).expect("an object");
        assert_eq!(value["blocks"][2]["kind"], "section");
        assert_eq!(value["blocks"][2]["blocks"][1]["text"], "note");
    }

    #[test]
    fn every_kind_of_value_has_its_form() {
        let values = vec![
            ("signed".into(), Field::Signed(-1)),
            ("float".into(), Field::Float(0.5)),
            ("nan".into(), Field::Float(f64::NAN)),
            ("time".into(), Field::Time((1_613_871_502 + 11_644_473_600) * 10_000_000 + 9_870_000)),
            ("gone".into(), Field::unreadable("page 1a2\u{1b} is not in the dump file")),
        ];
        let record = Record::new("x").field("all", Field::Object(values));
        // The time is that of `date -u -d @1613871502`.
        assert_eq!(
            object("x", &[record.into()], None)["blocks"][0]["fields"]["all"],
            serde_json::json!({
                "signed": -1,
                "float": 0.5,
                "nan": "NaN",
                "time": "2021-02-21T01:38:22.987Z",
                "gone": {"unreadable": "page 1a2. is not in the dump file"}
            })
        );
    }

    fn problem(text: &str) -> Problem {
        Problem {
            kind: "argument",
            text: text.to_owned(),
            hints: vec!["lm lists \u{202e}them".into(), "b".into()],
        }
    }

    fn object(command: &str, blocks: &[Block], error: Option<&str>) -> Value {
        let mut stream = JsonStream::default();
        stream.begin(command);
        let mut text: String = blocks.iter().map(|block| stream.block(block)).collect();
        text += &stream.end(error.map(problem).as_ref());
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
        assert_eq!(
            object("x \"y\"", &[], Some("no \u{202e}such"))["error"],
            serde_json::json!({"kind": "argument", "text": "no \u{fffd}such", "hints": ["lm lists \u{fffd}them", "b"]})
        );
        assert_eq!(object("x \"y\"", &[], None)["command"], "x \"y\"");
    }

    #[test]
    fn facts_are_as_clean_as_the_lines() {
        let record = Record::new("module").field("name", "a\u{9b}31m\u{202e}b\u{2028}\u{200b}");
        let value = object("lm", &[record.into()], None);
        assert_eq!(value["blocks"][0]["fields"]["name"], "a.31m\u{fffd}b.\u{fffd}");
    }
}
