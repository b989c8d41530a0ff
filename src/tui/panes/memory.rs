//! Memory at the stack pointer, or where a link led.

use super::{ImagePane, Lead, PaneSpec, as_anywhere, at_the_top, choice};
use crate::output::Action;
use crate::util::hex;

/// As many columns of bytes as fit, and more rows than the command's own eight.
fn fitted(action: &Action, width: u16) -> Option<String> {
    Some(match action {
        Action::Memory(address) => {
            let address = hex::tick(*address);
            match width {
                84.. => format!("db {address} L200"),
                72..84 => format!("dc {address} L80"),
                _ => format!("dp {address} L40"),
            }
        }
        Action::Pointers(address) => format!("dps {} L40", hex::tick(*address)),
        _ => return None,
    })
}

/// Memory without a type.
fn is_memory(action: &Action) -> bool {
    use Action::{Memory, Numbers, Pointers};
    matches!(action, Memory(_) | Pointers(_) | Numbers(_))
}

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.memory",
    short: "explorer.short.memory",
    // On a stack the values that point somewhere tell more than bytes do.
    choices: &[choice("dps", "dps @$csp L80"), choice("dp", "dp @$csp L40")],
    image: Some(ImagePane { name: "explorer.pane.memory", line: "db {}" }),
    takes: is_memory,
    fit: fitted,
    choose: as_anywhere,
    lead: Lead::Name,
    lands: at_the_top,
    folded: false,
    anchored: true,
    steady: false,
    wrap: false,
    skip: None,
    gutter: 0,
    hints: "explorer.hints.memory",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_shown_in_the_form_that_fits() {
        let fitted = |action, width| fitted(&action, width);
        let memory = || Action::Memory(0xfffff807_61200000);
        assert_eq!(fitted(memory(), 100).as_deref(), Some("db fffff807`61200000 L200"));
        assert_eq!(fitted(memory(), 80).as_deref(), Some("dc fffff807`61200000 L80"));
        assert_eq!(fitted(memory(), 54).as_deref(), Some("dp fffff807`61200000 L40"));
        assert_eq!(fitted(Action::Pte(0x10000), 54), None);
    }
}
