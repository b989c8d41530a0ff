//! A PE image that was opened by itself: its bytes as the loader would place them at the preferred base, and the one
//! module that it is.

use super::image_search::KERNEL;
use super::modules::{self, Module, ModuleKind};
use crate::dump::{Bits, Machine, Mapping, RawFile};
use crate::memory::{Memory, ReadError, Reason};
use crate::symbols::layouts::{UNKNOWN, Version};
use crate::symbols::pe::headers::MACHINE_AMD64;
use crate::symbols::pe::{Directory, FileImage, Headers, Image, Missing, PeError, bytes};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open image file. Cloning shares it.
#[derive(Debug, Clone)]
pub struct ImageFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    member: Option<String>,
    mapping: Mapping,
    image: Image<FileImage<Mapping>>,
    warnings: Vec<String>,
}

/// `IMAGE_SUBSYSTEM_NATIVE`: drivers, the kernel and its libraries.
const NATIVE: u16 = 1;
/// What stands where sections have no bytes in the file.
static ZEROS: [u8; 0x1000] = [0; 0x1000];

impl ImageFile {
    /// Reads the headers; everything else is read when asked for.
    ///
    /// # Errors
    /// What is wrong with the headers.
    pub fn parse(file: RawFile) -> Result<ImageFile, PeError> {
        let RawFile { path, member, mapping, mut warnings } = file;
        let image = Image::from_file_bytes(mapping.clone())?;
        warnings.extend(oddities(&image));
        Ok(ImageFile(Arc::new(Inner { path, member, mapping, image, warnings })))
    }

    /// The path that was opened.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The image's file name, also inside an archive.
    pub fn name(&self) -> String {
        let path = self.0.member.as_deref().map_or(self.path(), Path::new);
        path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
    }

    /// The file's bytes.
    pub fn mapping(&self) -> &Mapping {
        &self.0.mapping
    }

    /// The image, by RVA.
    pub fn image(&self) -> &Image<FileImage<Mapping>> {
        &self.0.image
    }

    /// Its headers.
    pub fn headers(&self) -> &Headers {
        self.0.image.headers()
    }

    /// The processor that its code is for.
    pub fn machine(&self) -> Machine {
        Machine::from_image_type(self.headers().machine.into())
    }

    /// Width of its pointers.
    pub fn bits(&self) -> Bits {
        if self.headers().is_64bit { Bits::Bits64 } else { Bits::Bits32 }
    }

    /// Address of the entry point at the preferred base; `None` if it has none.
    pub fn entry_point(&self) -> Option<u64> {
        let rva = Some(self.headers().entry_point).filter(|&rva| rva != 0)?;
        self.headers().image_base.checked_add(rva.into())
    }

    /// Address of the entry point, or else of the first section that holds code.
    pub fn code_start(&self) -> Option<u64> {
        let first = || {
            let section = self.headers().sections.iter().find(|section| section.is_executable())?;
            self.headers().image_base.checked_add(section.rva.into())
        };
        self.entry_point().or_else(first)
    }

    /// The file version of its version resource.
    pub fn version(&self) -> Version {
        let fixed = self.0.image.version().and_then(|version| version.fixed);
        fixed.map_or(UNKNOWN, |fixed| Version(fixed.file_version.map(u32::from)))
    }

    /// The folder that the file lies in; `None` for one out of an archive.
    pub fn folder(&self) -> Option<&Path> {
        let folder = self.path().parent().filter(|_| self.0.member.is_none())?;
        Some(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
    }

    /// What is wrong with it, in sentences.
    pub fn warnings(&self) -> &[String] {
        &self.0.warnings
    }

    /// The module that the image is at its preferred base.
    pub(super) fn module(&self) -> Module {
        let headers = self.headers();
        let is_kernel = self.0.image.exports().is_ok_and(|exports| {
            exports
                .dll_name
                .is_some_and(|name| headers.subsystem == NATIVE && name.eq_ignore_ascii_case(KERNEL))
        });
        let kind = if headers.subsystem == NATIVE { ModuleKind::Kernel } else { ModuleKind::User };
        let module =
            modules::module(&self.name(), headers.image_base, headers.size_of_image.into(), kind, is_kernel);
        Module {
            image_path: self.path().to_string_lossy().into_owned(),
            checksum: Some(headers.check_sum),
            time_date_stamp: Some(headers.time_date_stamp),
            ..module
        }
    }
}

/// What makes an image show less than it should.
fn oddities(image: &Image<FileImage<Mapping>>) -> Vec<String> {
    let headers = image.headers();
    let mut found = Vec::new();
    if usize::from(headers.section_count) != headers.sections.len() {
        found.push(format!(
            "the image states {} sections, {} section headers can be read",
            headers.section_count,
            headers.sections.len()
        ));
    }
    for section in &headers.sections {
        let end = u64::from(section.raw_offset) + u64::from(section.raw_size);
        let size = image.bytes().data().len() as u64;
        if section.raw_size != 0 && end > size {
            found.push(format!(
                "the image file is cut off: section {} would end at file offset {end:#x}, the file has {size:#x} bytes",
                section.name
            ));
        }
    }
    if headers.machine == MACHINE_AMD64 && chpe_metadata(image).is_some_and(|metadata| metadata != 0) {
        found
            .push("an ARM64EC image: most of its code is ARM64, which is shown as if it were x64".to_owned());
    }
    if headers.image_base.checked_add(headers.size_of_image.into()).is_none() {
        found.push(format!("the preferred base {:#x} leaves no room for the image", headers.image_base));
    }
    found
}

/// CHPEMetadataPointer of IMAGE_LOAD_CONFIG_DIRECTORY64 (winnt.h).
fn chpe_metadata(image: &Image<FileImage<Mapping>>) -> Option<u64> {
    const OFFSET: u32 = 0xc8;
    let directory = image.headers().directory(Directory::LoadConfiguration)?;
    // The structure's own first field tells its size; the directory's is that of the oldest one in old images.
    let size = bytes::u32_at(image.bytes(), directory.rva).filter(|&size| size >= OFFSET + 8);
    size.and_then(|_| bytes::u64_at(image.bytes(), directory.rva.checked_add(OFFSET)?))
}

impl Memory for ImageFile {
    fn window(&self, address: u64) -> Result<&[u8], ReadError> {
        let headers = self.headers();
        let (start, size) = (headers.image_base, headers.size_of_image);
        let fail = |reason| ReadError::new(address, reason);
        let outside = || fail(Reason::OutsideImage { start, end: start.saturating_add(size.into()) });
        let rva = address.checked_sub(start).ok_or_else(outside)?;
        let rva = u32::try_from(rva).ok().filter(|&rva| rva < size).ok_or_else(outside)?;
        let file = self.0.image.bytes();
        let piece = file.piece(rva).map_err(|missing| match missing {
            Missing::Unmapped => fail(Reason::BetweenSections),
            Missing::CutOff { offset } => fail(Reason::ImageCutOff { offset }),
        })?;
        let len = piece.len.min((size - rva) as usize);
        let bytes = match piece.is_zero {
            true => ZEROS.get(..len.min(ZEROS.len())),
            false => file.data().get(piece.offset..piece.offset.saturating_add(len)),
        };
        bytes.ok_or_else(|| fail(Reason::BetweenSections))
    }
}
