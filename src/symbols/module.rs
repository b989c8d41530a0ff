//! What identifies the files of a module: the keys under which symbol stores keep them.

use crate::util::guid::Guid;

/// The identity of a PDB, from the RSDS record of its image.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PdbId {
    /// File name without folders, as recorded by the linker.
    pub name: String,
    /// The PDB's signature.
    pub guid: Guid,
    /// The age of the RSDS record, which is the PDB's DBI age (not the age in its info stream).
    pub age: u32,
}

impl PdbId {
    /// Builds the identity from an RSDS record, whose path may carry the build machine's folders.
    pub fn new(path: &str, guid: Guid, age: u32) -> PdbId {
        PdbId { name: file_name(path).to_owned(), guid, age }
    }

    /// The store key: 32 upper-case digits and the age in hexadecimal without padding.
    pub fn key(&self) -> String {
        format!("{}{:x}", self.guid.digits(), self.age)
    }
}

/// The identity of a PE image, from its headers or from a module list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageId {
    /// File name without folders.
    pub name: String,
    /// `TimeDateStamp` of the file header (a hash in images linked with `/Brepro`).
    pub time_date_stamp: u32,
    /// `SizeOfImage` in bytes.
    pub size_of_image: u32,
}

impl ImageId {
    /// Builds the identity; `path` may carry folders.
    pub fn new(path: &str, time_date_stamp: u32, size_of_image: u32) -> ImageId {
        ImageId { name: file_name(path).to_owned(), time_date_stamp, size_of_image }
    }

    /// The store key: the time stamp as 8 upper-case digits and the size as lower-case digits without padding.
    pub fn key(&self) -> String {
        format!("{:08X}{:x}", self.time_date_stamp, self.size_of_image)
    }
}

/// A file that a symbol store can hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FileId {
    /// A PDB.
    Pdb(PdbId),
    /// A PE image.
    Image(ImageId),
}

impl FileId {
    /// File name without folders.
    pub fn name(&self) -> &str {
        match self {
            FileId::Pdb(pdb) => &pdb.name,
            FileId::Image(image) => &image.name,
        }
    }

    /// The folder name under which a store keeps this version.
    pub fn key(&self) -> String {
        match self {
            FileId::Pdb(pdb) => pdb.key(),
            FileId::Image(image) => image.key(),
        }
    }
}

impl From<PdbId> for FileId {
    fn from(id: PdbId) -> FileId {
        FileId::Pdb(id)
    }
}

impl From<ImageId> for FileId {
    fn from(id: ImageId) -> FileId {
        FileId::Image(id)
    }
}

/// The last part of a Windows or Unix path.
pub fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys from the Windows driver documentation.
    #[test]
    fn keys_have_the_stores_form() {
        let guid: Guid = "641F55C592201DCC4F59FACC72EA54DA".parse().unwrap();
        let pdb = PdbId::new(r"d:\obj\ntkrnlmp.pdb", guid, 1);
        assert_eq!(
            (pdb.name.as_str(), pdb.key().as_str()),
            ("ntkrnlmp.pdb", "641F55C592201DCC4F59FACC72EA54DA1")
        );
        let image = ImageId::new("AcxHdAudio.sys", 0x8294_2338, 0x8000);
        assert_eq!(image.key(), "829423388000");
        assert_eq!(ImageId::new("bootmgfw.efi", 0xC5D5_959B, 0x1e_0000).key(), "C5D5959B1e0000");
        assert_eq!(file_name(r"\SystemRoot\system32\a.sys"), "a.sys");
    }
}
