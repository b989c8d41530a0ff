//! Roles to styles. The screen names roles only; these tables give each its look.
//!
//! No table is needed to understand the screen: what a role warns of also stands there as a word or mark.

use crate::output::Role;
use ratatui::style::{Color, Modifier, Style};

/// A set of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeName {
    /// For dark backgrounds, 256 colours.
    Dark,
    /// For light backgrounds, 256 colours.
    Light,
    /// Pure colours on black.
    HighContrast,
    /// The terminal's own 16 colours.
    Sixteen,
    /// Attributes only: bold, underline, reverse.
    Plain,
}

impl ThemeName {
    const ALL: [ThemeName; 5] =
        [ThemeName::Dark, ThemeName::Light, ThemeName::HighContrast, ThemeName::Sixteen, ThemeName::Plain];

    /// The theme that the environment asks for: `NO_COLOR`, then `DUMPSCOPE_THEME`, then what `TERM` can do.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> ThemeName {
        if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            return ThemeName::Plain;
        }
        if let Some(name) = variable("DUMPSCOPE_THEME").and_then(|name| ThemeName::parse(&name)) {
            return name;
        }
        let term = variable("TERM").unwrap_or_default();
        let many = term.contains("256") || term.contains("direct") || variable("COLORTERM").is_some();
        match term.as_str() {
            "dumb" | "vt100" | "vt220" => ThemeName::Plain,
            _ if many || cfg!(windows) => ThemeName::Dark,
            _ => ThemeName::Sixteen,
        }
    }

    /// The theme of a picture: what the environment asks for; no terminal limits its colours.
    pub fn of_picture(variable: impl Fn(&str) -> Option<String>) -> ThemeName {
        ThemeName::from_environment(|name| match name {
            "TERM" => Some("xterm-256color".to_owned()),
            name => variable(name),
        })
    }

    /// A theme by its name.
    pub fn parse(name: &str) -> Option<ThemeName> {
        ThemeName::ALL.into_iter().find(|theme| theme.name().eq_ignore_ascii_case(name))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            ThemeName::Dark => "dark",
            ThemeName::Light => "light",
            ThemeName::HighContrast => "contrast",
            ThemeName::Sixteen => "16",
            ThemeName::Plain => "plain",
        }
    }

    /// The one after it, round.
    pub fn next(self) -> ThemeName {
        let at = ThemeName::ALL.iter().position(|&theme| theme == self).unwrap_or(0);
        ThemeName::ALL.get(at + 1).copied().unwrap_or(ThemeName::Dark)
    }
}

/// The styles of a theme.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// Which one it is.
    pub name: ThemeName,
}

impl Theme {
    /// The styles of a theme by name.
    pub fn new(name: ThemeName) -> Theme {
        Theme { name }
    }

    /// How text of a role looks.
    pub fn role(&self, role: Role) -> Style {
        let color = match self.name {
            ThemeName::Dark => dark(role),
            ThemeName::Light => light(role),
            ThemeName::HighContrast => contrast(role),
            ThemeName::Sixteen => sixteen(role),
            ThemeName::Plain => None,
        };
        let style = Style::new().add_modifier(attributes(role));
        match color {
            Some(color) => style.fg(color),
            None => style,
        }
    }

    /// Title bars, the ticket line: reverse video.
    pub fn bar(&self, active: bool) -> Style {
        let style = Style::new().add_modifier(Modifier::REVERSED);
        if active { style.add_modifier(Modifier::BOLD) } else { self.quiet_bar(style) }
    }

    /// Bars of what is not active step back where the theme has a colour for that.
    fn quiet_bar(&self, fallback: Style) -> Style {
        match self.name {
            ThemeName::Dark => Style::new().fg(Color::Indexed(252)).bg(Color::Indexed(238)),
            ThemeName::Light => Style::new().fg(Color::Indexed(236)).bg(Color::Indexed(252)),
            _ => fallback,
        }
    }

    /// What is laid over the whole line under the cursor; `None` where the theme has no colour for it.
    pub fn cursor_line(&self) -> Option<Style> {
        match self.name {
            ThemeName::Dark => Some(Style::new().bg(Color::Indexed(236))),
            ThemeName::Light => Some(Style::new().bg(Color::Indexed(254))),
            ThemeName::HighContrast | ThemeName::Sixteen | ThemeName::Plain => None,
        }
    }

