//! Makes the crash dumps of dumpscope's tests and demos: `cargo run --release [OUTPUT]`, by default into the project.

mod cases;
mod check;
mod fixtures;
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
    case(&mut out, "usb", &w, &crash, Kind::BitmapKernel, &[]);
    let (w, crash) = cases::readonly::run(&images);
    case(&mut out, "readonly", &w, &crash, Kind::BitmapFull, &[]);
    fixtures::publish(&images, &mut out);
    out.finish();
}

/// Writes a case: its demo, the other kinds, and its truth.
fn case(out: &mut Outputs, name: &str, world: &World, crash: &Crash, demo: Kind, others: &[Kind]) {
    let truth = truth::write(world, name, crash);
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
    out.truth(name, &truth);
    let trial = std::env::temp_dir().join(format!("forge-{}.dmp", std::process::id()));
    for kind in others
        .iter()
        .copied()
        .chain((!others.contains(&demo)).then_some(demo))
    {
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
