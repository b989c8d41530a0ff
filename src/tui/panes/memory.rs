//! Memory at the stack pointer, or where a link led: as pointers, bytes or text.

use super::{ImagePane, Lead, PaneSpec, Steady, as_anywhere, as_it_is, at_the_top, choice};
use crate::output::Action;
use crate::util::hex;

/// As what memory is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Form {
    /// A pointer a row, with what it points to.
    Pointers,
    /// Bytes, with their characters.
    Bytes,
    /// The text that begins there.
    Text,
}

impl Form {
    /// What is shown at first: of an image, which has neither stack nor pool, its bytes.
    pub(in crate::tui) fn first(is_image: bool) -> Form {
        if is_image { Form::Bytes } else { Form::Pointers }
    }

    /// The next one.
    pub(in crate::tui) fn next(self) -> Form {
        match self {
            Form::Pointers => Form::Bytes,
            Form::Bytes => Form::Text,
            Form::Text => Form::Pointers,
        }
    }

    /// The key of its name.
    pub(in crate::tui) fn name(self) -> &'static str {
        match self {
            Form::Pointers => "explorer.memory.pointers",
            Form::Bytes => "explorer.memory.bytes",
            Form::Text => "explorer.memory.text",
        }
    }
}

/// From here on a row of sixteen bytes has room.
const SIXTEEN_BYTES: u16 = 84;

/// The line that shows what a link leads to, or else what lies at the stack pointer, or the module of an image; `None` for what
/// is no memory.
pub(in crate::tui) fn line(
    form: Form,
    link: Option<&Action>,
    image: Option<&str>,
    width: u16,
) -> Option<String> {
    let at = |mask: u64| {
        Some(match (link, image) {
            (Some(link), _) => hex::tick(address(link)? & mask),
            (None, Some(module)) => module.to_owned(),
            (None, None) => "@$csp".to_owned(),
        })
    };
    Some(match form {
        // A pointer stands where its size divides the address.
        Form::Pointers => format!("dps --named {} L80", at(!7)?),
        Form::Bytes if width >= SIXTEEN_BYTES => format!("db {} L200", at(!0)?),
        Form::Bytes => format!("db /c 8 {} L200", at(!0)?),
        Form::Text => {
            let at = at(!0)?;
            format!("da {at} L200; du {at} L100")
        }
    })
}

/// The address of memory without a type.
fn address(action: &Action) -> Option<u64> {
    match action {
        Action::Memory(at) | Action::Pointers(at) | Action::Numbers(at) => Some(*at),
        _ => None,
    }
}

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.memory",
    short: "explorer.short.memory",
    choices: &[choice("dps", "dps --named @$csp L80")],
    image: Some(ImagePane { name: "explorer.pane.memory", line: "db {}" }),
    takes: |action| address(action).is_some(),
    fit: as_it_is,
    choose: as_anywhere,
    lead: Lead::Name,
    lands: at_the_top,
    folded: false,
    anchored: true,
    steady: Steady::Nothing,
    wrap: false,
    skip: None,
    gutter: 0,
    guide: None,
    hints: "explorer.hints.memory",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::first_command;

    #[test]
    fn memory_is_shown_in_the_form_that_was_chosen() {
        let link = Action::Memory(0xfffff807_61200003);
        let shown = |form, width| line(form, Some(&link), None, width).expect("memory");
        assert_eq!(shown(Form::Pointers, 54), "dps --named fffff807`61200000 L80");
        assert_eq!(shown(Form::Bytes, 100), "db fffff807`61200003 L200");
        assert_eq!(shown(Form::Bytes, 54), "db /c 8 fffff807`61200003 L200");
        assert_eq!(shown(Form::Text, 54), "da fffff807`61200003 L200; du fffff807`61200003 L100");
        assert_eq!(line(Form::Bytes, None, Some("nt"), 100).as_deref(), Some("db nt L200"));
        assert_eq!(line(Form::Pointers, None, None, 54).as_deref(), Some(SPEC.choices[0].line));
        assert_eq!(line(Form::Bytes, Some(&Action::Pte(0x10000)), None, 54), None);
    }

    #[test]
    fn every_form_is_a_command_that_exists_and_leads_to_the_first_again() {
        let mut form = Form::first(false);
        for _ in 0..3 {
            let shown = line(form, None, None, 80).expect("the stack");
            assert!(first_command(&shown).is_ok_and(|found| found.is_some()), "{shown}");
            form = form.next();
        }
        assert_eq!(form, Form::Pointers);
    }
}
