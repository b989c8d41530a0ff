//! All files of a module: its image, its PDB, and how the PDB's identity became known.

use std::path::PathBuf;

use super::finder::Finder;
use super::observer::Observer;
use super::outcome::Search;
use crate::symbols::isf;
use crate::symbols::module::{FileId, ImageId, PdbId};
use crate::symbols::pdb::Identity;
use crate::symbols::pe::Image;

/// A module whose files are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The debugger's name for the module.
    pub module: String,
    /// The image's identity, where the module list has a time stamp and a size.
    pub image: Option<ImageId>,
    /// The PDB's identity, where the image's debug record is in the dump.
    pub pdb: Option<PdbId>,
}

/// How the PDB's identity became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownFrom {
    /// From the debug record in the dump.
    Dump,
    /// From the debug record of the image file that was found.
    ImageFile,
    /// Not at all: the record is not in the dump and the image was not found (or has none).
    Nothing,
}

/// What was found for a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// What was wanted.
    pub wanted: Wanted,
    /// The search for the image, if one was made.
    pub image: Option<Search>,
    /// The search for the PDB, if its identity is known.
    pub pdb: Option<Search>,
    /// How it became known.
    pub known_from: KnownFrom,
    /// A Volatility symbol table for the PDB, in an `isf*` folder of the path.
    pub isf: Option<PathBuf>,
}

impl Located {
    /// The PDB's identity, wherever it came from.
    pub fn pdb_id(&self) -> Option<&PdbId> {
        match &self.pdb {
            Some(Search { id: FileId::Pdb(id), .. }) => Some(id),
            _ => self.wanted.pdb.as_ref(),
        }
    }

    /// True if names can be had from a PDB or a symbol table.
    pub fn has_symbols(&self) -> bool {
        self.isf.is_some() || self.pdb.as_ref().is_some_and(|search| search.found.is_some())
    }
}

/// Finds the files of many modules, several at a time: the images of those whose PDB is not known (or of all, with
/// `images`), and then the PDBs.
pub fn locate_all(finder: &Finder, wanted: &[Wanted], images: bool, observer: &dyn Observer) -> Vec<Located> {
    let mut located: Vec<Located> = wanted.iter().cloned().map(unsearched).collect();
    let image_of = |located: &Located| {
        let needed = images || located.wanted.pdb.is_none();
        located.wanted.image.clone().filter(|_| needed).map(FileId::from)
    };
    search_each(finder, &mut located, image_of, observer, |located, search| located.image = Some(search));
    let pdbs: Vec<Option<PdbId>> = located.iter_mut().map(learn_pdb).collect();
    for (located, id) in located.iter_mut().zip(&pdbs) {
        located.isf = id.as_ref().and_then(|id| table_for(finder, id));
    }
    let mut pdbs = pdbs.into_iter();
    let pdb_of = |_: &Located| pdbs.next().flatten().map(FileId::from);
    search_each(finder, &mut located, pdb_of, observer, |located, search| located.pdb = Some(search));
    located
}

fn unsearched(wanted: Wanted) -> Located {
    Located { wanted, image: None, pdb: None, known_from: KnownFrom::Nothing, isf: None }
}

fn search_each(
    finder: &Finder,
    located: &mut [Located],
    mut id_of: impl FnMut(&Located) -> Option<FileId>,
    observer: &dyn Observer,
    put: impl Fn(&mut Located, Search),
) {
    let (places, ids): (Vec<usize>, Vec<FileId>) =
        located.iter().enumerate().filter_map(|(index, located)| Some((index, id_of(located)?))).unzip();
    for (index, search) in places.into_iter().zip(finder.find_all(&ids, observer)) {
        if let Some(located) = located.get_mut(index) {
            put(located, search);
        }
    }
}

fn learn_pdb(located: &mut Located) -> Option<PdbId> {
    let from_file = || {
        let found = located.image.as_ref()?.found.as_ref()?;
        Image::open(&found.path).ok()?.pdb_id()
    };
    let (id, from) = match &located.wanted.pdb {
        Some(id) => (Some(id.clone()), KnownFrom::Dump),
        None => match from_file() {
            Some(id) => (Some(id), KnownFrom::ImageFile),
            None => (None, KnownFrom::Nothing),
        },
    };
    located.known_from = from;
    id
}

fn table_for(finder: &Finder, id: &PdbId) -> Option<PathBuf> {
    let identity = Identity { guid: id.guid, age: id.age };
    let mut folders = finder.symbol_path().isf_folders();
    folders.find_map(|folder| isf::locate(folder, &id.name, &identity))
}
