//! The instructions where the current context stands.

use super::{PaneSpec, choice, only_argument};

/// More instructions of a link to code (`u ADDRESS`) than the command's own eight.
fn fitted(line: &str, _width: u16) -> String {
    match only_argument(line, "u") {
        Some(address) => format!("u {address} L40"),
        None => line.to_owned(),
    }
}

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Code",
    choices: &[choice("u", "u @$ip L40")],
    image: None,
    takes: &["u", "ub", "uf"],
    fit: fitted,
    anchored: true,
    wrap: false,
    skip: None,
    hints: "Enter follow  Backspace back  Tab pane  : command  / find  ? keys",
};
