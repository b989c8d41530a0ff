//! `.report`: the crash as a write-up for whoever had it.

mod analysis;
mod appendix;
mod conclusion;
mod file;
mod problem;
mod quote;

use super::analyze::verdict::judge;
use crate::analysis::{Windows, explain};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs, Switch, Switches,
    Takes,
};
use crate::output::Record;
use crate::output::paper::Paper;
use crate::words::{Language, Message};
use quote::Quotes;

/// `.report`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".report"],
    group: Group::Analysis,
    switches: Switches::words(&[
        Switch::flag("/commands", "adds the lines that were typed in this session and what was said to them"),
        Switch::with("/lang", Takes::Name, "LANGUAGE", "in that language, whatever .lang says")
            .expecting(Expects::Word(&["en", "zh-CN"])),
    ])
    .before_path(),
    arguments: &[Argument::new("[FILE.md | FILE.html | FILE.json]", Expects::Path)],
    summary: "Writes the crash up for whoever had it: problem, analysis, conclusion, next steps",
    help: "The problem says what happened, on which machine and when; the analysis what is behind the verdict, each piece of \
           evidence with the command that shows it and what that says, the stack, and the version of the module at fault; the \
           conclusion how sure the verdict is and what speaks against it; then what to do next. Event logs (--events) and \
           other dumps that were named are told of, too. Long outputs are cut, which is said.\n\n\
           Without a file the write-up is shown. The ending chooses the form: Markdown, one HTML file that needs nothing else \
           and prints well, or JSON as --json has it. A report is written over an older one, never over another file.\n\
           Example: .report /lang zh-CN case.html",
    needs: Needs::Dump,
    effect: Effect::Writes,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let file = file::of(args.text)?;
    let language = match args.text_of("/lang") {
        None => context.session.settings.language,
        Some(tag) => Language::parse(tag)
            .ok_or_else(|| CommandError::Argument(format!("no language '{tag}'; there are en and zh-CN")))?,
    };
    let own = std::mem::replace(&mut context.session.settings.language, language);
    let paper = paper(args.has("/commands"), context);
    context.session.settings.language = own;
    let paper = paper?;
    let Some(file) = file else {
        return paper.blocks().into_iter().try_for_each(|block| context.out.emit(block));
    };
    file.write(&paper)?;
    let said = Message::new("report.written").with("path", file.path()).in_language(own).into_owned();
    context.out.emit(Record::new("report").field("path", file.path()).text(said))
}

/// The write-up. What is selected stays selected.
fn paper(with_commands: bool, context: &mut Context<'_>) -> Result<Paper, CommandError> {
    let judged = judge(context.session)?;
    let header = context.session.target.header()?;
    let (code, parameters) = (header.bug_check_code, header.bug_check_parameters);
    let windows = Windows { build: header.minor_version, machine: header.machine };
    let explained = explain(code, parameters, windows);
    let language = context.session.settings.language;
    let name = problem::name(code, explained.as_ref());
    let title = Message::new("report.title").with("name", name).in_language(language).into_owned();
    let problem = problem::part(explained.as_ref(), &judged, context)?;
    let parts = Quotes::around(context, |quotes, context| {
        let analysis = analysis::part(&judged, quotes, context)?;
        let conclusion = conclusion::part(&judged, context)?;
        Ok(vec![problem, analysis, conclusion, conclusion::next(&judged, language)])
    })?;
    let appendix = with_commands.then(|| appendix::part(context.session));
    let parts = parts.into_iter().chain(appendix).filter(|part| !part.matter.is_empty()).collect();
    Ok(Paper { language: language.tag(), title: crate::output::CleanText::new(title), parts })
}
