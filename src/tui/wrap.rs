//! Breaking long lines where prose may be broken, for panes.

use crate::output::{Line, Span};
use crate::util::width::{clip, columns, pieces};

/// `line` as lines of at most `width` columns. The lines after the first are indented as the first one's text is, so
/// that a wrapped entry still reads as one. Roles and actions are kept.
pub(super) fn wrap(line: &Line, width: usize) -> Vec<Line> {
    if line.columns() <= width || width < 8 {
        return vec![line.clone()];
    }
    let plain = line.plain();
    let indent = plain.len() - plain.trim_start_matches(' ').len();
    let indent = " ".repeat((indent + 2).min(width / 2));
    let mut wrapper = Wrapper { width, indent, done: Vec::new(), line: Line::new(), used: 0, parted: false };
    for span in line.spans() {
        wrapper.span(span);
    }
    wrapper.finish()
}

/// How many bytes of a word go into a line that has room for `fits`: up to where a part of a name or path ends, if that is in
/// its second half.
fn seam(word: &str, fits: usize) -> usize {
    let start = word.get(..fits).unwrap_or_default();
    let mut ends = start.rmatch_indices(['!', ':', '\\', '/']).map(|(at, _)| at + 1);
    let is_whole = |end: &usize| !word.get(*end..).is_some_and(|rest| rest.starts_with(':'));
    ends.find(is_whole).filter(|end| *end > fits / 2).unwrap_or(fits)
}

struct Wrapper {
    width: usize,
    indent: String,
    done: Vec<Line>,
    line: Line,
    used: usize,
    /// Whether blanks that had no room stood behind what the line holds: what comes next is another word.
    parted: bool,
}

impl Wrapper {
    fn span(&mut self, span: &Span) {
        let mut piece = String::new();
        for word in pieces(span.text()) {
            if self.parted && !word.trim().is_empty() {
                self.break_line();
            }
            let length = columns(&piece);
            if self.used + length + columns(word.trim_end()) > self.width
                && self.used + length > self.indent.len()
            {
                match piece.is_empty() {
                    true => self.break_before_word(),
                    false => {
                        self.push(span, piece.trim_end());
                        piece.clear();
                        self.break_line();
                    }
                }
            }
            piece.push_str(word);
            while self.used + columns(piece.trim_end()) > self.width {
                let fits = seam(&piece, clip(&piece, self.width.saturating_sub(self.used)).len());
                // A character wider than what is left of an empty line would never fit.
                let fits = if fits == 0 { piece.chars().next().map_or(0, char::len_utf8) } else { fits };
                let rest = piece.split_off(fits);
                self.push(span, &piece);
                piece = rest;
                self.break_line();
            }
        }
        let room = self.width.saturating_sub(self.used);
        let parted = columns(&piece) > room;
        self.push(span, if parted { piece.trim_end() } else { &piece });
        self.parted |= parted;
    }

    fn push(&mut self, span: &Span, text: &str) {
        if text.is_empty() {
            return;
        }
        let mut part = Span::new(span.role, text);
        part.action.clone_from(&span.action);
        self.used += columns(part.text());
        self.line.push(part);
    }

    /// Ends the line before the word that its last spans are the beginning of: `x23=` goes along with its value.
    fn break_before_word(&mut self) {
        let mut kept = self.line.spans().to_vec();
        let mut carried = Vec::new();
        while let Some(last) = kept.pop() {
            let word = pieces(last.text()).last().unwrap_or_default();
            let start = last.text().len() - word.len();
            if word.ends_with(' ') {
                kept.push(last);
                break;
            }
            let part = |text: &str| {
                let mut part = Span::new(last.role, text);
                part.action.clone_from(&last.action);
                part
            };
            carried.push(part(word));
            if start > 0 {
                kept.push(part(last.text().get(..start).unwrap_or_default()));
                break;
            }
        }
        let length: usize = carried.iter().map(|span| columns(span.text())).sum();
        // A word that fills most of a line is broken where it ends.
        if kept.iter().all(|span| span.text().trim().is_empty()) || length > self.width / 2 {
            return self.break_line();
        }
        self.line = Line::new();
        kept.into_iter().for_each(|span| self.line.push(span));
        self.break_line();
        for span in carried.into_iter().rev() {
            self.used += columns(span.text());
            self.line.push(span);
        }
    }

