//! Writes the outputs: compressed dumps, truth files, the symbol store, and the manifest with all hashes.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::image::Image;
use crate::toolchain;

/// Where things go.
pub struct Outputs {
    root: PathBuf,
    hashes: BTreeMap<String, String>,
    store: BTreeMap<String, Vec<u8>>,
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

impl Outputs {
    /// Outputs below `root` (the project's folder, or another for a trial).
    pub fn new(root: &Path) -> Self {
        for folder in ["assets/demo", "tests/data/mismatched", "tests/data/pools"] {
            fs::create_dir_all(root.join(folder)).expect("output folder");
        }
        Self { root: root.to_path_buf(), hashes: BTreeMap::new(), store: BTreeMap::new() }
    }

    fn file(&mut self, name: &str, bytes: &[u8]) {
        self.hashes.insert(name.to_string(), digest(bytes));
        fs::write(self.root.join(name), bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
    }

    /// A dump, compressed with a header that says nothing about when and where.
    pub fn dump(&mut self, name: &str, bytes: &[u8]) {
        let mut gz = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
        gz.write_all(bytes).expect("memory");
        let packed = gz.finish().expect("memory");
        self.file(&format!("{name}.dmp.gz"), &packed);
    }

    /// A truth file.
    pub fn truth(&mut self, name: &str, truth: &Value) {
        let mut text = serde_json::to_string_pretty(truth).expect("json");
        text.push('\n');
        self.file(&format!("tests/data/{name}.truth.json"), text.as_bytes());
    }

    /// A truth file in a folder of the test data.
    pub fn truth_in(&mut self, folder: &str, name: &str, truth: &Value) {
        let mut text = serde_json::to_string(truth).expect("json");
        text.push('\n');
        self.file(&format!("tests/data/{folder}{name}.truth.json"), text.as_bytes());
    }

    /// An image for the symbol store.
    pub fn image(&mut self, image: &Image) {
        let key = format!("{0}/{1:08X}{2:x}/{0}", image.name, image.timestamp, image.size);
        self.store.insert(key, image.bytes.clone());
    }

    /// A PDB for the symbol store; `name` is the one in the image's debug record.
    pub fn pdb(&mut self, image: &Image) {
        let name = image.pdb.file_name().expect("file name").to_string_lossy().to_string();
        let bytes = fs::read(&image.pdb).expect("pdb");
        self.store.insert(format!("{name}/{}/{name}", image.pdb_key), bytes);
    }

    /// A PDB that belongs to no image of the dumps.
    pub fn mismatched(&mut self, image: &Image) {
        let name = image.pdb.file_name().expect("file name").to_string_lossy().to_string();
        let bytes = fs::read(&image.pdb).expect("pdb");
        self.file(&format!("tests/data/mismatched/{name}"), &bytes);
    }

    /// Writes the store of the demos and the manifest.
    pub fn finish(self) {
        self.finish_as("assets/demo/symbols.zip", "tests/data/manifest.json", &["windows", "facts"]);
    }

    /// Writes a store and a manifest, which has the sources below `folders`.
    pub fn finish_as(mut self, store: &str, manifest: &str, folders: &[&str]) {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(zip::DateTime::default());
        for (name, bytes) in &self.store {
            zip.start_file(name.as_str(), options).expect("memory");
            zip.write_all(bytes).expect("memory");
        }
        let packed = zip.finish().expect("memory").into_inner();
        self.file(store, &packed);
        let mut sources = BTreeMap::new();
        for folder in folders {
            collect(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder), folder, &mut sources);
        }
        let facts = json!({
            "tools": toolchain::versions().into_iter().map(|(k, v)| json!([k, v])).collect::<Vec<_>>(),
            "emulator": "unicorn-engine 2.1.5",
            "sources": sources,
            "store": self.store.iter().map(|(k, v)| (k.clone(), digest(v))).collect::<BTreeMap<_, _>>(),
            "files": self.hashes,
        });
        let mut text = serde_json::to_string_pretty(&facts).expect("json");
        text.push('\n');
        fs::write(self.root.join(manifest), text).expect("manifest");
    }
}

fn collect(folder: &Path, name: &str, out: &mut BTreeMap<String, String>) {
    let mut entries: Vec<_> = fs::read_dir(folder).expect("sources").flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            collect(&path, &name, out);
        } else {
            out.insert(name, digest(&fs::read(&path).expect("source")));
        }
    }
}
