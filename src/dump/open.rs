//! Opens a dump file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{DumpError, not_a_dump};
use super::header::Header;
use super::kind::{Bits, DumpKind};
use super::mapping::Mapping;
use super::pages::{PAGE, PageIndex};
use super::progress::Progress;
use super::raw::RawFile;
use super::secondary::SecondaryBlob;
use super::tags::{self, Tagged, TaggedMemory};
use super::triage::Triage;
use super::{header32, header64, secondary, sources, triage};
use crate::util::bounded;

/// An open dump. Cloning shares it.
#[derive(Clone)]
pub struct DumpFile(Arc<Inner>);

struct Inner {
    path: PathBuf,
    member: Option<String>,
    mapping: Mapping,
    header: Header,
    triage: Option<Triage>,
    pages: Option<PageIndex>,
    secondary: Vec<SecondaryBlob>,
    tagged_memory: TaggedMemory,
    warnings: Vec<String>,
}

impl DumpFile {
    /// Opens the dump at `path`, unpacked if it is an archive.
    ///
    /// # Errors
    /// As [`RawFile::open`] and [`DumpFile::parse`].
    pub fn open(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<DumpFile, DumpError> {
        DumpFile::parse(RawFile::open(path, progress)?)
    }

    /// Opens a dump that is in memory already (embedded demos, tests) under a name of the caller's.
    ///
    /// # Errors
    /// As [`RawFile::from_bytes`] and [`DumpFile::parse`].
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<DumpFile, DumpError> {
        DumpFile::parse(RawFile::from_bytes(name, bytes)?)
    }

    /// Reads a file as a dump.
    ///
    /// # Errors
    /// Where nothing can be shown: no kernel dump, a header cut off. Smaller faults become
    /// [`warnings`](DumpFile::warnings).
    pub fn parse(file: RawFile) -> Result<DumpFile, DumpError> {
        let RawFile { path, member, mapping, mut warnings } = file;
        let header = parse_header(&path, mapping.bytes(), &mut warnings)?;
        let bytes = mapping.bytes();
        let mut triage = None;
        let mut pages = None;
        match header.kind {
            DumpKind::Triage => {
                triage = triage::parse(bytes, header.bits, header.kd_debugger_data_block, &mut warnings);
                if triage.is_none() {
                    warnings.push(
                        "the file ends before the triage data: only the header can be shown".to_owned(),
                    );
                }
            }
            DumpKind::HeaderOnly => {
                warnings.push(
                    "this is a header dump: it holds no memory, only the header can be shown".to_owned(),
                );
            }
            DumpKind::Other(value) => {
                warnings.push(format!("the dump type {value:#x} is not known: only the header can be shown"));
            }
            _ => pages = sources::page_index(&mapping, &header, &mut warnings),
        }
        if header.attributes.is_some_and(|bits| bits & 0x100 != 0) {
            warnings.push(
                "the header says that the dump's data are encrypted: memory is shown as it is stored"
                    .to_owned(),
            );
        }
        let places = secondary_places(&header, triage.as_ref(), pages.as_ref());
        let secondary = secondary::parse(bytes, &places, &mut warnings);
        // Dumps with pages hold the same memory among these.
        let tagged_memory = match triage {
            Some(_) => tags::parse_memory(bytes, &secondary, &mut warnings),
            None => TaggedMemory::default(),
        };
        // What was read last may be zeros.
        if let Some(lost) = mapping.check() {
            return Err(lost.into());
        }
        let inner =
            Inner { path, member, mapping, header, triage, pages, secondary, tagged_memory, warnings };
        Ok(DumpFile(Arc::new(inner)))
    }

    /// What the header says.
    pub fn header(&self) -> &Header {
        &self.0.header
    }

    /// The kind of dump.
    pub fn kind(&self) -> DumpKind {
        self.0.header.kind
    }

    /// All bytes of the file (of the unpacked dump, if it came from an archive).
    pub fn bytes(&self) -> &[u8] {
        self.0.mapping.bytes()
    }

    /// The same bytes, to be kept beyond the dump's life.
    pub fn mapping(&self) -> &Mapping {
        &self.0.mapping
    }

    /// The path that was opened; for bytes in memory the name they were given.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The name of the dump inside the archive that was opened.
    pub fn member(&self) -> Option<&str> {
        self.0.member.as_deref()
    }

    /// What to call the dump: its path, or that of its zip archive and its name there, as they are typed to open it.
    pub fn title(&self) -> String {
        let path = self.0.path.display();
        match self.member() {
            // A gzip file holds nothing else.
            Some(member) if self.0.path.extension().is_some_and(|end| end.eq_ignore_ascii_case("zip")) => {
                format!("{path}!{member}")
            }
            _ => path.to_string(),
        }
    }

    /// The triage data, in dumps of kind triage.
    pub fn triage(&self) -> Option<&Triage> {
        self.0.triage.as_ref()
    }

    /// The page index, in dumps that hold pages.
    pub fn pages(&self) -> Option<&PageIndex> {
        self.0.pages.as_ref()
    }

    /// Whether the file holds any memory, and not just the header.
    pub fn has_memory(&self) -> bool {
        let first_page = self.pages().map(PageIndex::first_page);
        self.triage().is_some() || first_page.is_some_and(|first| first < self.0.mapping.len())
    }

    /// The blobs of secondary data.
    pub fn secondary(&self) -> &[SecondaryBlob] {
        &self.0.secondary
    }

    /// The secondary data by what they mean.
    pub fn tagged(&self) -> Tagged<'_> {
        Tagged::new(self.bytes(), self.secondary())
    }

    /// The memory of a triage dump that lies in its secondary data.
    pub fn tagged_memory(&self) -> &TaggedMemory {
        &self.0.tagged_memory
    }

    /// What is wrong with the file or could not be read, in sentences.
    pub fn warnings(&self) -> &[String] {
        &self.0.warnings
    }

    /// The CONTEXT record of the header; `None` where the file ends before or it was not filled.
    pub fn context(&self) -> Option<&[u8]> {
        let range = self.0.header.context.clone();
        self.bytes().get(range).filter(|context| !context.starts_with(b"PAGEPAGEPAGEPAGE"))
    }
}

impl std::fmt::Debug for DumpFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DumpFile({})", self.0.path.display())
    }
}

fn parse_header(path: &Path, bytes: &[u8], warnings: &mut Vec<String>) -> Result<Header, DumpError> {
    let (header, bits) = match bounded::slice(bytes, 0, 8) {
        Some(start) if start == header64::SIGNATURE => (header64::parse(bytes, warnings), Bits::Bits64),
        Some(start) if start == header32::SIGNATURE => (header32::parse(bytes, warnings), Bits::Bits32),
        _ => return Err(not_a_dump(path, bytes)),
    };
    header.ok_or_else(|| DumpError::Short {
        path: path.to_owned(),
        size: bytes.len() as u64,
        need: bits.header_size() as u64,
    })
}

/// File offsets at which secondary data may start: after the primary dump, as far as its size is declared.
fn secondary_places(header: &Header, triage: Option<&Triage>, pages: Option<&PageIndex>) -> Vec<u64> {
    let mut places = Vec::new();
    places.extend(triage.map(|triage| u64::from(triage.size_of_dump)));
    places.extend(
        pages.and_then(|pages| pages.first_page().checked_add(pages.declared_pages()?.checked_mul(PAGE)?)),
    );
    places.extend(header.required_size);
    places
}
