//! `!software`: who else's code runs in the kernel, and where it can touch what others do.

use super::cells::{date, file_version, version};
use crate::command::line::Out;
use crate::command::show::callback_kind;
use crate::command::show::maker;
use crate::command::show::missing::not_all;
use crate::command::show::walking::{Walking, walk_told};
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs, Switch, Switches};
use crate::debuggee::{Lack, Maker, MakerEvidence, Module, Scope, Target};
use crate::kernel::{AllHooks, CallbackKind, Hooks, WalkedThread, known_threads};
use crate::output::{Action, Cell, Column, Field, Line, Record, Role, Table};
use crate::session::{DEFAULT_FRAMES, Session};
use crate::symbols::pe::version::VersionInfo;
use crate::unwind::{Frame, Trust};
use std::collections::{BTreeMap, BTreeSet};

/// `!software`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!software"],
    group: Group::Kernel,
    switches: Switches::letters(&[Switch::flag(
        "-q",
        "without the stacks of all threads, which take a while",
    )]),
    summary: "Shows the modules that did not come with Windows: whose, how old, on which stacks, where they hook",
    help: "A row for each third-party module of the kernel and of the current process: the innermost frame of the current \
           stack that lies in it (`?` where that was found by searching the stack), how many threads have it on their \
           stacks, version, date and company. Below it stand its product and where it can touch what others do: \
           callbacks (see !callbacks), minifilters (see !fltkd.filters), devices, and those drivers above whose devices these are attached or whose \
           dispatch tables hold its routines (see !drvobj NAME 7). Those on the current stack come first, then those on \
           most stacks.\n\n\
           A triage dump holds no version resources and few drivers and stacks: with images (-i, symbol path) more is \
           known. What the dump lacked is said.\n\n\
           kd> !software\n\
           Module           Stack Threads Version         Date       Company\n\
           wlanflt            #11       1 1.2.3.4         2019-03-05 Contoso Ltd",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// How wide a screen this is made for.
const COLUMNS: usize = 80;
/// Modules whose names stand in a line.
const NAMES_IN_LINE: usize = 6;

/// A module with all that is shown of it.
struct Row<'m> {
    module: &'m Module,
    evidence: MakerEvidence,
    /// The innermost frame of the current stack that lies in it, and whether that was found by searching.
    frame: Option<(u32, bool)>,
    /// Threads that have it on their stacks; `None` where they were not looked at.
    threads: Option<u64>,
    hooks: Hooks,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let session: &Session = context.session;
    let out = &mut context.out;
    let scope = session.scope();
    let target = scope.target();
    let mut hooks = AllHooks::find(&scope)?;
    let frames = session.stack(DEFAULT_FRAMES);
    let on_stack = frames.as_ref().map(|stack| innermost(&stack.frames, target)).unwrap_or_default();
    // A triage dump holds the stacks of the threads that run.
    let is_triage = target.dump().is_ok_and(|dump| dump.triage().is_some());
    let mut lacks = Vec::new();
    let threads = match is_triage || args.has("-q") {
        true => None,
        false => count_threads(&scope, &mut lacks, out)?,
    };
    let (mut rows, mut unknown, mut all) = (Vec::new(), Vec::new(), 0u64);
    for module in target.modules().iter() {
        all += 1;
        let origin = target.origin(module);
        match origin.maker {
            Maker::Windows | Maker::Copy => {}
            // Of programs' own modules nothing decides but a company.
            Maker::Unknown if origin.evidence == MakerEvidence::Nothing => {}
            Maker::Unknown => unknown.push(module),
            Maker::ThirdParty => rows.push(Row {
                module,
                evidence: origin.evidence,
                frame: on_stack.get(&module.base).copied(),
                threads: threads.as_ref().map(|counts| counts.get(&module.base).copied().unwrap_or(0)),
                hooks: hooks.of.remove(&module.base).unwrap_or_default(),
            }),
        }
    }
    rows.sort_by_cached_key(|row| {
        let frame = row.frame.map_or(u32::MAX, |(number, _)| number);
        let threads = row.threads.unwrap_or(0);
        (frame, u64::MAX - threads, row.hooks.is_empty(), row.module.name.to_ascii_lowercase())
    });
    say_rows(&rows, threads.is_some(), session, out)?;
    say_count(&rows, all, session, out)?;
    say_unknown(&unknown, out)?;
    out.warn(frames.err().map(|why| format!("the current stack is not known: {why}")))?;
    if is_triage {
        let text = "Only the current stack counts: a triage dump does not hold those of others.";
        out.emit(Line::new().role(Role::Dim, text))?;
    }
    out.warn(not_all(&lacks))?;
    say_missing(&hooks, out)
}

