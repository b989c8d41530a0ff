//! Memory at the stack pointer, or where a link led.

use super::{ImagePane, PaneSpec, choice, only_argument, wide};

/// What a link to memory (`db ADDRESS`) shows in a pane of a width: as many columns of bytes as fit, and more rows than
/// the command's own eight. Other lines stay as they are.
fn fitted(line: &str, width: u16) -> String {
    let Some(address) = only_argument(line, "db") else {
        return line.to_owned();
    };
    match width {
        84.. => format!("db {address} L200"),
        72..84 => format!("dc {address} L80"),
        _ => format!("dp {address} L40"),
    }
}

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Memory",
    choices: &[wide(84, "db", "db @$csp L200"), wide(72, "dc", "dc @$csp L80"), choice("dp", "dp @$csp L40")],
    image: Some(ImagePane { name: "Memory", line: "db {}" }),
    takes: &[
        "d", "db", "dc", "dd", "df", "dD", "dp", "dq", "du", "da", "dw", "dW", "dyb", "dyd", "dps", "dds",
        "dqs", "dpp", "dpa", "dpu", "dl", "ds", "dS",
    ],
    fit: fitted,
    anchored: true,
    wrap: false,
    skip: None,
    hints: "Enter follow  Backspace back  Tab pane  : command  / find  ? keys",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_shown_in_the_form_that_fits() {
        assert_eq!(fitted("db fffff807`61200000", 100), "db fffff807`61200000 L200");
        assert_eq!(fitted("db fffff807`61200000", 80), "dc fffff807`61200000 L80");
        assert_eq!(fitted("db fffff807`61200000", 54), "dp fffff807`61200000 L40");
        assert_eq!(fitted("db @rsp L4", 54), "db @rsp L4");
        assert_eq!(fitted("da 1000", 54), "da 1000");
    }
}
