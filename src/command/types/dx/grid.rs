//! `dx -g`: elements as rows, their members as columns.

use super::children::{Children, children};
use super::node::Node;
use super::shown::Shown;
use super::text::{Text, text};
use crate::command::{CommandError, Context};
use crate::output::{Line, Role};
use crate::util::width::columns as width;

/// The most columns of a grid: a structure with more members is better shown as a tree.
const MAX_COLUMNS: usize = 64;
/// A cell leaves this many blanks after its text.
const MARGIN: usize = 3;
/// The longest text of a cell.
const MAX_CELL: usize = 60;
/// What stands for a structure or array in a cell.
const OPENS: &str = "{...}";

/// Shows the elements of an array, or the structure a value is, as a grid.
pub(super) fn show(root: &Node, shown: &Shown, context: &mut Context<'_>) -> Result<(), CommandError> {
    let Children { nodes: rows, more } = children(root, shown.first, context);
    let inside: Vec<Vec<Node>> = rows.iter().map(|row| children(row, 0, context).nodes).collect();
    let Some(columns) = inside.iter().find(|members| !members.is_empty()) else {
        return Err(CommandError::Argument(format!(
            "dx -g shows an array of structures; {} is {}",
            shown.expression, root.ty
        )));
    };
    let columns: Vec<&Node> = columns.iter().take(MAX_COLUMNS).collect();
    let mut header = vec![String::new()];
    header.extend(columns.iter().map(|column| match column.opens() {
        true => format!("(+) {}", column.name),
        false => column.name.clone(),
    }));
    let mut cells: Vec<Vec<String>> = Vec::new();
    for (row, members) in rows.iter().zip(&inside) {
        context.out.check()?;
        let first = if row.name.is_empty() { row.place.clone() } else { row.name.clone() };
        let mut line = vec![first];
        line.extend(columns.iter().enumerate().map(|(at, _)| match members.get(at) {
            Some(member) => cell(text(member, shown.radix, context)),
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
    context.out.emit(rule.as_str())?;
    context.out.emit(Line::new().role(Role::Heading, row(&header, &widths, '=')))?;
    context.out.emit(rule.as_str())?;
    for line in &cells {
        context.out.emit(Line::of(row(line, &widths, '-')))?;
    }
    context.out.emit(rule.as_str())?;
    if let Some(next) = more {
        let more = shown.more(&format!("-g -c {next}"));
        context.out.emit(Line::new().link(Role::Value, "[...]", more))?;
    }
    Ok(())
}

fn cell(text: Text) -> String {
    let text = match text {
        Text::None => OPENS.to_owned(),
        Text::Value(text) => text,
        Text::Unreadable(..) => "????".to_owned(),
    };
    match text.char_indices().nth(MAX_CELL) {
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
