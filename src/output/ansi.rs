//! Plain text with SGR colours, for terminals outside the explorer.

use super::span::{Line, Role};

/// Lines with each role's colour, using the terminal's own 16-colour palette.
pub fn ansi<'l>(lines: impl IntoIterator<Item = &'l Line>) -> String {
    let mut text = String::new();
    for line in lines {
        for span in line.spans() {
            match sgr(span.role) {
                Some(code) if !span.text().trim().is_empty() => {
                    text.push_str(&format!("\x1b[{code}m{}\x1b[0m", span.text()));
                }
                _ => text.push_str(span.text()),
            }
        }
        text.push('\n');
    }
    text
}

fn sgr(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Text | Role::Value => return None,
        Role::Label | Role::Dim => "2",
        Role::Heading | Role::Mnemonic => "1",
        Role::Address => "36",
        Role::Symbol => "32",
        Role::Module => "34",
        Role::Register => "35",
        Role::ThirdParty | Role::Changed => "1;33",
        Role::Unreadable => "2;31",
        Role::Warning => "33",
        Role::Error => "1;31",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Line;

    #[test]
    fn colour_wraps_only_what_has_a_role() {
        let line = Line::of("a ").role(Role::Module, "nt");
        assert_eq!(ansi([&line]), "a \x1b[34mnt\x1b[0m\n");
    }
}
