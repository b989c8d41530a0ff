//! The measurements of the explorer.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::grow::{Full, PAGE};
use super::pool_crowd;
use super::report::{self, Report};
use super::terminal::Terminal;

const GIB: u64 = 1 << 30;
/// What an engineer looks for first.
const USEFUL: &str = "VERDICT: ";
/// A dump of a thousand times the size may take as many times as long to show the first screen.
const SIZE_TIMES: f64 = 3.0;
/// A key may take as many times as long while a search runs.
const KEY_TIMES: f64 = 10.0;
/// A million lines may take as many times the memory of their text.
const TEXT_TIMES: f64 = 1.0;
/// That many lines.
const MANY: usize = 1_000_000;
/// How long to wait for a command of a million lines.
const LONG: Duration = Duration::from_secs(600);

/// Measures everything.
pub fn measure() {
    if !report::is_wanted() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut report = Report::default();
    first_screens(folder.path(), &mut report);
    keys(folder.path(), &mut report);
    idle(&mut report);
    many_lines(&mut report);
    report.finish();
}

fn in_project(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).to_str().unwrap().to_owned()
}

/// From starting the program to the verdict on the screen, the best of five.
fn first_screen(arguments: &[&str]) -> Duration {
    let once = || {
        let start = Instant::now();
        let mut terminal = Terminal::open(80, 24, arguments, &[]);
        wait(&mut terminal, USEFUL, |terminal| terminal.contents().contains(USEFUL), LONG);
        start.elapsed()
    };
    (0..5).map(|_| once()).min().unwrap()
}

fn first_screens(folder: &Path, report: &mut Report) {
    report.note("first screen, demo (wanted: 100 ms)", shown(first_screen(&["--demo", "wifi"])));
    let triage = in_project("tests/data/wifi-triage.dmp.gz");
    report.note("first screen, triage dump (100 ms)", shown(first_screen(&[&triage])));
    if let Some(real) = largest_real() {
        report.note("first screen, real triage dump (250 ms)", shown(first_screen(&[&real])));
    }
    let symbols = in_project("assets/demo/symbols.zip");
    let [small, large] = [0, 64].map(|gib| {
        let dump = full_dump(folder, gib * GIB);
        let time = first_screen(&[&dump, "-y", &symbols]);
        fs::remove_file(dump).unwrap();
        time
    });
    report.note("first screen, dump of all memory, 10 MB", shown(small));
    report.note("first screen, dump of all memory, 64 GiB (250 ms)", shown(large));
    ratio("    64 GiB to 10 MB", large, small, SIZE_TIMES, report);
}

