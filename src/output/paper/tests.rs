use super::*;

/// A paper full of what its forms give a meaning.
fn nasty() -> Paper {
    let said = Said::of(
        "x *!`<b>`",
        Document { blocks: vec![Line::of("<script>a ``` b</script>").into()] },
        None,
        |_| String::new(),
    );
    let part = Part::new("problem", "<h1> & co")
        .prose("says", "# no heading *no* [no](http://x) <img src=x onerror=\"a\"> A_B _c_ \u{1b}[31m")
        .facts(vec![Stated::text("driver", "a|b", "x\\|y\n")])
        .list("evidence", "1. one", vec![Item { text: CleanText::new("- 'z'"), said: Some(said) }]);
    Paper { language: "en", title: CleanText::new("<T>"), parts: vec![part] }
}

#[test]
fn nothing_in_a_text_means_anything_in_html() {
    let html = nasty().html();
    for wanted in [
        "<title>&lt;T&gt;</title>",
        "<h2>&lt;h1&gt; &amp; co</h2>",
        "&lt;img src=x onerror=&quot;a&quot;&gt;",
        "<th>a|b</th><td>x\\|y.</td>",
        "<pre>&lt;script&gt;a ``` b&lt;/script&gt;\n</pre>",
        "- &#39;z&#39;",
    ] {
        assert!(html.contains(wanted), "{wanted}\n{html}");
    }
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains('\u{1b}'));
    // Every tag that is opened is closed.
    for tag in [
        "html", "head", "body", "section", "table", "tr", "td", "th", "ul", "li", "p", "figure", "pre",
        "style",
    ] {
        let opened = html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn nothing_in_a_text_means_anything_in_markdown() {
    let text = nasty().markdown();
    let wanted = "# \\<T\\>\n\n## \\<h1\\> \\& co\n\n\
                  \\# no heading \\*no\\* \\[no\\](http://x) \\<img src=x onerror=\"a\"\\> A_B \\_c\\_ .\\[31m\n\n\
                  | | |\n|---|---|\n| a\\|b | x\\\\\\|y. |\n\n**1\\. one**\n\n- \\- 'z'\n\n  \
                  `` x *!`<b>` ``\n\n  ````text\n  <script>a ``` b</script>\n  ````\n\n";
    assert_eq!(text, wanted);
}

#[test]
fn what_is_long_is_cut_and_that_is_said() {
    let lines =
        |count: usize| Document { blocks: (0..count).map(|n| Line::of(n.to_string()).into()).collect() };
    let said = |count| Said::of("k", lines(count), None, |left| format!("{left} more"));
    let (short, long) = (said(MOST_LINES), said(MOST_LINES + 3));
    assert!(short.note.is_none());
    assert_eq!(long.lines().count(), MOST_LINES);
    assert_eq!(long.note.map(|note| note.as_str().to_owned()).as_deref(), Some("3 more"));
    // What is said of one line is shown with that line, at the end of the output too.
    for (about, first) in [("500", 460), ("999", 940), ("123", 83), ("no such", 0)] {
        let said = Said::of("log", lines(1000), Some(about), |left| format!("{left} more"));
        let kept: Vec<String> = said.lines().map(Line::plain).collect();
        assert_eq!((kept.len(), kept[0].as_str()), (MOST_LINES, first.to_string().as_str()), "{about}");
    }
}
