//! Opens what was written with kdmp-parser and compares modules, registers and memory.

use std::fs;
use std::path::Path;

use kdmp_parser::gxa::{Gpa, Gva};
use kdmp_parser::parse::KernelDumpParser;
use kdmp_parser::phys;
use kdmp_parser::virt;

use crate::memory::PAGE;
use crate::world::World;
use crate::writer::{self, Crash, Kind};

/// Checks one dump file of a world.
pub fn dump(path: &Path, bytes: &[u8], world: &World, crash: &Crash, kind: Kind) {
    if kind == Kind::Triage {
        return;
    }
    let mut bytes = bytes.to_vec();
    if kind == Kind::LiveAutomatic {
        // kdmp-parser knows the format by the number before.
        bytes[0xF98] = 6;
    }
    fs::write(path, bytes).expect("trial file");
    let parser = KernelDumpParser::new(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let context = parser.context_record();
    let rip = u64::from_le_bytes(crash.context[0xF8..0x100].try_into().expect("eight"));
    assert_eq!(context.rip, rip, "{}", path.display());
    assert_eq!(parser.headers().directory_table_base, crash.cr3);
    let phys = phys::Reader::new(&parser);
    let virt = virt::Reader::with_dtb(&parser, Gpa::from(crash.cr3));
    for m in &world.modules {
        let found = parser.kernel_modules().any(|(range, name)| {
            u64::from(range.start) == m.base
                && u64::from(range.end) == m.base + u64::from(m.image.size)
                && name.to_lowercase().contains(&m.image.name.to_lowercase())
        });
        assert!(found, "{}: no module {}", path.display(), m.image.name);
        let mut head = [0u8; 64];
        virt.read_exact(Gva::from(m.base), &mut head).expect("module header");
        assert_eq!(head[..], m.image.bytes[..64]);
    }
    assert_eq!(parser.kernel_modules().len(), world.modules.len());
    let pages = match kind {
        Kind::Full | Kind::BitmapFull | Kind::RdmpComplete => writer::all_pages(world),
        Kind::RdmpKernelUser => {
            writer::kernel_pages(world).union(&writer::user_pages(world)).copied().collect()
        }
        _ => writer::kernel_pages(world),
    };
    assert_eq!(parser.physmem().len(), pages.len(), "{}", path.display());
    let mut page = vec![0u8; PAGE as usize];
    for pfn in pages {
        phys.read_exact(Gpa::from(pfn * PAGE), &mut page).expect("page");
        assert_eq!(page, world.memory.physical(pfn * PAGE, PAGE as usize), "page {pfn:#x}");
    }
    fs::remove_file(path).expect("trial file");
}