/// The innermost frame of a stack in each module.
fn innermost(frames: &[Frame], target: &Target) -> BTreeMap<u64, (u32, bool)> {
    let mut found = BTreeMap::new();
    for frame in frames {
        if let Some(module) = target.modules().at(frame.ip) {
            let is_searched = matches!(frame.trust, Trust::Scan { .. });
            found.entry(module.base).or_insert((frame.number, is_searched));
        }
    }
    found
}

/// How many threads have each module of the kernel on their stacks. Frames that were found by searching prove nothing.
fn count_threads(
    scope: &Scope<'_>,
    lacks: &mut Vec<String>,
    out: &mut Out<'_>,
) -> Result<Option<BTreeMap<u64, u64>>, CommandError> {
    let threads = match known_threads(scope) {
        Ok(threads) => threads,
        Err(Lack::Stopped) => return Err(CommandError::Cancelled),
        Err(why) => {
            lacks.push(why.to_string());
            return Ok(None);
        }
    };
    let mut counts = BTreeMap::new();
    let mut walking = Walking::of_all(scope);
    let mut lost = Vec::new();
    walk_told(threads, &mut walking, out, lacks, |WalkedThread { space, stack, .. }, _| {
        match stack {
            Ok(stack) => {
                let believed = stack.frames.iter().filter(|frame| !matches!(frame.trust, Trust::Scan { .. }));
                let modules: BTreeSet<u64> =
                    believed.filter_map(|frame| Some(space.modules().at(frame.ip)?.base)).collect();
                modules.into_iter().for_each(|base| *counts.entry(base).or_insert(0) += 1);
            }
            Err(why) => lost.push(why.to_string()),
        }
        Ok(())
    })?;
    lacks.extend(lost);
    Ok(Some(counts))
}

