//! PE files given by the user (`-i`), or found on the search path, as memory: a triage dump holds almost no code, but
//! where the file of a module is at hand its headers and read-only sections are known. The dump's own bytes always come
//! first.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use thiserror::Error;

use super::shared_image::SharedImage;
use crate::dump::{Lost, Mapping};
use crate::memory::{Backing, Memory, ReadError, Reason};
use crate::symbols::module::ImageId;
use crate::symbols::name;
use crate::symbols::pe::PeError;
use crate::util::files::open_found;

/// What the dump says of a module; a file must match it to stand for its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleIdentity {
    /// Where it was loaded.
    pub base: u64,
    /// SizeOfImage.
    pub size_of_image: u32,
    /// TimeDateStamp.
    pub time_date_stamp: u32,
}

/// Why a file cannot stand for a module.
#[derive(Debug, Error)]
pub enum ImageError {
    /// The system refused.
    #[error("cannot open image {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not an image.
    #[error("{} is no PE image: {why}", .path.display())]
    NotPe {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: PeError,
    },
    /// Nothing to map.
    #[error("{} is empty or no file", .0.display())]
    Empty(PathBuf),
    /// An image of another build.
    #[error("{} is another build: time stamp {found_stamp:08X} and size {found_size:x}, the module has {stamp:08X} and {size:x}", .path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// TimeDateStamp of the file.
        found_stamp: u32,
        /// SizeOfImage of the file.
        found_size: u32,
        /// TimeDateStamp of the module.
        stamp: u32,
        /// SizeOfImage of the module.
        size: u32,
    },
    /// Another image is there already.
    #[error("{} would overlap {} at {base:x}", .path.display(), .other.display())]
    Overlap {
        /// The file.
        path: PathBuf,
        /// The file that is there.
        other: PathBuf,
        /// Base address of the module.
        base: u64,
    },
}

/// Images of modules by address.
#[derive(Debug, Default)]
pub struct ImageOverlay {
    /// Sorted by base, apart.
    places: Vec<Place>,
}

/// The place of a module, whose image may become known later.
#[derive(Debug)]
struct Place {
    module: ModuleIdentity,
    loaded: OnceLock<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    path: PathBuf,
    image: SharedImage,
}

impl ImageOverlay {
    /// No images.
    pub fn new() -> ImageOverlay {
        ImageOverlay::default()
    }

    /// Adds the file at `path` for `module`.
    ///
    /// # Errors
    /// If it cannot be read, is no PE image, or its time stamp or size differ from the module's.
    pub fn load(&mut self, path: &Path, module: ModuleIdentity) -> Result<(), ImageError> {
        self.add(path, open(path)?, module)
    }

    /// Keeps a place for an image that may be found later, unless another module is there.
    pub fn reserve(&mut self, module: ModuleIdentity) {
        if self.overlapping(module).is_none() {
            let index = self.places.partition_point(|place| place.module.base < module.base);
            self.places.insert(index, Place { module, loaded: OnceLock::new() });
        }
    }

    /// Fills the place that was kept for the module at `base`; false if there is none, or it is filled.
    ///
    /// # Errors
    /// As [`load`](ImageOverlay::load).
    pub fn offer(&self, base: u64, path: &Path) -> Result<bool, ImageError> {
        let Some(place) = self.places.iter().find(|place| place.module.base == base) else {
            return Ok(false);
        };
        if place.loaded.get().is_some() {
            return Ok(false);
        }
        let loaded = parse(path, open(path)?, place.module)?;
        Ok(place.loaded.set(loaded).is_ok())
    }

    fn overlapping(&self, module: ModuleIdentity) -> Option<&Place> {
        self.places.iter().find(|place| {
            let (a, b) = (place.module, module);
            a.base < b.base.saturating_add(u64::from(b.size_of_image))
                && b.base < a.base.saturating_add(u64::from(a.size_of_image))
        })
    }

    fn loaded(&self) -> impl Iterator<Item = (ModuleIdentity, &Loaded)> {
        self.places.iter().filter_map(|place| Some((place.module, place.loaded.get()?)))
    }