    fn break_line(&mut self) {
        let indent = Line::of(&self.indent);
        self.used = self.indent.len();
        self.parted = false;
        self.done.push(std::mem::replace(&mut self.line, indent));
    }

    fn finish(mut self) -> Vec<Line> {
        if self.line.spans().iter().any(|span| !span.text().trim().is_empty()) || self.done.is_empty() {
            self.done.push(self.line);
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Action, Role};

    fn wrapped(text: &str, width: usize) -> Vec<String> {
        wrap(&Line::of(text), width).iter().map(|line| line.plain().trim_end().to_owned()).collect()
    }

    #[test]
    fn words_stay_whole_and_the_indent_is_kept() {
        assert_eq!(wrapped("  one two three four", 12), ["  one two", "    three", "    four"]);
        assert_eq!(wrapped("short", 12), ["short"]);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let line = Line::of("Arg4: ")
            .link(Role::Address, "ffff838d7cc25cb0", Action::Memory(1))
            .text(", context record address");
        for width in 8..60 {
            assert!(wrap(&line, width).iter().all(|line| line.columns() <= width), "{width}");
        }
    }

    /// The blank between two values has no room where the first one ends at the edge: they stay two.
    #[test]
    fn values_stay_apart_at_the_edge() {
        let line = Line::new().role(Role::Address, "0123456789").text(" ").role(Role::Address, "abcd");
        let lines: Vec<String> = wrap(&line, 10).iter().map(Line::plain).collect();
        assert_eq!(lines, ["0123456789", "  abcd"]);
        let line =
            Line::new().role(Role::Address, "012345678").text("   ").role(Role::Address, "a").text("b c");
        let lines: Vec<String> = wrap(&line, 10).iter().map(Line::plain).collect();
        assert_eq!(lines, ["012345678", "  ab c"]);
    }

    #[test]
    fn what_has_no_blanks_is_cut() {
        assert_eq!(wrapped("abcdefghijklmnop", 10), ["abcdefghij", "  klmnop"]);
        assert_eq!(wrapped("驱动驱动驱动驱动", 9), ["驱动驱动", "  驱动驱", "  动"]);
        assert_eq!(wrapped("驱动驱动，驱动", 8), ["驱动驱", "  动，驱", "  动"]);
    }

    #[test]
    fn names_and_paths_are_broken_between_their_parts() {
        assert_eq!(
            wrapped("usbredir!Redirect::Endpoint::Submit", 33),
            ["usbredir!Redirect::Endpoint::", "  Submit"]
        );
        assert_eq!(
            wrapped("\\SystemRoot\\system32\\drivers\\a.sys", 30),
            ["\\SystemRoot\\system32\\drivers\\", "  a.sys"]
        );
        assert_eq!(
            wrapped("usbredir!Redirect::Endpoint::Submit", 28),
            ["usbredir!Redirect::", "  Endpoint::Submit"]
        );
        // A seam near the beginning would leave most of the line empty.
        assert_eq!(wrapped("nt!KiSystemServiceExitPico", 20), ["nt!KiSystemServiceEx", "  itPico"]);
        assert_eq!(
            wrapped("a: fffff80765091069fffff80765091069", 20),
            ["a:", "  fffff80765091069ff", "  fff80765091069"]
        );
    }

    #[test]
    fn a_label_stays_with_its_value() {
        let line = Line::of("x22=00000000  ").label("x23=").value("0000000000000000");
        let lines: Vec<String> =
            wrap(&line, 24).iter().map(|line| line.plain().trim_end().to_owned()).collect();
        assert_eq!(lines, ["x22=00000000", "  x23=0000000000000000"]);
        let alone = Line::new().label("x23=").value("0000000000000000");
        assert!(wrap(&alone, 12).iter().all(|line| line.columns() <= 12));
    }

    #[test]
    fn every_part_of_a_link_can_be_followed() {
        let line = Line::of("Arg1: ").link(Role::Address, "ffff8401 32bde910 and more", Action::Memory(1));
        let lines = wrap(&line, 16);
        assert!(lines.len() > 1);
        for line in &lines {
            assert!(line.spans().iter().any(|span| span.action == Some(Action::Memory(1))), "{line:?}");
        }
    }
}
