//! Text for HTML and XML.

/// Text as it stands between two tags or in an attribute of HTML or XML. XML takes no control characters but tabs and line ends:
/// a space stands for each other.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() && !matches!(c, '\t' | '\n') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_ends_a_tag_or_an_attribute_and_xml_can_hold_it() {
        assert_eq!(escaped("a<b>&\"c'\u{1b}[m\n驱动\t"), "a&lt;b&gt;&amp;&quot;c&#39; [m\n驱动\t");
    }
}
