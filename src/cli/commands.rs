//! `dumpscope commands` and `dumpscope completions`: what the program knows, for readers, manuals and shells.

use super::options::Wording;
use super::writer::Output;
use super::{Exit, Flags, end_with_help};
use crate::command::{COMMANDS, CommandSpec, reference};
use crate::words::Language;
use clap::{CommandFactory, Parser};
use clap_complete::Shell;
use std::ffi::OsString;

/// Lists the commands of a session
#[derive(Debug, Parser)]
#[command(name = "dumpscope commands", bin_name = "dumpscope commands")]
struct Listing {
    /// As a manual page (roff), with the help of each
    #[arg(long, conflicts_with = "markdown")]
    man: bool,
    /// The JSON Schema of what --json writes, in place of the commands
    #[arg(long, conflicts_with_all = ["man", "markdown", "text"])]
    schema: bool,
    /// As Markdown tables, a chapter each
    #[arg(long)]
    markdown: bool,
    /// Only those whose name has this text in it
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    #[command(flatten)]
    wording: Wording,
}

/// Prints what a shell needs to complete dumpscope's flags
#[derive(Debug, Parser)]
#[command(name = "dumpscope completions", bin_name = "dumpscope completions")]
struct Completions {
    /// The shell
    shell: Shell,
}

/// What `--json` writes. Its number is raised by whatever takes something away or changes what it means.
const SCHEMA: &str = include_str!("../../assets/schema/output-1.json");

/// Runs `dumpscope commands` with the arguments after these two words.
pub fn run(arguments: impl Iterator<Item = OsString>) -> Exit {
    let arguments = std::iter::once(OsString::from("dumpscope commands")).chain(arguments);
    let listing = match Listing::try_parse_from(arguments) {
        Ok(listing) => listing,
        Err(error) => return end_with_help(&error),
    };
    if listing.schema {
        return say(SCHEMA);
    }
    let wanted: Vec<&CommandSpec> =
        COMMANDS.iter().copied().filter(|spec| is_wanted(spec, &listing)).collect();
    say(&match (listing.man, listing.markdown) {
        (true, _) => manual(&wanted, listing.wording.lang),
        (_, true) => reference(|spec| is_wanted(spec, &listing), listing.wording.lang),
        _ => wanted.iter().map(|spec| line(spec, listing.wording.lang)).collect(),
    })
}

/// Runs `dumpscope completions` with the arguments after these two words.
pub fn complete(arguments: impl Iterator<Item = OsString>) -> Exit {
    let arguments = std::iter::once(OsString::from("dumpscope completions")).chain(arguments);
    let completions = match Completions::try_parse_from(arguments) {
        Ok(completions) => completions,
        Err(error) => return end_with_help(&error),
    };
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut Flags::command(), "dumpscope", &mut script);
    say(&String::from_utf8_lossy(&script))
}

fn say(text: &str) -> Exit {
    let mut out = Output::default();
    // A reader that leaves early is no failure; what cannot be written is told.
    let _ = out.write(text).and_then(|()| out.flush());
    out.end_with(Exit::Success)
}

fn is_wanted(spec: &CommandSpec, listing: &Listing) -> bool {
    let has =
        |text: &String| spec.names.iter().any(|name| name.to_lowercase().contains(&text.to_lowercase()));
    listing.text.as_ref().is_none_or(has)
}

fn line(spec: &CommandSpec, language: Language) -> String {
    let name = spec.names.join(" ");
    format!("{name:<24} {}\n", spec.summary_in(language))
}

/// A manual page in the macros of man(7).
fn manual(wanted: &[&CommandSpec], language: Language) -> String {
    let mut page = ".TH DUMPSCOPE-COMMANDS 7\n.SH NAME\ndumpscope-commands \\- the commands of a dumpscope session\n\
                    .SH DESCRIPTION\nThey are WinDbg's. dumpscope(1) runs them from -c and -cf, at the prompt of --repl and in \
                    the explorer.\n.SH COMMANDS\n"
        .to_owned();
    for spec in wanted {
        let names: Vec<String> = spec.names.iter().map(|name| format!("\\fB{}\\fR", roff(name))).collect();
        page.push_str(&format!(
            ".TP\n{} {}\n{}.\n",
            names.join(", "),
            roff(&spec.usage()),
            roff(spec.summary_in(language))
        ));
        page.push_str(".nf\n");
        for line in spec.switches.help().into_iter().chain(spec.help_lines()) {
            page.push_str(&roff(&line));
            page.push('\n');
        }
        page.push_str(".fi\n");
    }
    page
}

/// Text in which nothing is a request of roff.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    if text.starts_with('.') { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_page_holds_every_command_and_no_request_of_theirs() {
        let page = manual(COMMANDS, Language::English);
        for spec in COMMANDS {
            assert!(page.contains(&roff(spec.names[0])), "{:?}", spec.names);
        }
        let requests = [".TH", ".SH", ".TP", ".nf", ".fi"];
        let other = page.lines().find(|line| {
            line.starts_with(['.', '\'']) && !requests.iter().any(|known| line.starts_with(known))
        });
        assert_eq!(other, None);
    }
}
