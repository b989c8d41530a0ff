//! From flags to a session.

use super::exit::{Exit, Refusal};
use super::progress::ProgressLine;
use super::{Flags, choose, complain, demo};
use crate::debuggee::{OpenError, Subject, Target};
use crate::dump::DumpError;
use crate::search::finder;
use crate::search::path::SearchPath;
use crate::session::{Session, Settings, Shell, Systems};
use crate::util::language::Language;
use std::path::{Path, PathBuf};

/// Opens the dump that the flags name. Warnings go to standard error.
pub fn open(options: &Flags) -> Result<Session, Refusal> {
    let mut paths = options.dump_paths();
    let (subject, demo_symbols, systems) = match &options.demo {
        Some(case) => {
            let dump = demo::open(case)?;
            paths.insert(0, dump.path().to_owned());
            (Subject::Dump(dump), Some(demo::symbol_path(case)), Systems::named(paths))
        }
        None => {
            let (subject, systems) = open_first(paths, options)?;
            (subject, None, systems)
        }
    };
    systems.opened(systems.number(), &subject);
    let mut target = Target::of(subject);
    let symbols = match (demo_symbols, &options.symbol_path) {
        (_, Some(path)) => SearchPath::parse(path),
        (Some(Ok(path)), None) => path,
        (Some(Err(why)), None) => {
            warn(&why.to_string());
            SearchPath::default()
        }
        (None, None) => SearchPath::symbols_from_env(),
    };
    let images = options.image_path.as_deref().map_or_else(SearchPath::images_from_env, SearchPath::parse);
    for warning in symbols.warnings().iter().chain(images.warnings()) {
        warn(warning);
    }
    target.set_paths(symbols, images, finder::FinderOptions::default());
    if let Some(lost) = target.lost_files().into_iter().next() {
        return Err(Refusal { message: lost.to_string(), exit: Exit::NotOpened });
    }
    for warning in target.warnings() {
        warn(warning);
    }
    if options.lang == Language::Chinese {
        complain(&format!("dumpscope: {}", crate::words::text("cli.what_is_worded", options.lang)));
    }
    let settings = Settings {
        radix: options.radix,
        frames: None,
        zone: options.tz.clone(),
        language: options.lang,
        pool_tags: options.pool_tags.clone(),
        shell: if options.allow_shell { Shell::Always } else { Shell::Never },
        events: options.events.clone(),
        ..Settings::default()
    };
    let mut session = Session::new(target, settings);
    session.systems = systems;
    Ok(session)
}

/// Opens the first of the dumps. Where somebody can see which one it is, that is the first that can be opened; a script is
/// meant for the first one that was named.
fn open_first(paths: Vec<PathBuf>, options: &Flags) -> Result<(Subject, Systems), Refusal> {
    let systems = Systems::named(paths.clone());
    let mut refused = None;
    for (number, path) in paths.iter().enumerate() {
        let refusal = match open_file(path, !options.is_script()) {
            Ok(subject) => {
                refused.iter().for_each(|refusal: &Refusal| warn(&refusal.message));
                return Ok((subject, systems.of(number)));
            }
            Err(refusal) => refusal,
        };
        if options.is_script() {
            return Err(refusal);
        }
        systems.failed(number, &refusal.message);
        refused.get_or_insert(refusal);
    }
    let message = "no dump or image named. dumpscope FILE opens one; dumpscope --demo opens an embedded case; --help \
                   tells the rest";
    Err(refused.unwrap_or_else(|| Refusal { message: message.to_owned(), exit: Exit::Usage }))
}

fn warn(text: &str) {
    complain(&format!("dumpscope: warning: {text}"));
}

/// Opens a file. Of several dumps in an archive one is asked for, if `may_ask` and somebody can be asked.
fn open_file(path: &Path, may_ask: bool) -> Result<Subject, Refusal> {
    let mut progress = ProgressLine::default();
    let opened = Subject::open(path, &mut |step| progress.show(&step));
    progress.clear();
    match opened {
        Ok(subject) => Ok(subject),
        Err(OpenError::Dump(DumpError::SeveralDumps { path, names, .. })) if may_ask && choose::can_ask() => {
            match choose::choose(&path, &names) {
                Some(chosen) => open_file(&chosen, false),
                None => Err(Refusal { message: "none was chosen".to_owned(), exit: Exit::NotOpened }),
            }
        }
        Err(error) => Err(Refusal { message: error.to_string(), exit: Exit::NotOpened }),
    }
}
