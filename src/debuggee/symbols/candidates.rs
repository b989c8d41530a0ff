//! Finding the kernel's symbols when the dump does not name its PDB.
//!
//! A triage dump holds no image headers, so nothing says which PDB belongs to its kernel. But it does hold addresses of
//! some twenty kernel variables (in the debugger data block), and of KeBugCheckEx: a symbol file in which those that it
//! names stand at the right places, and none at another, is the right one.

use crate::debuggee::{DebuggerData, Module, Target};
use crate::search::finder::Finder;
use crate::search::path::SearchPath;
use crate::symbols::source::SymbolSource;
use std::fmt;
use std::path::{Path, PathBuf};

/// What kernels' PDBs are called.
const KERNEL_PDBS: [&str; 4] = ["ntkrnlmp.pdb", "ntoskrnl.pdb", "ntkrla57.pdb", "ntkrnlmp_ext.pdb"];
/// At most this many PDBs are tried: each costs tens of milliseconds.
const MAX_CANDIDATES: usize = 64;
/// At most this many symbol tables: each costs a tenth of a second, but only once.
const MAX_TABLES: usize = 1024;
/// Fewer agreeing addresses than this prove nothing.
const ENOUGH: usize = 8;

/// Fields of the debugger data block that hold the address of the variable of the same name.
const VARIABLES: &[&str] = &[
    "PsLoadedModuleList",
    "PsActiveProcessHead",
    "PspCidTable",
    "ExpSystemResourcesList",
    "KeTimeIncrement",
    "KeBugCheckCallbackListHead",
    "KiBugcheckData",
    "ObpRootDirectoryObject",
    "ObpTypeObjectType",
    "MmPagedPoolInformation",
    "KiProcessorBlock",
    "MmUnloadedDrivers",
    "MmLastUnloadedDriver",
    "MmTriageActionTaken",
    "MmSpecialPoolTag",
    "KernelVerifier",
    "PoolTrackTable",
    "NonPagedPoolDescriptor",
    "MmHighestUserAddress",
    "MmSystemRangeStart",
    "MmUserProbeAddress",
    "CmNtCSDVersion",
];

/// The debugger data block itself, whose address the dump's header states.
const DATA_BLOCK: &str = "KdDebuggerDataBlock";
/// Where the dump's exception record says that the system stopped.
const BUGCHECK: &str = "KeBugCheckEx";

/// Every name that [`fit`] may ask for.
pub(super) fn wanted() -> Vec<&'static str> {
    VARIABLES.iter().copied().chain([DATA_BLOCK, BUGCHECK]).collect()
}

/// How well a source of names fits what the dump knows of its kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fit {
    /// Names that stand where the dump says.
    pub(super) agree: usize,
    /// Names that stand elsewhere; not counted where too few agree.
    pub(super) differ: usize,
}

impl Fit {
    /// Whether the source is of this very kernel.
    pub(super) fn is_exact(self) -> bool {
        self.agree >= ENOUGH && self.differ == 0
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.agree {
            agree if agree < ENOUGH => write!(f, "only {agree} known addresses agree"),
            agree => write!(f, "{agree} known addresses agree, {} differ", self.differ),
        }
    }
}

/// Compares a source with the addresses that the dump holds. What stands at an address is found without reading all
/// names, so only a source in which enough agree is asked for the names that do not.
pub(super) fn fit(names: &dyn SymbolSource, target: &Target, base: u64) -> Fit {
    let stands_there = |&(name, address): &(&str, u64)| {
        let rva = u32::try_from(address.wrapping_sub(base)).ok();
        rva.is_some_and(|rva| names.exact(rva).iter().any(|symbol| symbol.name == name))
    };
    let (agree, others): (Vec<_>, Vec<_>) = known_addresses(target).into_iter().partition(stands_there);
    let mut fit = Fit { agree: agree.len(), differ: 0 };
    if fit.agree >= ENOUGH {
        let elsewhere =
            |(name, _): &&(&str, u64)| names.by_name(name).iter().any(|symbol| symbol.name == *name);
        fit.differ = others.iter().filter(elsewhere).count();
    }
    fit
}

/// The address of a kernel variable that the debugger data block names: it answers where symbols do not.
pub(super) fn known_address(target: &Target, module: &Module, name: &str) -> Option<u64> {
    let variable = VARIABLES.iter().find(|known| known.eq_ignore_ascii_case(name))?;
    target.debugger_data().filter(|_| module.name == "nt")?.nonzero(variable)
}

/// The kernel variables that the debugger data block places, if `module` is the kernel.
pub(super) fn known_variables(target: &Target, module: &Module) -> Vec<(&'static str, u64)> {
    let data = target.debugger_data().filter(|_| module.name == "nt");
    VARIABLES.iter().filter_map(|name| Some((*name, data?.nonzero(name)?))).collect()
}

fn known_addresses(target: &Target) -> Vec<(&'static str, u64)> {
    let data = target.debugger_data();
    let field = |name: &&'static str| Some((*name, data.and_then(|data: &DebuggerData| data.nonzero(name))?));
    let mut known: Vec<(&str, u64)> = VARIABLES.iter().filter_map(field).collect();
    let Ok(header) = target.header() else {
        return known;
    };
    known.push((DATA_BLOCK, header.kd_debugger_data_block));
    // The writer records a break instruction at KeBugCheckEx: the one address of code that is always known.
    let stopped = header.exception.filter(|exception| exception.code == 0x8000_0003);
    known.extend(stopped.map(|exception| (BUGCHECK, exception.address)));
    known
}

/// Kernel PDBs that are here, loose or in stores, whatever their version.
pub(super) fn pdb_files(finder: &Finder) -> Vec<PathBuf> {
    let pdbs = KERNEL_PDBS.iter().flat_map(|name| finder.local_pdbs(name));
    pdbs.map(|(path, _)| path).take(MAX_CANDIDATES).collect()
}

/// Kernel symbol tables in the `isf*` folders of a path.
pub(super) fn isf_files(path: &SearchPath) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in path.isf_folders() {
        for name in KERNEL_PDBS {
            let tables = std::fs::read_dir(folder.join(name)).into_iter().flatten().flatten();
            files.extend(tables.map(|table| table.path()).filter(|path| is_table(path)).take(MAX_TABLES));
        }
    }
    files.sort();
    files.truncate(MAX_TABLES);
    files
}

fn is_table(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    [".json", ".json.xz", ".json.gz"].iter().any(|ending| name.ends_with(ending))
}
