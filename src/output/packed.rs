//! Lines as they are kept: up to a million, of which a few dozen are looked at.

use super::action::Action;
use super::span::{Line, Role, Span};
use crate::util::width;

/// A line in little memory: its text in one piece, and where roles and links begin and end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packed {
    text: Box<str>,
    /// Empty for a line of ordinary text.
    parts: Box<[Part]>,
    /// What the parts that are links stand for, in their order.
    actions: Box<[Action]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    /// Where it ends in the text.
    end: u32,
    role: Role,
    is_link: bool,
}

impl Packed {
    /// The text without roles.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is something to follow on it.
    pub fn has_link(&self) -> bool {
        !self.actions.is_empty()
    }

    /// Whether nothing is on it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// How many terminal columns it takes.
    pub fn columns(&self) -> usize {
        width::columns(&self.text)
    }

    /// The line. Parts beside each other that look alike are one.
    pub fn line(&self) -> Line {
        if self.parts.is_empty() {
            return Line::of(&self.text);
        }
        let (mut line, mut start, mut actions) = (Line::new(), 0, self.actions.iter());
        for part in &self.parts {
            let end = usize::try_from(part.end).unwrap_or(usize::MAX);
            let span = Span::new(part.role, self.text.get(start..end).unwrap_or_default());
            let action = if part.is_link { actions.next() } else { None };
            line.push(match action {
                Some(action) => span.with_action(action.clone()),
                None => span,
            });
            start = end;
        }
        line
    }

    /// How many pieces of memory that is.
    pub fn allocations(&self) -> usize {
        let held = [!self.text.is_empty(), !self.parts.is_empty(), !self.actions.is_empty()];
        held.into_iter().filter(|held| *held).count()
    }

    /// Bytes that it takes, its own included; what the allocator adds is not.
    pub fn bytes(&self) -> usize {
        size_of::<Packed>() + self.text.len() + size_of_val(&*self.parts) + size_of_val(&*self.actions)
    }
}

impl From<Line> for Packed {
    fn from(line: Line) -> Packed {
        let mut parts: Vec<Part> = Vec::new();
        let mut actions = Vec::new();
        let mut text = String::new();
        for span in line.spans().iter().filter(|span| !span.text().is_empty()) {
            text.push_str(span.text());
            let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
            let is_link = span.action.is_some();
            actions.extend(span.action.clone());
            // Blanks look alike in every role.
            let is_blank = span.text().bytes().all(|byte| byte == b' ');
            let joins = |last: &&mut Part| !is_link && !last.is_link && (is_blank || last.role == span.role);
            match parts.last_mut().filter(joins) {
                Some(last) => last.end = end,
                None => parts.push(Part { end, role: span.role, is_link }),
            }
        }
        if let [Part { role: Role::Text, is_link: false, .. }] = parts.as_slice() {
            parts.clear();
        }
        Packed { text: text.into(), parts: parts.into(), actions: actions.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_as_it_was() {
        let line = Line::of("a ")
            .link(Role::Module, "nt", Action::Module("nt".into()))
            .text(" ")
            .value("12")
            .link(Role::Address, "10", Action::Memory(0x10))
            .link(Role::Address, "20", Action::Code(0x20))
            .text(" 驱动");
        assert_eq!(Packed::from(line.clone()).line(), line);
        let plain = Line::of("plain 驱动");
        assert_eq!(Packed::from(plain.clone()).line(), plain);
        assert_eq!(Packed::from(Line::new()), Packed::default());
        let halves = Line::of("one ").text("two").role(Role::Dim, "").text(" three");
        assert_eq!(Packed::from(halves).line(), Line::of("one two three"));
        let cells = Line::new().value("4d").text(" ").value("5a").text("  MZ");
        assert_eq!(Packed::from(cells).line(), Line::new().value("4d 5a").text("  MZ"));
    }

    /// A million plain lines must fit into 150 MB.
    #[test]
    fn a_plain_line_takes_about_its_text() {
        let text = "fffff807`61200000  ".repeat(3);
        let kept = Packed::from(Line::of(&text));
        assert_eq!(kept.bytes(), text.len() + 48);
    }
}
