//! The five stories, one of which has two dumps, told by keys alone and by typed commands, on the smallest and a large screen, in both languages: each
//! ends on the module at fault, or on the word that nobody is known, and with the report.

use crate::terminal::Terminal;
use std::path::PathBuf;
use std::thread;

/// A case: the demo, what its verdict says in English and in Chinese, the module that is gone to, and what its details say.
struct Story {
    demo: &'static str,
    /// A word of the verdict, which no width breaks.
    verdict: [&'static str; 2],
    module: &'static str,
    details: &'static str,
}

/// The verdicts are the expert's of each story; image paths are the forge's.
const STORIES: [Story; 6] = [
    Story { demo: "wifi", verdict: ["wlanflt", "wlanflt"], module: "wlanflt", details: "wlanflt.sys" },
    Story { demo: "scanner-1a", verdict: ["vscan", "vscan"], module: "vscan", details: "vscan.sys" },
    Story { demo: "scanner-139", verdict: ["vscan", "vscan"], module: "vscan", details: "vscan.sys" },
    // Nobody can be blamed: the driver at the bad address is Windows' own.
    Story { demo: "nosyms", verdict: ["unknown", "不明"], module: "Ntfs", details: "Ntfs.sys" },
    Story { demo: "usb", verdict: ["usbredir", "usbredir"], module: "usbredir", details: "usbredir.sys" },
    Story { demo: "readonly", verdict: ["unknown", "不明"], module: "isospace", details: "isospace.sys" },
];

/// Walks through all stories; the sizes and languages beside one another, for most of the time is waiting.
fn each(way: &str, walk: impl Fn(&Story, &mut Terminal, &PathBuf) + Sync) {
    let through = |(columns, rows): (u16, u16), word: usize, language: &str| {
        for story in &STORIES {
            let name = format!("walk-{way}-{}-{columns}-{language}.md", story.demo);
            let report = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
            let _ = std::fs::remove_file(&report);
            let arguments = ["--demo", story.demo, "--lang", language];
            let mut terminal = Terminal::open(columns, rows, &arguments, &[]);
            terminal.wait_for(story.verdict[word]);
            terminal.wait_for_silence();
            walk(story, &mut terminal, &report);
            let text = std::fs::read_to_string(&report).expect("the report");
            assert!(text.contains(story.verdict[word]), "{}, {language}: {text}", story.demo);
            terminal.leave();
        }
    };
    thread::scope(|scope| {
        let through = &through;
        for size in [(80, 24), (200, 60)] {
            for (word, language) in ["en", "zh-CN"].into_iter().enumerate() {
                scope.spawn(move || through(size, word, language));
            }
        }
    });
}

/// The modules pane is gone to, the module found, its details followed; `R` writes the report where the prompt says.
#[test]
fn keys_alone_lead_to_the_module_and_the_report() {
    each("keys", |story, terminal, report| {
        terminal.enter_panes();
        terminal.press("6");
        terminal.wait_for("start  ");
        terminal.wait_for_silence();
        terminal.press(&format!("/{}\r", story.module));
        terminal.wait_for_silence();
        terminal.press("\r");
        terminal.wait_for(story.details);
        terminal.press("\x7f");
        terminal.wait_for("start  ");
        terminal.press("R");
        terminal.wait_for(".report ");
        // The name that is offered gives way to another.
        terminal.press(&format!("\x15.report {}\r", report.display()));
        let done = report.clone();
        terminal.wait_until("the report", move |_| done.exists());
    });
}

#[test]
fn typed_commands_lead_to_the_module_and_the_report() {
    each("commands", |story, terminal, report| {
        terminal.press(&format!("lmvm {}\r", story.module));
        terminal.wait_for(story.details);
        terminal.press("k\r");
        terminal.wait_for("Call Site");
        terminal.press(&format!(".report {}\r", report.display()));
        let done = report.clone();
        terminal.wait_until("the report", move |_| done.exists());
    });
}