    /// What is laid over the chosen span.
    pub fn chosen(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// What is laid over text that can be followed.
    pub fn link(&self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    /// What is laid over text that was searched for.
    pub fn found(&self) -> Style {
        match self.name {
            ThemeName::Plain => Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
            ThemeName::HighContrast => Style::new().fg(Color::Black).bg(Color::White),
            ThemeName::Dark | ThemeName::Light => Style::new().fg(Color::Indexed(16)).bg(Color::Indexed(221)),
            ThemeName::Sixteen => Style::new().fg(Color::Black).bg(Color::Yellow),
        }
    }
}

fn attributes(role: Role) -> Modifier {
    match role {
        Role::Heading | Role::Mnemonic | Role::ThirdParty | Role::Changed | Role::Error => Modifier::BOLD,
        _ => Modifier::empty(),
    }
}

fn dark(role: Role) -> Option<Color> {
    Some(Color::Indexed(match role {
        Role::Text | Role::Value | Role::Heading | Role::Mnemonic => return None,
        Role::Label => 246,
        Role::Address => 110,
        Role::Symbol => 150,
        Role::Module => 115,
        Role::ThirdParty => 215,
        Role::Register => 146,
        Role::Changed => 221,
        Role::Unreadable | Role::Dim => 243,
        Role::Warning => 214,
        Role::Error => 203,
    }))
}

fn light(role: Role) -> Option<Color> {
    Some(Color::Indexed(match role {
        Role::Text | Role::Value | Role::Heading | Role::Mnemonic => return None,
        Role::Label => 240,
        Role::Address => 25,
        Role::Symbol => 22,
        Role::Module => 23,
        Role::ThirdParty => 130,
        Role::Register => 54,
        Role::Changed => 94,
        Role::Unreadable | Role::Dim => 244,
        Role::Warning => 130,
        Role::Error => 124,
    }))
}

fn contrast(role: Role) -> Option<Color> {
    Some(match role {
        Role::Text | Role::Value | Role::Label | Role::Heading | Role::Mnemonic => Color::White,
        Role::Address | Role::Register => Color::LightCyan,
        Role::Symbol | Role::Module => Color::LightGreen,
        Role::ThirdParty | Role::Changed | Role::Warning => Color::LightYellow,
        Role::Unreadable | Role::Dim => Color::Gray,
        Role::Error => Color::LightRed,
    })
}

fn sixteen(role: Role) -> Option<Color> {
    Some(match role {
        Role::Text | Role::Value | Role::Heading | Role::Mnemonic | Role::Label => return None,
        Role::Address => Color::Cyan,
        Role::Symbol | Role::Module => Color::Green,
        Role::Register => Color::Magenta,
        Role::ThirdParty | Role::Changed | Role::Warning => Color::Yellow,
        Role::Unreadable | Role::Dim => Color::DarkGray,
        Role::Error => Color::Red,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> ThemeName {
        let find = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        ThemeName::from_environment(find)
    }

    #[test]
    fn the_environment_chooses() {
        assert_eq!(with(&[("TERM", "xterm-256color")]), ThemeName::Dark);
        assert_eq!(with(&[("TERM", "linux")]), ThemeName::Sixteen);
        assert_eq!(with(&[("TERM", "vt100")]), ThemeName::Plain);
        assert_eq!(with(&[("TERM", "xterm-256color"), ("DUMPSCOPE_THEME", "light")]), ThemeName::Light);
        assert_eq!(with(&[("DUMPSCOPE_THEME", "light"), ("NO_COLOR", "1")]), ThemeName::Plain);
        assert_eq!(with(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]), ThemeName::Dark);
    }

    #[test]
    fn no_color_means_no_color() {
        let theme = Theme::new(ThemeName::Plain);
        let mut styles: Vec<Style> =
            [Role::Error, Role::Address, Role::Dim, Role::ThirdParty].map(|role| theme.role(role)).to_vec();
        styles.extend([theme.bar(true), theme.bar(false), theme.chosen(), theme.link(), theme.found()]);
        assert!(styles.iter().all(|style| style.fg.is_none() && style.bg.is_none()), "{styles:?}");
    }

    #[test]
    fn all_themes_can_be_reached_from_each_other() {
        let mut theme = ThemeName::Dark;
        for expected in ThemeName::ALL {
            assert_eq!(theme, expected);
            theme = theme.next();
        }
        assert_eq!(theme, ThemeName::Dark);
    }
}
