//! One JSON object a command.

use super::document::{Block, Document, Field};
use serde_json::{Map, Value, json as object};

/// The document of `command` as an object:
///
/// `{"command": "...", "error": null | "...", "blocks": [{"kind": "line", "text": "..."},
/// {"kind": "module", "fields": {...}, "text": "..."}]}`. Every field is optional; addresses are `0x` text.
pub fn json(command: &str, document: &Document, error: Option<&str>) -> Value {
    object!({
        "command": command,
        "error": error,
        "blocks": document.blocks.iter().map(block).collect::<Vec<_>>(),
    })
}

fn block(block: &Block) -> Value {
    let text = block.lines().iter().map(|line| line.plain()).collect::<Vec<_>>().join("\n");
    match block {
        Block::Line(_) => object!({ "kind": "line", "text": text }),
        Block::Record(record) => {
            let fields: Map<String, Value> =
                record.fields.iter().map(|(name, value)| ((*name).to_owned(), field(value))).collect();
            object!({ "kind": record.kind, "fields": fields, "text": text })
        }
    }
}

fn field(value: &Field) -> Value {
    match value {
        Field::Null => Value::Null,
        Field::Bool(value) => Value::Bool(*value),
        Field::Number(value) => Value::from(*value),
        Field::Hex(value) => Value::String(format!("{value:#x}")),
        Field::Text(value) => Value::String(value.clone()),
        Field::List(values) => Value::Array(values.iter().map(field).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Line, Record};

    #[test]
    fn records_carry_their_facts() {
        let record = Record::new("module")
            .field("base", Field::Hex(0xfffff8047ba00000))
            .field("name", "nt")
            .line(Line::of("fffff804`7ba00000 nt"));
        let document = Document { blocks: vec![Line::of("head").into(), record.into()] };
        let value = json("lm", &document, None);
        assert_eq!(value["blocks"][1]["fields"]["base"], "0xfffff8047ba00000");
        assert_eq!(value["blocks"][0]["text"], "head");
        assert_eq!(value["error"], Value::Null);
    }
}
