//! `!common`: what several dumps of one machine say together.

mod rows;

use super::analyze::verdict::{self, Judged, look_at};
use crate::analysis::{Compared, Summary, common_verdict, joint};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Target;
use crate::session::{Session, Settings};
use crate::util::order::Order;
use std::path::{Path, PathBuf};

/// `!common`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!common"],
    group: Group::Analysis,
    arguments: &[Argument::new("[DUMP ...]", Expects::Path)],
    summary: "Compares several dumps of one machine: what each says, and what they say together",
    help: "Judges the dump that is open and those that are named here, or stood behind it on the command line, one after \
           the other, shows a row for each, and then concludes from what they have in common: the same wrong bit or byte, \
           a processor that contradicts itself, the same instruction of the same build, third-party modules on the true \
           stacks of different bug checks (one that was not loaded in every dump is exonerated), a display driver that fails \
           in several builds, many kinds of bug checks within days.\n\n\
           A dump is of this machine if processor, maker, model and the number of processors are the same as far as they are \
           known, and so is the model or at least half of the third-party drivers. Dumps of other machines are told and not \
           joined.\n\
           Example: dumpscope A.dmp B.dmp C.dmp -c \"!common\"",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

/// Dumps that are compared.
const MOST: usize = 64;

/// A dump beside the one that is open.
struct Other {
    name: String,
    told: Result<(Summary, Compared), String>,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let named: Vec<PathBuf> = args.words().map(|word| PathBuf::from(word.trim_matches('"'))).collect();
    let paths = if named.is_empty() { context.session.systems.others() } else { named };
    if paths.is_empty() {
        let what = "no other dump is named: !common B.dmp C.dmp, or dumpscope A.dmp B.dmp C.dmp";
        return Err(CommandError::Argument(what.to_owned()));
    }
    if paths.len() > MOST {
        let what = format!("{} dumps are named, at most {MOST} are compared at once", paths.len());
        return Err(CommandError::Argument(what));
    }
    let own = summary(&name(context.session.target.subject().path()), context.session)?;
    let mut others: Vec<Other> = Vec::new();
    for path in &paths {
        context.out.check()?;
        let mut found = other(path, &own, context.session)?;
        if let Ok((summary, compared)) = &mut found.told {
            let known = others.iter().filter_map(|other| other.told.as_ref().ok()).map(|(known, _)| known);
            if known.chain([&own]).any(|known| known.is_of_same_crash(summary)) {
                *compared = Compared::SameCrash;
            }
        }
        others.push(found);
    }
    let same = others.iter().filter_map(|other| match &other.told {
        Ok((summary, Compared::Same)) => Some(summary),
        _ => None,
    });
    let mut dumps: Vec<&Summary> = std::iter::once(&own).chain(same).collect();
    dumps.order_by_key(|dump| dump.time);
    rows::table(&dumps, context)?;
    rows::left_out(&others, context)?;
    context.out.blank()?;
    if dumps.len() < 2 {
        return rows::alone(context);
    }
    let facts = joint(&dumps);
    let judged = Judged { saved: None, verdict: common_verdict(&facts), facts };
    verdict::show(&judged, context)
}

/// The last part of a path.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn summary(name: &str, session: &Session) -> Result<Summary, CommandError> {
    look_at(session, |crash, facts, verdict| Summary::of(name, &crash, &facts, &verdict))
}

/// Opens another dump, keeps what it says, and closes it: memory does not grow with their number.
fn other(path: &Path, own: &Summary, session: &Session) -> Result<Other, CommandError> {
    let name = name(path);
    let opened = Target::open(path, &mut |_| {});
    let mut target = match opened {
        Ok(target) => target,
        Err(why) => return Ok(Other { name, told: Err(why.to_string()) }),
    };
    let finder = session.target.symbols().finder();
    let options = finder.options().clone();
    target.set_paths(finder.symbol_path().clone(), finder.image_path().clone(), options);
    // The logs are those of the dump that is open.
    let settings = Settings { events: Vec::new(), ..session.settings.clone() };
    let mut theirs = Session::new(target, settings);
    theirs.cancel = session.cancel.clone();
    let told = match summary(&name, &theirs) {
        Ok(summary) => {
            let compared = own.machine.compare(&summary.machine);
            Ok((summary, compared))
        }
        Err(CommandError::Cancelled) => return Err(CommandError::Cancelled),
        Err(why) => Err(why.to_string()),
    };
    Ok(Other { name, told })
}