    /// Adds bytes that are in memory, under a name of the caller's.
    ///
    /// # Errors
    /// As [`load`](ImageOverlay::load).
    pub fn add(&mut self, path: &Path, file: Mapping, module: ModuleIdentity) -> Result<(), ImageError> {
        let loaded = parse(path, file, module)?;
        if let Some(place) = self.overlapping(module) {
            let other = place.loaded.get().map(|other| other.path.clone()).unwrap_or_default();
            return Err(ImageError::Overlap { path: loaded.path, other, base: module.base });
        }
        let index = self.places.partition_point(|place| place.module.base < module.base);
        self.places.insert(index, Place { module, loaded: OnceLock::from(loaded) });
        Ok(())
    }

    /// The file that stands for the module at `base`.
    pub fn path_at(&self, base: u64) -> Option<&Path> {
        self.modules().find(|(module, _)| module.base == base).map(|(_, path)| path)
    }

    /// The modules that have a file, ascending by base.
    pub fn modules(&self) -> impl Iterator<Item = (ModuleIdentity, &Path)> {
        self.loaded().map(|(module, loaded)| (module, loaded.path.as_path()))
    }

    /// The files that were found to be shorter than they were.
    pub fn lost(&self) -> impl Iterator<Item = Lost> {
        self.loaded().filter_map(|(_, loaded)| loaded.image.lost())
    }

    /// How many modules have a file.
    pub fn count(&self) -> usize {
        self.loaded().count()
    }
}

fn open(path: &Path) -> Result<Mapping, ImageError> {
    let failed = |source| ImageError::Io { path: path.to_owned(), source };
    let about = path.metadata().map_err(failed)?;
    if !about.is_file() || about.len() == 0 {
        return Err(ImageError::Empty(path.to_owned()));
    }
    Mapping::of_file(&open_found(path).map_err(failed)?, path).map_err(failed)
}

fn parse(path: &Path, file: Mapping, module: ModuleIdentity) -> Result<Loaded, ImageError> {
    let path = path.to_owned();
    let image = match SharedImage::parse(file) {
        Ok(image) => image,
        Err(why) => return Err(ImageError::NotPe { path, why }),
    };
    let (found_stamp, found_size) = (image.headers().time_date_stamp, image.headers().size_of_image);
    if (found_stamp, found_size) != (module.time_date_stamp, module.size_of_image) {
        return Err(ImageError::Mismatch {
            path,
            found_stamp,
            found_size,
            stamp: module.time_date_stamp,
            size: module.size_of_image,
        });
    }
    Ok(Loaded { path, image })
}

impl Memory for ImageOverlay {
    fn window(&self, address: u64) -> Result<&[u8], ReadError> {
        let index = self.places.partition_point(|place| place.module.base <= address).checked_sub(1);
        index
            .and_then(|index| self.places.get(index))
            .and_then(|place| {
                let base = place.module.base;
                place.loaded.get()?.image.window(address - base, base)
            })
            .ok_or_else(|| ReadError::new(address, Reason::NotInImage))
    }
}

impl Backing for ImageOverlay {
    fn ranges(&self) -> Vec<(u64, u64)> {
        let place = |module: ModuleIdentity| {
            (module.base, module.base.saturating_add(u64::from(module.size_of_image)))
        };
        self.modules().map(|(module, _)| place(module)).collect()
    }

    fn file_at(&self, base: u64) -> Option<&Path> {
        self.path_at(base)
    }
}