/// `wifi`'s dump of all memory, with pages behind it that hold nothing up to a size.
fn full_dump(folder: &Path, size: u64) -> String {
    let mut full = Full::open(Path::new(&in_project("tests/data/wifi-full.dmp.gz")), 0);
    let pages = size.saturating_sub(full.bytes.len() as u64) / PAGE;
    if pages > 0 {
        full.empty(pages);
    }
    let bytes = full.finish();
    let path = folder.join(format!("{size}.dmp"));
    let mut file = File::create(&path).unwrap();
    file.write_all(&bytes).unwrap();
    file.set_len(bytes.len() as u64 + pages * PAGE).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The largest of the private folder's dumps, all of which are triage dumps.
fn largest_real() -> Option<String> {
    let folder = Path::new(&std::env::var_os("DUMPSCOPE_SHARED")?).join("dumps");
    let dumps = fs::read_dir(folder).ok()?.map(|entry| entry.unwrap().path());
    let dumps = dumps.filter(|path| path.extension().is_some_and(|extension| extension == "dmp"));
    Some(dumps.max_by_key(|path| fs::metadata(path).unwrap().len())?.to_str()?.to_owned())
}

/// From a letter that is typed to the letter on the screen, while nothing runs and while the dump is searched.
fn keys(folder: &Path, report: &mut Report) {
    let made = pool_crowd::make(folder);
    let (dump, symbols) = (made.path.to_str().unwrap(), in_project("tests/data/pools/symbols.zip"));
    for (columns, rows) in [(80, 24), (160, 50)] {
        let mut terminal = Terminal::open(columns, rows, &[dump, "-y", &symbols], &[]);
        terminal.wait_for(USEFUL);
        terminal.wait_for_silence();
        let size = format!("{columns}x{rows}");
        let idle = keys_of(&mut terminal, &size, "nothing runs", report);
        // Without an end, so that all keys are pressed while it runs.
        let searches = [
            ("s -d", "s -d fffff808`00000000 L?400000 5a5a1234"),
            ("!poolfind, which says much", "!poolfind PcC1"),
        ];
        for (what, line) in searches {
            terminal.press(&format!(".while (1) {{ {line} }}\r"));
            terminal.wait_for("Esc stops");
            let busy = keys_of(&mut terminal, &size, what, report);
            assert!(terminal.contents().contains("Esc stops"), "{}", terminal.contents());
            ratio("    to nothing runs", busy, idle, KEY_TIMES, report);
            terminal.press("\x1b");
            wait(&mut terminal, "the end", |terminal| !terminal.contents().contains("Esc stops"), LONG);
            terminal.wait_for_silence();
        }
    }
}

/// The 95th percentile of 200 keys.
fn keys_of(terminal: &mut Terminal, size: &str, what: &str, report: &mut Report) -> Duration {
    let mut times = Vec::new();
    for _ in 0..10 {
        let empty = column(terminal);
        for letter in 1..=20 {
            let start = Instant::now();
            terminal.press("x");
            until_column(terminal, empty + letter);
            times.push(start.elapsed());
            // Keys come at any time between two frames.
            thread::sleep(Duration::from_millis(3 + u64::from(letter) * 7 % 31));
        }
        terminal.press("\x15");
        until_column(terminal, empty);
    }
    times.sort();
    let of = |percent: usize| times[times.len() * percent / 100];
    let name = format!("key to screen, {size}, {what}: 95 of 100 (16 ms)");
    report.note(&name, format!("{}, half {}", shown(of(95)), shown(of(50))));
    of(95)
}

fn column(terminal: &Terminal) -> u16 {
    terminal.screen.lock().unwrap().screen().cursor_position().1
}

fn until_column(terminal: &Terminal, wanted: u16) {
    let deadline = Instant::now() + LONG;
    while column(terminal) != wanted {
        assert!(Instant::now() < deadline, "no letter; the screen is:\n{}", terminal.contents());
        thread::sleep(Duration::from_micros(100));
    }
}

/// What is written, and computed, in two seconds in which nothing happens.
fn idle(report: &mut Report) {
    let mut terminal = Terminal::open(160, 50, &["--demo", "readonly"], &[]);
    terminal.wait_for(USEFUL);
    terminal.wait_for_silence();
    let bytes = |terminal: &Terminal| terminal.bytes.lock().unwrap().len();
    let (before, ticks) = (bytes(&terminal), ticks(&terminal));
    thread::sleep(Duration::from_secs(2));
    let written = bytes(&terminal) - before;
    report.goal("bytes in two idle seconds", written.to_string(), "0", written == 0);
    if let (Some(before), Some(now)) = (ticks, self::ticks(&terminal)) {
        report.note("processor time in them (hundredths of a second)", (now - before).to_string());
    }
    if let Some(kib) = resident(&terminal, "RssAnon:") {
        report.note("memory of its own, nothing typed", mib(kib));
    }
}

/// What a million lines of output take in the explorer's memory, and how long keys wait that search them.
fn many_lines(report: &mut Report) {
    // As wide as a row of a table.
    let said = r#".printf "%07d ffffa405`8c02b050 a line as long as a row of what commands list about objects\n", @$t0"#;
    let plain = format!(".for (r $t0=0; @$t0 < 0n{MANY}; r $t0=@$t0+1) {{ {said} }}");
    let text =
        MANY * "0000001 ffffa405`8c02b050 a line as long as a row of what commands list about objects".len();
    million("text", &plain, text, report);
    // Each with an address and what it points to, both to be followed.
    let rows = format!(".for (r $t0=0; @$t0 < 0n{}; r $t0=@$t0+1) {{ dps @rsp L0n1000 }}", MANY / 1_000);
    million("rows with links", &rows, MANY * "ffff8401`32bdfd30  00000000`00000000".len(), report);
}

/// Says a million lines, of so much text at least.
fn million(what: &str, line: &str, text: usize, report: &mut Report) {
    let mut terminal = Terminal::open(160, 50, &["--demo", "readonly"], &[]);
    terminal.wait_for(USEFUL);
    terminal.wait_for_silence();
    let before = resident(&terminal, "RssAnon:");
    let start = Instant::now();
    terminal.press(&format!("{line}; .echo the end\r"));
    terminal.wait_until("the echo", |terminal| terminal.contents().contains(".for"));
    // The answer stands from its beginning on: its end is seen where the command no longer runs.
    wait(&mut terminal, "the end", |terminal| ended(terminal, start), LONG);
    report.note(&format!("a million lines said and shown, {what}"), shown(start.elapsed()));
    if let (Some(before), Some(kib)) = (before, resident(&terminal, "RssAnon:")) {
        report.note("    memory of its own (150 MiB)", mib(kib));
        let times = (kib.saturating_sub(before) * 1024) as f64 / text as f64;
        let goal = format!("<= {TEXT_TIMES}");
        report.goal("    what they take, to their text", format!("{times:.2}"), &goal, times <= TEXT_TIMES);
    }
    terminal.wait_for_silence();
    // From a letter of what is sought, which only the last line holds, to the letter; and to where it stands.
    terminal.press("/");
    terminal.wait_for_silence();
    let (mut times, empty) = (Vec::new(), column(&terminal));
    let sought = "the end";
    for (typed, letter) in (1..).zip(sought.chars()) {
        let start = Instant::now();
        terminal.press(&letter.to_string());
        until_column(&terminal, empty + typed);
        times.push(start.elapsed());
        thread::sleep(Duration::from_millis(40));
    }
    let slowest = times.into_iter().max().unwrap();
    report.note("    key to screen while they are searched, the slowest of 7 (16 ms)", shown(slowest));
    let start = Instant::now();
    terminal.press("!\x7f");
    // The command holds it, and the last line of all.
    wait(&mut terminal, "what is sought", |terminal| terminal.contents().contains("/2 lines"), LONG);
    report.note("    all of them searched", shown(start.elapsed()));
}

/// Whether what was started a while ago runs no longer.
fn ended(terminal: &Terminal, since: Instant) -> bool {
    since.elapsed() > Duration::from_secs(1) && !terminal.contents().contains("Esc stops")
}

fn ratio(what: &str, time: Duration, to: Duration, most: f64, report: &mut Report) {
    let times = time.as_secs_f64() / to.as_secs_f64();
    report.goal(what, format!("{times:.2}"), &format!("<= {most:.0} times"), times <= most);
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn mib(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}

fn wait(terminal: &mut Terminal, what: &str, done: impl Fn(&Terminal) -> bool, patience: Duration) {
    let deadline = Instant::now() + patience;
    while !done(terminal) {
        assert!(Instant::now() < deadline, "no {what}; the screen is:\n{}", terminal.contents());
        thread::sleep(Duration::from_millis(1));
    }
}

/// A line of the process's memory, where the system tells (Linux).
fn resident(terminal: &Terminal, line: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", terminal.child.process_id()?)).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix(line))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Processor time of the process in ticks, of which a second has a hundred.
fn ticks(terminal: &Terminal) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", terminal.child.process_id()?)).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}