fn say_rows(
    rows: &[Row<'_>],
    has_threads: bool,
    session: &Session,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut columns = vec![Column::left("module", "Module", 16), Column::right("frame", "Stack", 5)];
    columns.extend(has_threads.then(|| Column::right("threads", "Threads", 7)));
    columns.extend([
        Column::left("version", "Version", 15),
        Column::left("date", "Date", 10),
        Column::left("company", "Company", 7),
    ]);
    let cells: Vec<Vec<Cell>> = rows.iter().map(|row| cells(row, session)).collect();
    let table = Table::new("module", &columns).fitted(&cells);
    out.within(table.clone(), |out| {
        rows.iter().zip(cells).try_for_each(|(row, cells)| out.emit(record(row, table.row(cells), session)))
    })
}

/// One of the texts in it.
fn text(version: Option<&VersionInfo>, key: &str) -> Option<String> {
    let text = version?.string(key)?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What a module's row shows.
fn cells(row: &Row<'_>, session: &Session) -> Vec<Cell> {
    let name = row.module.name.as_str();
    let version = version(row.module, session);
    let number = version.as_ref().and_then(file_version);
    let frame = row.frame.map(|(number, is_searched)| {
        let text = format!("#{number:02x}{}", if is_searched { "?" } else { "" });
        Cell::new(u64::from(number)).shown(text).link(Action::Frame(number))
    });
    let role = maker::role(Some(Maker::ThirdParty), Role::Module);
    let mut cells = vec![
        Cell::new(name).role(role).link(Action::Module(name.into())),
        frame.unwrap_or_else(|| Cell::new(Field::Null)),
    ];
    cells.extend(row.threads.map(|threads| {
        let shown = if threads == 0 { String::new() } else { threads.to_string() };
        Cell::new(threads).shown(shown)
    }));
    cells.extend([Cell::new(number), date(row.module, session)]);
    cells.extend(text(version.as_ref(), "CompanyName").map(Cell::new));
    cells
}

/// A module's row with what stands below it.
fn record(row: &Row<'_>, record: Record, session: &Session) -> Record {
    let module = row.module;
    let record = record
        .field("image_name", module.image_name.as_str())
        .field("path", module.image_path.as_str())
        .field("base", Field::Address(module.base))
        .field("time_stamp", module.time_date_stamp.map(|stamp| Field::Hex(stamp.into())))
        .field("evidence", maker::evidence(&row.evidence))
        .field("broken", module.broken);
    let version = version(module, session);
    let product = text(version.as_ref(), "ProductName").or_else(|| text(version.as_ref(), "FileDescription"));
    let record = match product {
        Some(product) => record.line("    ").cell("product", product),
        None => record,
    };
    let record = match module.broken {
        true => record.line("    ").role(Role::Warning, "named by the dump as the driver at fault"),
        false => record,
    };
    hooks(record, &row.hooks)
}

/// Where a module hooks, a line for each kind.
fn hooks(record: Record, hooks: &Hooks) -> Record {
    let names = |record: Record, key: &'static str, label: &str, drivers: &BTreeSet<String>| match drivers
        .is_empty()
    {
        true => record,
        false => record.text(label).list(key, ", ", drivers.iter().map(|name| Cell::new(name.as_str()))),
    };
    let mut record = record;
    if !hooks.callbacks.is_empty() {
        let kinds = hooks.callbacks.iter().map(|(kind, count)| {
            let word = callback_kind::word(*kind);
            let fact = Field::Object(vec![("kind".into(), word.into()), ("count".into(), (*count).into())]);
            Cell::new(fact).shown(format!("{word} {count}")).link(Action::Run("!callbacks"))
        });
        record = record.line("    callbacks: ").list("callbacks", ", ", kinds);
    }
    if !hooks.filters.is_empty() {
        let filters = hooks.filters.iter().map(|(name, altitude)| {
            let facts = [("name", name), ("altitude", altitude)];
            let facts = facts.map(|(key, text)| (key.into(), text.as_str().into()));
            Cell::new(Field::Object(facts.into())).shown(format!("{name} at {altitude}"))
        });
        record = record.line("    minifilters: ").list("filters", ", ", filters);
    }
    if hooks.devices > 0 {
        record = record.line("    devices: ").cell("devices", hooks.devices);
        record = names(record, "above", ", above those of ", &hooks.above);
    }
    if !hooks.dispatches.is_empty() {
        record = names(record.line(""), "dispatches", "    dispatches for ", &hooks.dispatches);
    }
    record
}

/// `3 of 168 modules did not come with Windows.`, and how sure that is.
fn say_count(rows: &[Row<'_>], all: u64, session: &Session, out: &mut Out<'_>) -> Result<(), CommandError> {
    let third_party = rows.len() as u64;
    let by_name = rows.iter().filter(|row| row.evidence == MakerEvidence::Name).count() as u64;
    let with_version = rows.iter().filter(|row| version(row.module, session).is_some()).count() as u64;
    let record = Record::new("software")
        .cell("third_party", third_party)
        .text(" of ")
        .cell("modules", all)
        .text(" modules did not come with Windows.");
    let record = match by_name {
        0 => record.field("by_name", 0u64),
        count => record
            .line("Of ")
            .cell("by_name", count)
            .text(" that is concluded from the name alone, which is none of Windows' own."),
    };
    out.emit(match with_version == third_party {
        true => record.field("with_version", with_version),
        false => record
            .line("The version resources of ")
            .cell("with_version", with_version)
            .text(" can be read: images (-i, symbol path) tell more."),
    })
}

/// Modules of which nothing tells whose they are.
fn say_unknown(unknown: &[&Module], out: &mut Out<'_>) -> Result<(), CommandError> {
    if unknown.is_empty() {
        return Ok(());
    }
    out.emit(
        Record::new("unknown_modules")
            .text("Not known whose are ")
            .cell("count", unknown.len() as u64)
            .text("; their time stamps are hashes, as Windows' own are:"),
    )?;
    unknown.chunks(NAMES_IN_LINE).try_for_each(|line| {
        let cells = line.iter().map(|module| {
            let name = module.name.as_str();
            Cell::new(name).role(Role::Module).link(Action::Module(name.into()))
        });
        out.emit(Record::new("unknown_modules").text("    ").list("modules", ", ", cells))
    })
}

/// What of the hooks is not known.
fn say_missing(hooks: &AllHooks, out: &mut Out<'_>) -> Result<(), CommandError> {
    let words: Vec<&str> = hooks.callbacks.iter().map(|kind| callback_kind::word(*kind)).collect();
    if !words.is_empty() {
        let text = match words.len() == CallbackKind::ALL.len() {
            true => "all of them; !callbacks tells why.".to_owned(),
            false => format!("{}; !callbacks tells why.", words.join(", ")),
        };
        let kinds = Field::List(words.into_iter().map(Field::from).collect());
        let record = Record::new("unknown_callbacks").role(Role::Dim, "Callbacks that are not known: ");
        out.emit(record.prose("unknown_kinds", Cell::new(kinds).shown(text).role(Role::Dim), 4, COLUMNS))?;
    }
    let lacks = [
        ("unknown_drivers", "Not all drivers and devices are known: ", &hooks.drivers),
        ("unknown_filters", "Not all minifilters are known: ", &hooks.filters),
    ];
    lacks.into_iter().try_for_each(|(kind, text, lack)| {
        let Some(why) = lack else { return Ok(()) };
        let why = Cell::new(why.to_string()).role(Role::Dim);
        out.emit(Record::new(kind).role(Role::Dim, text).prose("why", why, 4, COLUMNS))
    })
}
