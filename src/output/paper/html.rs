//! A paper as one HTML file that needs nothing else and prints well.

use super::{Item, Matter, Paper, Said};
use crate::output::plain;
use crate::util::markup::escaped;
use std::fmt::Write;

/// How it looks: as a letter on the screen and on paper, without colours that carry meaning.
const STYLE: &str = "\
body{max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff;line-height:1.5;\
font-family:\"Segoe UI\",\"Microsoft YaHei\",\"PingFang SC\",\"Noto Sans CJK SC\",sans-serif}
h1{font-size:1.5rem;border-bottom:2px solid #444;padding-bottom:.3rem}
h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid #bbb;padding-bottom:.2rem}
h3{font-size:1rem;margin:1.2rem 0 .4rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.2rem .6rem;border:1px solid #ccc;overflow-wrap:anywhere}
th{white-space:nowrap;font-weight:600;background:#f4f4f4;width:1%}
code,pre{font-family:Consolas,\"Cascadia Mono\",Menlo,\"Noto Sans Mono CJK SC\",monospace}
figure{margin:.5rem 0 1rem}
figcaption{color:#444;font-size:.9rem}
pre{margin:.2rem 0;padding:.6rem;background:#f6f6f6;border:1px solid #ddd;overflow-x:auto;font-size:.8rem;line-height:1.35}
@page{margin:18mm 15mm}
@media print{body{max-width:none;margin:0;padding:0;font-size:10pt}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:7.5pt}
h1,h2,h3,figcaption{break-after:avoid}tr,li>p{break-inside:avoid}}
";

impl Paper {
    /// The paper as an HTML file: no script, nothing from elsewhere, and every text is only text.
    pub fn html(&self) -> String {
        let title = escaped(self.title.as_str());
        let mut text = format!(
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"generator\" content=\"dumpscope\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
            escaped(self.language)
        );
        for part in &self.parts {
            let _ = write!(text, "<section>\n<h2>{}</h2>\n", escaped(part.title.as_str()));
            part.matter.iter().for_each(|matter| matter_of(matter, &mut text));
            text.push_str("</section>\n");
        }
        text.push_str("</body>\n</html>\n");
        text
    }
}

// Writing to a text cannot fail.
fn matter_of(matter: &Matter, text: &mut String) {
    match matter {
        Matter::Prose { text: prose, .. } => {
            let _ = writeln!(text, "<p>{}</p>", escaped(prose.as_str()));
        }
        Matter::Facts(facts) => {
            text.push_str("<table>\n");
            for fact in facts {
                let (label, shown) = (escaped(fact.label.as_str()), escaped(fact.shown.as_str()));
                let _ = writeln!(text, "<tr><th>{label}</th><td>{shown}</td></tr>");
            }
            text.push_str("</table>\n");
        }
        Matter::List { label, items, .. } => {
            let _ = write!(text, "<h3>{}</h3>\n<ul>\n", escaped(label.as_str()));
            items.iter().for_each(|item| item_of(item, text));
            text.push_str("</ul>\n");
        }
        Matter::Said(said) => {
            if let Some(label) = &said.label {
                let _ = writeln!(text, "<h3>{}</h3>", escaped(label.as_str()));
            }
            said_of(said, text);
        }
    }
}

fn item_of(item: &Item, text: &mut String) {
    let _ = write!(text, "<li><p>{}</p>", escaped(item.text.as_str()));
    if let Some(said) = &item.said {
        text.push('\n');
        said_of(said, text);
    }
    text.push_str("</li>\n");
}

fn said_of(said: &Said, text: &mut String) {
    let _ = write!(text, "<figure>\n<figcaption><code>{}</code>", escaped(said.command.as_str()));
    if let Some(note) = &said.note {
        let _ = write!(text, " ({})", escaped(note.as_str()));
    }
    text.push_str("</figcaption>\n");
    let body = plain(said.lines());
    if !body.is_empty() {
        let _ = writeln!(text, "<pre>{}</pre>", escaped(&body));
    }
    text.push_str("</figure>\n");
}
