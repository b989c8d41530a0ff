//! The objects that the bug check names and the variables of the frame; or a type, or an object by its type, where a link led.

use super::{Lead, PaneSpec, Steady, as_anywhere, at_the_top, choice, wide};
use crate::output::{Action, ObjectForm};

/// What has a layout.
fn is_typed(action: &Action) -> bool {
    matches!(action, Action::Object { .. } | Action::Type(_) | Action::More { .. })
}

/// Objects with what is embedded in them and what they point to a level down, to be unfolded; the variables of a frame.
fn fitted(action: &Action, width: u16) -> Option<String> {
    match action {
        Action::Object { ty, address, form: ObjectForm::Plain } => {
            let opened = Action::Object { ty: ty.clone(), address: *address, form: ObjectForm::Opened(1) };
            Some(opened.command().ok()?.into_owned())
        }
        Action::Frame(number) => {
            let variables = if width < WITH_TYPES { "dv" } else { "dv /t" };
            Some(format!(".frame {number:x}; {variables}"))
        }
        _ => None,
    }
}

/// From here on a variable has its type beside it.
const WITH_TYPES: u16 = 60;

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.types",
    short: "explorer.pane.types",
    choices: &[wide(WITH_TYPES, "dt", "dt -r1"), choice("dt", "dt -r1 -o")],
    image: None,
    takes: is_typed,
    fit: fitted,
    choose: as_anywhere,
    lead: Lead::Name,
    lands: at_the_top,
    folded: true,
    anchored: true,
    steady: Steady::Nothing,
    wrap: false,
    skip: None,
    gutter: 0,
    guide: Some("explorer.help.types"),
    hints: "explorer.hints.types",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_opened_and_a_frame_has_variables() {
        let object = Action::object("nt!_EPROCESS", 0xfffff807_61200000);
        assert_eq!(fitted(&object, 54).as_deref(), Some("dt nt!_EPROCESS fffff807`61200000 -r1"));
        assert_eq!(fitted(&Action::Frame(0x11), 80).as_deref(), Some(".frame 11; dv /t"));
        assert_eq!(fitted(&Action::Frame(0x11), 54).as_deref(), Some(".frame 11; dv"));
        assert_eq!(fitted(&Action::object("a;q!_B", 0x10000), 54), None);
        assert_eq!(fitted(&Action::Type("nt!_LUID".into()), 54), None);
    }
}
