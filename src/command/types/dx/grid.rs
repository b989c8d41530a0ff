//! `dx -g`: elements as rows, their members as columns.

use super::children::{Children, PAGE, children};
use super::node::Node;
use super::text::{Text, switch, text};
use super::tree::Teller;
use crate::command::CommandError;
use crate::eval::model::Value;
use crate::output::{Line, Role};
use crate::util::width::columns as width;

/// The most columns of a grid: a structure with more members is better shown as a tree.
const MAX_COLUMNS: usize = 64;
/// The most rows of a grid.
const MAX_ROWS: usize = 10_000;
/// A cell leaves this many blanks after its text.
const MARGIN: usize = 3;
/// The longest text of a cell.
const MAX_CELL: usize = 60;
/// What stands for a structure or array in a cell.
const OPENS: &str = "{...}";

/// Shows the elements of an array or a list, or the structure a value is, as a grid.
pub(super) fn show(root: &Node, teller: &mut Teller<'_, '_, '_>) -> Result<(), CommandError> {
    let (shown, model) = (teller.shown, teller.model);
    let count = shown.form.count.unwrap_or(PAGE).min(MAX_ROWS);
    let Children { nodes: rows, more } = children(root, shown.first, count, model)?;
    let mut inside: Vec<Vec<Node>> = Vec::new();
    for row in &rows {
        teller.out.check()?;
        inside.push(children(row, 0, MAX_COLUMNS, model)?.nodes);
    }
    if let Some(Value::Error(why)) = rows.first().map(|row| &row.value)
        && rows.len() == 1
    {
        return Err((**why).clone().into());
    }
    let Some(columns) = inside.iter().find(|members| !members.is_empty()) else {
        return Err(CommandError::Argument(format!(
            "dx -g shows an array of structures or a list of objects; {} is {}",
            shown.expression,
            if root.ty.is_empty() { root.value.kind() } else { root.ty.clone() }
        )));
    };
    let columns: Vec<&Node> = columns.iter().take(MAX_COLUMNS).collect();
    let mut header = vec![String::new()];
    header.extend(columns.iter().map(|column| match column.opens() {
        true => format!("(+) {}", column.name),
        false => column.name.clone(),
    }));
    let widest = shown.cell.unwrap_or(MAX_CELL);
    let mut cells: Vec<Vec<String>> = Vec::new();
    for (row, members) in rows.iter().zip(&inside) {
        teller.out.check()?;
        let name = if row.name.is_empty() { row.place.clone() } else { row.name.clone() };
        let first = match (&row.value, text(row, shown.form, model)) {
            (Value::Native(_), _) | (_, Text::None) => name,
            (_, told) => format!("{name} : {}{}", cell(told, widest), switch(row)),
        };
        let mut line = vec![first];
        line.extend(columns.iter().enumerate().map(|(at, _)| match members.get(at) {
            Some(member) => cell(text(member, shown.form, model), widest),
            None => String::new(),
        }));
        cells.push(line);
    }
    let widths: Vec<usize> = header
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let longest = cells.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max();
            width(name).max(longest.unwrap_or(0) + MARGIN)
        })
        .collect();
    let rule = "=".repeat(widths.iter().map(|width| width + 3).sum::<usize>() + 1);
    teller.out.emit(rule.as_str())?;
    teller.out.emit(Line::new().role(Role::Heading, row(&header, &widths, '=')))?;
    teller.out.emit(rule.as_str())?;
    for line in &cells {
        teller.out.emit(Line::of(row(line, &widths, '-')))?;
    }
    teller.out.emit(rule.as_str())?;
    if let Some(next) = more {
        let more = shown.more(&format!("-g -c {next}"));
        teller.out.emit(Line::new().link(Role::Value, "[...]", more))?;
    }
    Ok(())
}

fn cell(text: Text, widest: usize) -> String {
    let text = match text {
        Text::None => OPENS.to_owned(),
        Text::Value(text) => text,
        Text::Unreadable(..) | Text::Lacking(_) => "????".to_owned(),
    };
    match text.char_indices().nth(widest) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// A line of the grid: `= [0] - 0x1 - 0x2 =`.
fn row(cells: &[String], widths: &[usize], between: char) -> String {
    let mut line = String::new();
    for (at, (cell, columns)) in cells.iter().zip(widths).enumerate() {
        let mark = if at == 0 { '=' } else { between };
        let blanks = columns.saturating_sub(width(cell));
        line.push_str(&format!("{mark} {cell}{:blanks$} ", ""));
    }
    line.push('=');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of a public transcript.
    #[test]
    fn rows_are_framed() {
        let widths = [10, 17, 13];
        let text = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<String>>();
        assert_eq!(
            row(&text(&["", "Name", "SecureProcess"]), &widths, '='),
            "=            = Name              = SecureProcess ="
        );
        assert_eq!(
            row(&text(&["[0x48]", "Secure System", "0x1"]), &widths, '-'),
            "= [0x48]     - Secure System     - 0x1           ="
        );
    }
}
