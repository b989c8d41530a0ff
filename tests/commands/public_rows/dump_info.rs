//! `!di` and `!crash`: what a sample tells of a computer is put into the header and the tagged data of a triage dump.

use super::processes::file_time;
use super::{Sample, clock_millis, hex, samples};
use crate::golden;
use crate::patched::Patched;
use crate::synth::{put, put32, put64};
use crate::sysinfo::{REGISTRY, SMBIOS, value};
use dumpscope::debuggee::{Subject, Target};
use dumpscope::session::{Session, Settings};
use dumpscope::util::filetime::Zone;
use dumpscope::util::guid::Guid;

/// What MEX adds: its own version, its guess of a driver that crashes on purpose, the path as others in the network see it.
const ADDED: [&str; 3] = ["Mex External", "Bugcheck: This is a", "Share Path:"];

/// The text of the dump that holds the build's name: the dump has no memory behind it, so that longer names are cut.
const LAB: &str = "19041.928.amd64fre.vb_release.210401-1200";

/// As much of a name as the dump has room for.
fn cut(lab: &str) -> &str {
    lab.get(..LAB.len()).unwrap_or(lab)
}

/// What stands behind a label in the sample, if it has such a line.
fn told<'s>(sample: &'s Sample, label: &str) -> Option<&'s str> {
    sample.lines.iter().find_map(|line| line.strip_prefix(label))
}

/// An SMBIOS table with the system's maker and name: its second structure (DSP0134, 7.2).
fn smbios(manufacturer: &str, product: &str) -> Vec<u8> {
    let mut body = vec![1, 8, 0, 0, 1, 2, 0, 0];
    body.extend(format!("{manufacturer}\0{product}\0\0").bytes());
    body.extend([127, 4, 1, 0, 0, 0]);
    let mut table = vec![0, 3, 3, 0];
    table.extend((body.len() as u32).to_le_bytes());
    table.extend(body);
    table
}

/// Tagged data behind a triage dump.
fn tagged(file: &mut Vec<u8>, blobs: &[(u128, Vec<u8>)]) {
    let end = file.len();
    put32(file, 0x2004, end as u32);
    file.extend(b"DumpBlob");
    file.extend(0x10u32.to_le_bytes());
    file.extend(0xf000_4a61u32.to_le_bytes());
    for (tag, data) in blobs {
        file.extend(0x20u32.to_le_bytes());
        file.extend(Guid::of(*tag).0);
        let padding = data.len().next_multiple_of(8) - data.len();
        for value in [data.len(), 0, padding] {
            file.extend((value as u32).to_le_bytes());
        }
        file.extend(data);
        file.resize(file.len() + padding, 0);
    }
}

/// A month of `ctime`, from 1 on.
fn month(name: &str) -> usize {
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    1 + names.iter().position(|month| *month == name).unwrap()
}

/// A dump of the computer, and with which zone its times are shown.
fn dump_of(sample: &Sample) -> (Vec<u8>, Zone) {
    let mut file = Patched::new("tests/data/wifi-triage.dmp.gz").into_bytes();
    // DUMP_HEADER64 as the public headers and tests/support/synth.rs have it.
    let words = |label| told(sample, label).unwrap().split_whitespace().collect::<Vec<_>>();
    let windows = words("Windows 10 Kernel Version ");
    put32(&mut file, 0xc, windows[0].parse().unwrap());
    put32(&mut file, 0x34, windows[2].trim_start_matches('(').parse().unwrap());
    put64(&mut file, 0x20, hex(words("Kernel base = ")[3]));
    let (code, arguments) = told(sample, "Bugcheck: ").unwrap().split_once(" (").unwrap();
    put32(&mut file, 0x38, hex(code) as u32);
    for (at, argument) in arguments.trim_end_matches(')').split(", ").enumerate() {
        put64(&mut file, 0x40 + 8 * at, hex(argument));
    }
    // `Fri Nov  3 05:35:00.352 2023 (UTC - 8:00)`
    let [_, name, day, clock, year, _, sign, offset] = words("Debug session time: ").try_into().unwrap();
    let zone = Zone::parse(&format!("{sign}{}", offset.trim_end_matches(')'))).unwrap();
    let Zone::Fixed(seconds) = zone else { panic!("{zone:?}") };
    let local = file_time(&format!("{}/{day}/{year}", month(name)), clock, "AM");
    // Hours after twelve are told as they are.
    put64(&mut file, 0xfa8, local.wrapping_add_signed(i64::from(-seconds) * 10_000_000));
    // `0 days 0:17:02.325`
    let [days, _, clock] = words("System Uptime: ").try_into().unwrap();
    put64(&mut file, 0x1030, clock_millis(&format!("{days}:{clock}")) * 10_000);
    let at = file.windows(LAB.len()).position(|window| window == LAB.as_bytes()).unwrap();
    put(
        &mut file,
        at,
        &format!("{:\0<1$}", cut(told(sample, "Edition build lab: ").unwrap()), LAB.len()).into_bytes(),
    );
    let processor: Vec<u8> =
        told(sample, "Processor: ").unwrap().encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let machine =
        smbios(told(sample, "SystemManufacturer = ").unwrap(), told(sample, "SystemProductName = ").unwrap());
    tagged(&mut file, &[(SMBIOS, machine), (REGISTRY, value("ProcessorNameString", 1, &processor))]);
    (file, zone)
}

