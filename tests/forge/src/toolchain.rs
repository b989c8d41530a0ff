//! Runs clang and lld-link over the fixture's own sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How an image's identity is stamped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// A plain link time, seconds since 1970.
    Time(u32),
    /// `/Brepro`: the time stamp is a hash.
    Repro,
}

/// What to build.
pub struct Spec {
    /// File name of the image.
    pub name: &'static str,
    /// Sources below `windows/`.
    pub sources: &'static [&'static str],
    /// Import libraries of images built before.
    pub imports: &'static [&'static str],
    /// Extra compiler flags.
    pub flags: &'static [&'static str],
    /// Extra linker flags.
    pub link: &'static [&'static str],
    /// Entry point symbol.
    pub entry: &'static str,
    /// Identity.
    pub stamp: Stamp,
    /// Preferred base address.
    pub base: u64,
    /// Version resource below `windows/`, if any.
    pub resource: Option<&'static str>,
    /// A DLL rather than an executable.
    pub dll: bool,
    /// Subfolder of a second build of the same image, or empty.
    pub edition: &'static str,
}

const CLANG: &str = "clang-19";
const LINK: &str = "lld-link-19";
const RC: &str = "llvm-rc-19";

/// The folder of the fixture's sources.
pub fn windows_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("windows")
}

/// The folder for objects, images, PDBs and maps.
pub fn build_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target").join("windows")
}

fn run(command: &mut Command) {
    let text = format!("{command:?}");
    let output = command.output().unwrap_or_else(|e| panic!("{text}: {e}"));
    assert!(
        output.status.success(),
        "{text}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Versions of the tools, for the manifest.
pub fn versions() -> Vec<(String, String)> {
    [CLANG, LINK]
        .iter()
        .map(|tool| {
            let out = Command::new(tool).arg("--version").output().expect("tool runs");
            let text = String::from_utf8_lossy(&out.stdout);
            ((*tool).to_string(), text.lines().next().unwrap_or("").to_string())
        })
        .collect()
}

/// Compiles and links one image; returns the paths of the image, its PDB and its map.
pub fn build(spec: &Spec) -> (PathBuf, PathBuf, PathBuf) {
    let windows = windows_dir();
    let out = build_dir().join(spec.edition);
    fs::create_dir_all(&out).expect("build folder");
    let stem = Path::new(spec.name).file_stem().expect("stem").to_string_lossy().to_string();
    // PDB names keep the case of the build, not of the image: lower case.
    let pdb_stem = if stem == "ntoskrnl" { "ntkrnlmp".to_string() } else { stem.to_lowercase() };
    let objects = out.join(format!("obj-{stem}"));
    fs::create_dir_all(&objects).expect("object folder");
    let mut inputs = Vec::new();
    for source in spec.sources {
        let object = objects.join(format!("{}.obj", source.replace(['/', '.'], "_")));
        let mut clang = Command::new(CLANG);
        clang
            .current_dir(&windows)
            .env_remove("SOURCE_DATE_EPOCH")
            .args(["--target=x86_64-pc-windows-msvc", "-g", "-gcodeview", "-c", "-ffile-compilation-dir=."])
            .args(["-fdebug-prefix-map=.=C:\\fixture"]);
        if !source.ends_with(".s") {
            clang.args([
                "-O1",
                "-fms-extensions",
                "-ffreestanding",
                "-fno-builtin",
                "-fasynchronous-unwind-tables",
                "-fno-optimize-sibling-calls",
                "-mno-stack-arg-probe",
                "-Wno-everything",
                "-Iinclude",
                "-Ithird",
            ]);
            if source.ends_with(".cpp") {
                clang.args(["-fno-exceptions", "-std=c++17", "-fno-threadsafe-statics", "-fno-rtti"]);
            }
            clang.args(spec.flags);
        }
        // Relative paths on both sides, so that no checkout's place gets into the records.
        let below = object.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("inside this crate");
        clang.arg(source).arg("-o").arg(Path::new("..").join(below));
        run(&mut clang);
        inputs.push(object);
    }
    if let Some(resource) = spec.resource {
        let res = objects.join("version.res");
        run(Command::new(RC).current_dir(&windows).arg("/no-preprocess").arg("/fo").arg(&res).arg(resource));
        inputs.push(res);
    }
    let image = out.join(spec.name);
    let pdb = out.join(format!("{pdb_stem}.pdb"));
    let map = out.join(format!("{stem}.map"));
    let mut link = Command::new(LINK);
    link.current_dir(&out)
        .arg("/nologo")
        .arg("/machine:x64")
        .arg("/nodefaultlib")
        .arg("/debug:full")
        .arg("/pdbsourcepath:C:\\fixture")
        .arg(format!("/pdbaltpath:{pdb_stem}.pdb"))
        .arg(format!("/pdb:{pdb_stem}.pdb"))
        .arg(format!("/map:{stem}.map"))
        .arg(format!("/implib:{stem}.lib"))
        .arg(format!("/base:{:#x}", spec.base))
        .arg("/release")
        .arg("/incremental:no")
        .arg("/opt:noref,noicf")
        .arg(format!("/out:{}", spec.name));
    match spec.stamp {
        Stamp::Time(t) => link.arg(format!("/timestamp:{t}")),
        Stamp::Repro => link.arg("/Brepro"),
    };
    if spec.entry.is_empty() {
        link.arg("/noentry");
    } else {
        link.arg(format!("/entry:{}", spec.entry));
    }
    if spec.dll {
        link.arg("/dll");
    }
    for object in &inputs {
        link.arg(object.strip_prefix(&out).expect("inside the build folder"));
    }
    for import in spec.imports {
        link.arg(format!("{import}.lib"));
    }
    link.args(spec.link);
    run(&mut link);
    dos_header(&image);
    (image, pdb, map)
}

/// Gives an image the DOS header that Microsoft's linker writes: tools that search memory for images know them by its first
/// four bytes, and lld writes others. The checksum covers it and is made anew.
fn dos_header(path: &Path) {
    let mut bytes = fs::read(path).expect("image");
    for (at, word) in [(0x02, 0x90u16), (0x04, 3), (0x08, 4), (0x0C, 0xFFFF), (0x10, 0xB8), (0x18, 0x40)] {
        bytes[at..at + 2].copy_from_slice(&word.to_le_bytes());
    }
    let pe = u32::from_le_bytes(bytes[0x3C..0x40].try_into().expect("four")) as usize;
    let field = pe + 24 + 64;
    bytes[field..field + 4].fill(0);
    let sum = bytes.chunks(2).fold(0u32, |sum, pair| {
        let word = u32::from(pair[0]) | pair.get(1).map_or(0, |high| u32::from(*high) << 8);
        let sum = sum + word;
        (sum & 0xFFFF) + (sum >> 16)
    });
    let checksum = sum + bytes.len() as u32;
    bytes[field..field + 4].copy_from_slice(&checksum.to_le_bytes());
    fs::write(path, bytes).expect("image");
}