/// Where a symbol server or a folder of drivers keeps an image: `DIR/NAME`, `DIR/NAME/STAMPsize/NAME`; the first
/// that exists. Names are compared as the file system does, then in lower case.
pub fn find_image(folder: &Path, name: &str, module: ModuleIdentity) -> Option<PathBuf> {
    let image = ImageId::new(name, module.time_date_stamp, module.size_of_image);
    // The name comes from the dump: it must not lead out of the folder.
    name::check(&image.name).ok()?;
    let key = image.key();
    [image.name.clone(), image.name.to_ascii_lowercase()]
        .iter()
        .flat_map(|name| {
            [
                folder.join(name).join(&key).join(name),
                folder.join(name),
                folder.join(name).join(key.to_lowercase()).join(name),
            ]
        })
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFERRED: u64 = 0x1_4000_0000;

    fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
        file[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// A driver by hand: sections are at RVA n * 0x1000, file offset n * 0x400.
    /// 1 code; 2 constants with import addresses (0x2000) and guard pointers (0x2100); 3 data; 4 INIT; 5 relocations.
    fn driver() -> Vec<u8> {
        let mut file = vec![0u8; 0x1800];
        put(&mut file, 0, b"MZ");
        put(&mut file, 0x3c, &0x80u32.to_le_bytes());
        put(&mut file, 0x80, b"PE\0\0\x64\x86\x05\0");
        put(&mut file, 0x88, &0x5f5e_1000u32.to_le_bytes());
        put(&mut file, 0x94, &0xf0u16.to_le_bytes());
        put(&mut file, 0x98, &0x20bu16.to_le_bytes());
        put(&mut file, 0xb0, &PREFERRED.to_le_bytes());
        put(&mut file, 0xd0, &0x6000u32.to_le_bytes());
        put(&mut file, 0xd4, &0x400u32.to_le_bytes());
        put(&mut file, 0x104, &16u32.to_le_bytes());
        for (number, rva, size) in [(5, 0x5000u32, 12u32), (10, 0x2080, 0x100), (12, 0x2000, 0x10)] {
            put(&mut file, 0x108 + number * 8, &rva.to_le_bytes());
            put(&mut file, 0x10c + number * 8, &size.to_le_bytes());
        }
        let flags = [0x6000_0020u32, 0x4000_0040, 0xc000_0040, 0x6200_0020, 0x4200_0040];
        for (index, flags) in flags.iter().enumerate() {
            let (header, number) = (0x188 + index * 40, index as u32 + 1);
            for (at, value) in
                [(8, 0x300), (12, number * 0x1000), (16, 0x400), (20, number * 0x400), (36, *flags)]
            {
                put(&mut file, header + at, &value.to_le_bytes());
            }
            put(&mut file, number as usize * 0x400, &[number as u8; 0x300]);
        }
        // A pointer in the constants, relocated; the guard pointers' addresses in the load configuration.
        put(&mut file, 0x820, &(PREFERRED + 0x1234).to_le_bytes());
        put(&mut file, 0x8f0, &(PREFERRED + 0x2200).to_le_bytes());
        put(&mut file, 0x8f8, &(PREFERRED + 0x2208).to_le_bytes());
        put(&mut file, 0x1400, &0x2000u32.to_le_bytes());
        put(&mut file, 0x1404, &12u32.to_le_bytes());
        put(&mut file, 0x1408, &0xa020u16.to_le_bytes());
        put(&mut file, 0x140a, &0u16.to_le_bytes());
        file
    }

    fn module(base: u64) -> ModuleIdentity {
        ModuleIdentity { base, size_of_image: 0x6000, time_date_stamp: 0x5f5e_1000 }
    }

    #[test]
    fn only_what_memory_shares_with_the_file_is_shown() {
        let base = 0xffff_f800_0100_0000;
        let mut overlay = ImageOverlay::new();
        overlay.add(Path::new("a.sys"), Mapping::of_bytes(driver()), module(base)).unwrap();
        assert_eq!(overlay.array(base), Ok(*b"MZ"));
        assert_eq!(overlay.u8(base + 0x1000), Ok(1));
        assert_eq!(overlay.u8(base + 0x12ff), Ok(1));
        for absent in [0x400, 0x1300, 0x2000, 0x200f, 0x2200, 0x220f, 0x3000, 0x4000, 0x5000, 0x6000] {
            assert_eq!(overlay.u8(base + absent).unwrap_err().reason, Reason::NotInImage, "{absent:x}");
        }
        assert_eq!((overlay.u8(base + 0x2010), overlay.u8(base + 0x2210)), (Ok(2), Ok(2)));
        // Addresses are where the loader puts them.
        assert_eq!(overlay.u64(base + 0x2020), Ok(base + 0x1234));
        assert_eq!(overlay.u64(base + 0xb0), Ok(base));
        assert!(overlay.u8(base - 1).is_err());
    }

    #[test]
    fn at_the_preferred_base_nothing_changes() {
        let mut overlay = ImageOverlay::new();
        overlay.add(Path::new("a.sys"), Mapping::of_bytes(driver()), module(PREFERRED)).unwrap();
        assert_eq!(overlay.u64(PREFERRED + 0x2020), Ok(PREFERRED + 0x1234));
    }

    #[test]
    fn a_place_is_filled_once_and_by_its_own_image() {
        let folder = tempfile::tempdir().unwrap();
        let (good, wrong) = (folder.path().join("a.sys"), folder.path().join("b.sys"));
        std::fs::write(&good, driver()).unwrap();
        let mut other = driver();
        put(&mut other, 0x88, &1u32.to_le_bytes());
        std::fs::write(&wrong, other).unwrap();
        let mut overlay = ImageOverlay::new();
        overlay.reserve(module(0x1_0000));
        overlay.reserve(module(0x1_5000));
        assert!(overlay.u8(0x1_1000).is_err());
        assert_eq!((overlay.count(), overlay.ranges().len()), (0, 0));
        assert!(overlay.offer(0x1_0000, &wrong).is_err());
        assert!(!overlay.offer(0x1_5000, &good).unwrap(), "another module's place reaches there");
        assert!(overlay.offer(0x1_0000, &good).unwrap());
        assert!(!overlay.offer(0x1_0000, &good).unwrap());
        assert_eq!((overlay.u8(0x1_1000), overlay.count()), (Ok(1), 1));
        assert_eq!(overlay.path_at(0x1_0000), Some(good.as_path()));
    }

    #[test]
    fn other_builds_are_refused() {
        let mut overlay = ImageOverlay::new();
        let mut add = |file: Vec<u8>, module| {
            overlay
                .add(Path::new("a.sys"), Mapping::of_bytes(file), module)
                .map_err(|error| error.to_string())
        };
        let older = ModuleIdentity { time_date_stamp: 1, ..module(0x1000) };
        assert!(add(driver(), older).unwrap_err().contains("another build"));
        assert!(add(b"MZ but no more".to_vec(), module(0x1000)).unwrap_err().contains("no PE image"));
        add(driver(), module(0x1_0000)).unwrap();
        assert!(add(driver(), module(0x1_5000)).unwrap_err().contains("overlap"));
    }

    #[test]
    fn damaged_images_do_no_harm() {
        let whole = driver();
        for at in (0..0x300).chain(0x8e0..0x900).chain(0x1400..0x140c) {
            for value in [0, 0x7f, 0xff] {
                let mut file = whole.clone();
                file[at] = value;
                let Ok(image) = SharedImage::parse(Mapping::of_bytes(file)) else {
                    continue;
                };
                for rva in [0, 0x3ff, 0x1000, 0x2020, u64::from(u32::MAX)] {
                    let _ = image.window(rva, 0xffff_f800_0100_0000);
                }
            }
        }
        for size in 0..0x400 {
            let _ = SharedImage::parse(Mapping::of_bytes(whole[..size].to_vec()));
        }
    }

    #[test]
    fn files_are_found_as_folder_or_store() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("bad.sys/5F5E10006000");
        std::fs::create_dir_all(&store).unwrap();
        std::fs::write(store.join("bad.sys"), driver()).unwrap();
        let found = find_image(folder.path(), "\\SystemRoot\\drivers\\Bad.sys", module(0));
        assert_eq!(found, Some(store.join("bad.sys")));
        std::fs::write(folder.path().join("secret"), "").unwrap();
        assert_eq!(find_image(&folder.path().join("bad.sys"), "../secret", module(0)), None);
    }
}