/// What our command says of it, with the sample's kernel base.
fn run(sample: &Sample, command: &str) -> Vec<String> {
    let path = ["KernelMode Dump Path: ", "KernelMode Full Memory Dump Path: "];
    let path = path.iter().find_map(|label| told(sample, label)).unwrap_or("MEMORY.DMP");
    let (file, zone) = dump_of(sample);
    let subject = Subject::from_bytes(path, file).unwrap();
    let mut session = Session::new(Target::of(subject), Settings { zone, ..Settings::default() });
    let base = session.target.kernel_base().unwrap();
    let tick = |address: u64| format!("{:08x}`{:08x}", address >> 32, address & 0xffff_ffff);
    let base = format!("base = 0x{} ", tick(base));
    let theirs = told(sample, "Kernel base = ").unwrap().split_whitespace().next().unwrap();
    let lines = golden::run(&mut session, command).unwrap();
    lines.iter().map(|line| line.replace(&base, &format!("base = {theirs} "))).collect()
}

/// The lines that both have. Names of computers lie in the memory of processes, which a triage dump does not hold.
fn compared(sample: &Sample) -> Vec<String> {
    let ours = |line: &&String| {
        let added = ADDED.iter().any(|label| line.starts_with(label));
        !added && (!line.starts_with("Computer Name:") || line.ends_with("Not Found"))
    };
    // The dump here is no full one, and says so.
    let as_here = |line: &String| match line.strip_prefix("Edition build lab: ") {
        Some(lab) => format!("Edition build lab: {}", cut(lab)),
        None => line.replace("Full Memory ", ""),
    };
    sample.lines.iter().filter(ours).map(as_here).collect()
}

/// What `!di` says of a dump; of a sample with `-v` the part that stands there without it.
#[test]
fn what_a_ticket_needs() {
    let Some(samples) = samples(&["mex.di-1", "mex.di-2", "mex.di-4", "mex.di-5", "mex.di-6"]) else {
        return;
    };
    for sample in samples {
        let mut theirs = compared(&sample);
        theirs.truncate(theirs.iter().position(|line| line == "Verbose mode").unwrap_or(theirs.len()));
        let mut lines = run(&sample, "!di");
        if !theirs[0].starts_with("Computer Name") {
            assert_eq!(lines.remove(0), "Computer Name:  Not Found");
        }
        assert!(theirs.len() >= 10, "{theirs:?}");
        sample.all_same(&lines[..theirs.len()], &theirs);
    }
}

/// `!crash` down to the heading of the stack, which is the one of `k`, in whose tests its rows are compared.
#[test]
fn the_crash_on_one_page() {
    let Some(samples) = samples(&["mex.crash-1", "mex.crash-2"]) else { return };
    for sample in samples {
        let mut theirs = compared(&sample);
        let heading = theirs.iter().position(|line| line.starts_with(" # Child-SP")).unwrap();
        theirs.truncate(heading + 1);
        let lines = run(&sample, "!crash");
        sample.all_same(&lines[..theirs.len()], &theirs);
    }
}
