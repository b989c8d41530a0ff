//! The flags.

use crate::session::Radix;
use crate::util::filetime::Zone;
use crate::util::language::Language;
use clap::{Args, Parser, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// A terminal debugger for Windows kernel crash dumps (and for drivers and programs by themselves).
#[derive(Debug, Parser)]
#[command(name = "dumpscope", version, about)]
pub struct Flags {
    /// The dump to open (.dmp), or an image (.sys, .exe, .dll) to look into without a dump; also inside .zip or .gz
    #[arg(value_name = "FILE")]
    pub dump: Option<PathBuf>,
    /// More dumps: each is a system of its own (||), and !common compares them
    #[arg(value_name = "MORE")]
    pub more: Vec<PathBuf>,
    /// The same, as kd spells it, also several times: without --tui, commands run and their text goes to standard output
    #[arg(short = 'z', value_name = "FILE", conflicts_with = "dump")]
    pub z: Vec<PathBuf>,
    /// Open an embedded demo case; `--demo list` tells them
    #[arg(long, value_name = "CASE", num_args = 0..=1, default_missing_value = "wifi")]
    pub demo: Option<String>,
    /// Symbol path
    #[arg(short = 'y', value_name = "SYMPATH")]
    pub symbol_path: Option<String>,
    /// Image path: folders, separated by `;`, whose images stand in for code that the dump lacks
    #[arg(short = 'i', value_name = "IMAGEPATH")]
    pub image_path: Option<String>,
    /// A list of pool tags in the form of pooltag.txt; otherwise one beside the symbols is taken
    #[arg(long = "pooltag", value_name = "FILE")]
    pub pool_tags: Option<PathBuf>,
    /// An event log (.evtx) that came with the dump, for !history; may be given for several
    #[arg(long, value_name = "FILE")]
    pub events: Vec<PathBuf>,
    /// Commands to run, separated by `;`
    #[arg(short = 'c', value_name = "COMMANDS")]
    pub commands: Vec<String>,
    /// A file of commands to run, one line after the other (kd: -cf)
    #[arg(long = "cf", value_name = "FILE")]
    pub command_file: Option<PathBuf>,
    /// End with the first line that fails; otherwise the lines after it run
    #[arg(long)]
    pub stop_on_error: bool,
    /// Stop a line of commands that takes longer, and go on with the next
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
    /// Let scripts send the output of commands through programs of this computer (`COMMAND | PROGRAM`)
    #[arg(long)]
    pub allow_shell: bool,
    /// Also write the output to this file (kd: -logo)
    #[arg(long = "logo", value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Line mode: a prompt without the full screen
    #[arg(long)]
    pub repl: bool,
    /// The explorer even when commands are given; they run first
    #[arg(long, conflicts_with = "repl")]
    pub tui: bool,
    /// Write a picture of the explorer (.svg or .txt) instead of opening it; the commands of -c run first
    #[arg(long, value_name = "FILE", conflicts_with_all = ["repl", "json", "log_file"])]
    pub screenshot: Option<PathBuf>,
    /// Columns and rows of the picture
    #[cfg(feature = "explorer")]
    #[arg(long, value_name = "WxH", value_parser = size, default_value = "120x40", requires = "screenshot")]
    pub size: crate::tui::Size,
    /// Keys to press before the picture is taken: `<Esc>3<Down><Enter>`
    #[cfg(feature = "explorer")]
    #[arg(long, value_name = "KEYS", value_parser = crate::tui::Keys::parse, default_value = "", requires = "screenshot", hide_default_value = true)]
    pub keys: crate::tui::Keys,
    /// One JSON object a command instead of text
    #[arg(long)]
    pub json: bool,
    /// Colour in plain output
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// Language of explanations and of the explorer
    #[arg(long, value_name = "en|zh-CN", value_parser = language, default_value = "en")]
    pub lang: Language,
    /// Zone of times: utc, local, or an offset such as +08:00
    #[arg(long, value_parser = zone, default_value = "utc")]
    pub tz: Zone,
    /// Radix of numbers without a prefix: 16, 10 or 8
    #[arg(long, value_parser = radix, default_value = "16")]
    pub radix: Radix,
}

/// When to colour plain output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Flags {
    /// The dumps that were named, either way.
    pub fn dump_paths(&self) -> Vec<PathBuf> {
        self.dump.iter().chain(&self.z).chain(&self.more).cloned().collect()
    }

    /// Whether commands were given that run without a person watching.
    pub fn is_script(&self) -> bool {
        !self.tui && self.screenshot.is_none() && (!self.commands.is_empty() || self.command_file.is_some())
    }
}

/// The language of what is printed without a session.
#[derive(Debug, Args)]
pub struct Wording {
    /// Language of the summaries
    #[arg(long, value_name = "en|zh-CN", value_parser = language, default_value = "en")]
    pub lang: Language,
}

/// kd's one-dash words as clap knows them.
pub fn rewrite_words(arguments: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    arguments.map(|argument| match argument.to_str() {
        Some("-cf") => OsString::from("--cf"),
        Some("-logo") => OsString::from("--logo"),
        _ => argument,
    })
}

fn zone(text: &str) -> Result<Zone, String> {
    Zone::parse(text).ok_or_else(|| "expected utc, local, or an offset such as +08:00".to_owned())
}

fn language(tag: &str) -> Result<Language, String> {
    Language::parse(tag).ok_or_else(|| "expected en or zh-CN".to_owned())
}

#[cfg(feature = "explorer")]
fn size(text: &str) -> Result<crate::tui::Size, String> {
    crate::tui::Size::parse(text).ok_or_else(|| "expected columns and rows, 20x5 to 500x200".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<u64> = text.parse().ok().filter(|seconds| (1..=86_400).contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| "expected whole seconds, 1 to 86400".to_owned())
}

fn radix(text: &str) -> Result<Radix, String> {
    match text {
        "16" => Ok(Radix::Hex),
        "10" => Ok(Radix::Decimal),
        "8" => Ok(Radix::Octal),
        _ => Err("expected 16, 10 or 8".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_consistent() {
        Flags::command().debug_assert();
    }

    #[test]
    fn kd_words_and_letters() {
        let typed = ["dumpscope", "-z", "a.dmp", "-cf", "steps.txt", "-c", "r; k", "-c", "lm"];
        let options = Flags::try_parse_from(rewrite_words(typed.iter().map(OsString::from))).expect("parses");
        assert_eq!(options.dump_paths(), [PathBuf::from("a.dmp")]);
        assert_eq!(options.command_file, Some(PathBuf::from("steps.txt")));
        assert_eq!(options.commands, ["r; k", "lm"]);
        assert!(options.is_script());
    }
}
