//! A published table of MEX: its rule says where its columns stand.

use super::Sample;
use std::ops::Range;

/// The heading, the rule and the rows.
#[derive(Clone)]
pub struct Table {
    pub heading: String,
    pub rule: String,
    /// The rows as they were published,
    pub lines: Vec<String>,
    /// and their cells without the blanks around them.
    pub rows: Vec<Vec<String>>,
    spans: Vec<Range<usize>>,
}

/// What a line has at some columns; the last one of a table may be wider than its rule.
fn cut(line: &str, span: &Range<usize>) -> String {
    line.chars().skip(span.start).take(span.len()).collect()
}

impl Table {
    /// The first table of a sample, without what its author cut.
    pub fn of(sample: &Sample) -> Table {
        let at = sample.lines.iter().position(|line| line.starts_with("==")).unwrap();
        let rule = sample.lines[at].clone();
        let mut spans = Vec::new();
        let mut from = 0;
        for stretch in rule.split(' ') {
            spans.push(from..from + stretch.len());
            from += stretch.len() + 1;
        }
        let lines: Vec<String> = sample.lines[at + 1..]
            .iter()
            .take_while(|line| !line.is_empty() && !line.starts_with("==") && !line.starts_with("[..."))
            .cloned()
            .collect();
        let mut table = Table { heading: sample.lines[at - 1].clone(), rule, lines, rows: Vec::new(), spans };
        table.rows = table.lines.iter().map(|line| table.cells(line)).collect();
        table
    }

    /// The cells of a line that stands in its columns.
    pub fn cells(&self, line: &str) -> Vec<String> {
        self.spans.iter().map(|span| cut(line, span).trim().to_owned()).collect()
    }

    /// The same with some of its rows.
    pub fn keeping(&self, wanted: impl Fn(usize, &[String]) -> bool) -> Table {
        let kept: Vec<usize> = (0..self.rows.len()).filter(|at| wanted(*at, &self.rows[*at])).collect();
        let mut table = self.clone();
        table.rows = kept.iter().map(|at| self.rows[*at].clone()).collect();
        table.lines = kept.iter().map(|at| self.lines[*at].clone()).collect();
        table
    }

    /// The same without a column.
    pub fn without(&self, title: &str) -> Table {
        let at = self.spans.iter().position(|span| cut(&self.heading, span).trim() == title).unwrap();
        // With the blank behind it.
        let gone = self.spans[at].start..self.spans[at].end + 1;
        let short = |line: &String| -> String {
            let kept = line.chars().enumerate().filter(|(at, _)| !gone.contains(at));
            kept.map(|(_, c)| c).collect::<String>().trim_end().to_owned()
        };
        let mut spans = self.spans.clone();
        spans.remove(at);
        for span in &mut spans[at..] {
            *span = span.start - gone.len()..span.end - gone.len();
        }
        let mut table = Table {
            heading: short(&self.heading),
            rule: short(&self.rule),
            lines: self.lines.iter().map(short).collect(),
            rows: Vec::new(),
            spans,
        };
        table.rows = table.lines.iter().map(|line| table.cells(line)).collect();
        table
    }
}
