//! Makes the crash dumps of dumpscope's tests and demos: `cargo run --release [OUTPUT]`, by default into the project; with
//! FORGE_ONLY=pools those of `heaps` alone.

mod cases;
mod check;
mod delivery;
mod fixtures;
mod heaps;
mod image;
mod layout;
mod machine;
mod memory;
mod objects;
mod pack;
mod toolchain;
mod truth;
mod world;
mod writer;

use std::path::PathBuf;

use cases::base::Images;
use cases::wifi::{self, Variant};
use pack::Outputs;
use world::World;
use writer::{Crash, Kind};

fn main() {
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = std::env::args().nth(1).map_or(project, PathBuf::from);
    let mut out = Outputs::new(&root);
    heaps::publish(&mut out);
    out.finish_as(
        "tests/data/pools/symbols.zip",
        "tests/data/pools/manifest.json",
        &["windows/heap", "facts/heap"],
    );
    if std::env::var("FORGE_ONLY").is_ok_and(|only| only == "pools") {
        return;
    }
    let images = Images::build();
    let mut out = Outputs::new(&root);
    for (variant, name) in [
        (Variant::Text, "wifi"),
        (Variant::Data, "wifi-fc"),
        (Variant::Null, "wifi-d1"),
        (Variant::Wild, "wifi-50"),
    ] {
        let (w, crash) = wifi::run(&images, variant);
        case(
            &mut out,
            name,
            &w,
            &crash,
            Kind::BitmapFull,
            if variant == Variant::Text { &Kind::ALL } else { &[] },
        );
    }
    let (w, crash) = cases::scanner::corrupt_pte(&images);
    case(&mut out, "scanner-1a", &w, &crash, Kind::BitmapKernel, &[]);
    let (w, crash) = cases::scanner::corrupt_list(&images);
    case(&mut out, "scanner-139", &w, &crash, Kind::BitmapFull, &[]);
    let (w, crash) = cases::nosyms::run(&images);
    case(&mut out, "nosyms", &w, &crash, Kind::Full, &[]);
    let (w, crash) = cases::usb::run(&images);
    case(&mut out, "usb", &w, &crash, Kind::BitmapKernel, &[Kind::Triage]);
    let (w, crash) = cases::readonly::run(&images);
    case(&mut out, "readonly", &w, &crash, Kind::BitmapFull, &[]);
    extras(&mut out, &images);
    fixtures::publish(&images, &mut out);
    out.finish();
}

/// Dumps for tests alone.
fn extras(out: &mut Outputs, images: &Images) {
    let (w, crash) = cases::unwind2::run(images);
    data(out, "unwind2", &w, &crash, Kind::BitmapKernel);
    let (w, crash) = cases::paging::kinds(images, false);
    data(out, "paging", &w, &crash, Kind::Full);
    let full = writer::write(&w, &crash, Kind::Full);
    out.dump("tests/data/truncated-paging", &full[..full.len() * 6 / 10 + 0x123]);
    let (w, crash) = cases::paging::kinds(images, true);
    data(out, "la57", &w, &crash, Kind::BitmapFull);
    let (mut w, crash) = wifi::run(images, Variant::Text);
    cases::paging::encode_debugger_data(&mut w);
    out.dump("tests/data/encoded-kdbg", &writer::write(&w, &crash, Kind::BitmapKernel));
}

/// Writes one dump and its truth to the test data.
fn data(out: &mut Outputs, name: &str, world: &World, crash: &Crash, kind: Kind) {
    let truth = truth::write(world, name, crash);
    report(name, crash, &truth);
    out.truth(name, &truth);
    let bytes = writer::write(world, crash, kind);
    let trial = std::env::temp_dir().join(format!("forge-{}.dmp", std::process::id()));
    // kdmp-parser walks four levels only.
    if !world.memory.five_levels {
        check::dump(&trial, &bytes, world, crash, kind);
    }
    out.dump(&format!("tests/data/{name}"), &bytes);
}

/// Writes a case: its demo, the other kinds, and its truth.
fn case(out: &mut Outputs, name: &str, world: &World, crash: &Crash, demo: Kind, others: &[Kind]) {
    let truth = truth::write(world, name, crash);
    report(name, crash, &truth);
    out.truth(name, &truth);
    let trial = std::env::temp_dir().join(format!("forge-{}.dmp", std::process::id()));
    for kind in others.iter().copied().chain((!others.contains(&demo)).then_some(demo)) {
        let bytes = writer::write(world, crash, kind);
        check::dump(&trial, &bytes, world, crash, kind);
        if kind == demo {
            out.dump(&format!("assets/demo/{name}"), &bytes);
        }
        if kind != demo {
            out.dump(&format!("tests/data/{name}-{}", kind.name()), &bytes);
        }
    }
}

/// Says what was made; with FORGE_FRAMES set also the call chain.
fn report(name: &str, crash: &Crash, truth: &serde_json::Value) {
    println!(
        "{name}: {:#x} {:x?}, {} frames",
        crash.code,
        crash.parameters,
        truth["frames"].as_array().map_or(0, Vec::len)
    );
    if std::env::var_os("FORGE_FRAMES").is_some() {
        for f in truth["frames"].as_array().into_iter().flatten() {
            println!(
                "{:>2} {} {}!{}+{} (+{}) {} {}",
                f["index"],
                f["rsp"],
                f["module"],
                f["function"],
                f["offset"],
                f["module_offset"],
                f["kind"],
                f["inline"]
            );
        }
    }
}
