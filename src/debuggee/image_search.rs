//! Images found by their headers in memory, for dumps whose module list is lost.

use super::image::MemoryImage;
use super::modules::{self, Module, ModuleKind};
use crate::memory::{Memory, VirtualMemory};
use crate::symbols::pe::{Headers, Image};

/// Images begin on a page.
const PAGE: u64 = 0x1000;
/// How far below an address its image is looked for; the largest kernels have some 17 MiB.
const REACH: u64 = 32 << 20;
/// `MZ`
const DOS_SIGNATURE: u16 = 0x5a4d;
/// The kernel's name for itself in its export table, whatever its file is called.
pub(super) const KERNEL: &str = "ntoskrnl.exe";

/// The image in kernel space that covers an address, if its headers can be read. `is_kernel` says that the address is
/// one of the kernel itself.
pub(super) fn around(memory: &VirtualMemory, address: u64, is_kernel: bool) -> Option<Module> {
    let first = address & !(PAGE - 1);
    let bases = (0..REACH / PAGE).map_while(|pages| first.checked_sub(pages * PAGE));
    bases.filter(|&base| memory.u16(base) == Ok(DOS_SIGNATURE)).find_map(|base| {
        let image = Image::new(MemoryImage::new(memory, base)).ok()?;
        let headers = image.headers();
        (address - base < u64::from(headers.size_of_image)).then(|| module(&image, headers, base, is_kernel))
    })
}

/// What the image says of itself: its name in its export table, else that of its PDB.
fn module(image: &Image<MemoryImage<'_>>, headers: &Headers, base: u64, is_kernel: bool) -> Module {
    let exported = image.exports().ok().and_then(|exports| exports.dll_name);
    let built = || image.pdb_id().map(|id| id.name);
    let unnamed = || if is_kernel { KERNEL.to_owned() } else { format!("image_{base:x}") };
    let name = exported.or_else(built).unwrap_or_else(unnamed);
    let is_kernel = is_kernel || name.eq_ignore_ascii_case(KERNEL);
    Module {
        checksum: Some(headers.check_sum),
        time_date_stamp: Some(headers.time_date_stamp),
        ..modules::module(&name, base, headers.size_of_image.into(), ModuleKind::Kernel, is_kernel)
    }
}
