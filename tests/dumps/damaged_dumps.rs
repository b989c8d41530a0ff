//! Flips, cuts and splices bytes of small dumps of every kind and uses all that opens: no panic, no hang, and never
//! more memory than the stated cap.

use crate::synth;
use std::io::{Read, Write};
use std::sync::OnceLock;

use crate::damage::damage;
use crate::synth::{LARGE, Machine, Triage, VALID};
use dumpscope::dump::{DumpFile, attribute_names, mini_dump_field_names};
use dumpscope::memory::{Memory, PhysicalMemory, VirtualMemory};
use proptest::prelude::*;

/// One small dump of each kind, and archives of two of them.
fn seeds() -> &'static [Vec<u8>] {
    static SEEDS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let mut machine = Machine::new(0x60, 4);
        for pfn in [1, 2, 3, 5, 8, 9, 0x20, 0x21] {
            machine.pattern(pfn);
        }
        machine.map(0xffff_f800_0dea_d000, 5);
        machine.put(0x5210, u64::from_le_bytes(*b"KDBG\0\0\0\0"));
        machine.map(0xffff_f800_0000_1000, 8);
        machine.entry(0xffff_f800_0000_2000, 12, 9 << 12 | 0x890);
        machine.entry(0xffff_f800_0000_3000, 12, 0xf800_0dea_d010 << 16 | 0x400);
        machine.entry(0xffff_f800_0020_0000, 21, VALID | LARGE);
        let mut seeds: Vec<Vec<u8>> = [1, 2, 3, 5, 6, 7, 8, 9, 10].map(|kind| machine.dump(kind)).into();
        seeds.push(Triage::sample().dump());
        let mut old = synth::header32(1);
        synth::put32(&mut old, 0x64, 1);
        synth::put32(&mut old, 0x68, 2);
        synth::put32(&mut old, 0x6c, 1);
        synth::put32(&mut old, 0x70, 2);
        old.resize(0x3000, 0x41);
        seeds.push(old);
        let mut old = synth::header32(4);
        old.resize(0x2000, 0);
        seeds.push(old);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&seeds[3]).unwrap();
        seeds.push(gz.finish().unwrap());
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file("a.dmp", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&seeds[9]).unwrap();
        seeds.push(zip.finish().unwrap().into_inner());
        seeds
    })
}

/// Where the headers of dumps keep what readers interpret.
fn places() -> BoxedStrategy<usize> {
    prop_oneof![
    4 => 0x2000usize..0x2080,
    2 => 0x88usize..0x100,
    2 => 0usize..0x88,
    1 => 0xf88usize..0x1060,
    3 => 0x2080usize..0x2400,
    ]
    .boxed()
}

/// Calls everything that interprets bytes of the file.
fn use_all(dump: &DumpFile) {
    let header = dump.header();
    let _ = (attribute_names(header.attributes.unwrap_or(0)), mini_dump_field_names(u32::MAX));
    let _ = header.exception.map(|exception| exception.parameters().len());
    let _ = dump.context();
    for blob in dump.secondary() {
        assert!(dump.bytes().get(blob.data.clone()).is_some());
        let _ = blob.tag.to_string();
    }
    let physical = PhysicalMemory::new(dump);
    if let Some(index) = dump.pages() {
        let _ = index.page_count();
        for run in index.runs().take(1000) {
            assert_eq!(index.offset(run.pfn), Some(run.offset));
            assert!(run.pages > 0);
            let _ = index.page(run.pfn + run.pages - 1);
        }
        let mut buffer = vec![0; 0x3000];
        for address in [0, 0x1800, 0x8000, 0x2_0000, u64::MAX - 0x10] {
            let _ = physical.read_partial(address, &mut buffer);
        }
    }
    let memory = VirtualMemory::new(dump);
    let mut buffer = vec![0; 0x5000];
    for address in [
        0,
        header.kd_debugger_data_block,
        header.ps_loaded_module_list,
        0xffff_f800_0000_0ff0,
        0xffff_f800_0000_2ff0,
        0xffff_f800_0020_0000,
        u64::MAX - 7,
    ] {
        let (done, error) = memory.read_partial(address, &mut buffer);
        assert_eq!(done == buffer.len(), error.is_none());
        let _ = error.map(|error| error.to_string());
        if let Some(paging) = memory.paging() {
            let _ = paging.translate(address);
        }
    }
    if let Some(blocks) = memory.blocks() {
        let mut end = 0;
        for (address, size, _) in blocks.ranges() {
            assert!(address >= end && size > 0);
            end = address + size;
            let _ = memory.window(address).map(|bytes| assert!(!bytes.is_empty()));
            let _ = memory.u64(end.saturating_sub(3));
        }
    }
}

/// The project's own dumps, and small ones from the field where they are at hand.
fn larger_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for name in ["triage", "rdmp-kernel", "rdmp-complete", "bitmap-kernel", "live", "full"] {
        let path = format!("{}/tests/data/wifi-{name}.dmp.gz", env!("CARGO_MANIFEST_DIR"));
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).unwrap();
        flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
        seeds.push(bytes);
    }
    if let Some(folder) = crate::shared::shared("dumps") {
        let folder = std::fs::read_dir(folder).unwrap();
        let files = folder.filter_map(|entry| std::fs::read(entry.ok()?.path()).ok());
        seeds.extend(files.filter(|bytes| (1..300_000).contains(&bytes.len())));
    }
    seeds
}

// One test, because the allocator counts what all threads of the process take.
#[test]
fn damage_never_panics_hangs_or_takes_much_memory() {
    let [refused, opened] = damage(seeds(), 10_000, places(), open_and_use);
    // It would say little if most damage were refused at the door, or none.
    assert!(opened > 3000 && refused > 30, "{refused} refused, {opened} opened");
    let [_, opened] = damage(&larger_seeds(), 1500, places(), open_and_use);
    assert!(opened > 1000, "{opened} opened");
}

fn open_and_use(bytes: Vec<u8>) -> bool {
    let dump = DumpFile::from_bytes("damaged.dmp", bytes);
    match &dump {
        Ok(dump) => use_all(dump),
        Err(error) => assert!(!error.to_string().contains('\n')),
    }
    dump.is_ok()
}
