//! Frames of a chosen chain that are left over from something that has returned.

use crate::unwind::chain::Candidate;
use crate::unwind::host::UnwindHost;
use crate::unwind::score::Evidence;

/// Frames of one stranger in a row at most.
const MAX_RUN: usize = 2;
/// Drivers of one product share the beginning of their names (`atikmdag`, `atikmpag`).
const FAMILY: usize = 4;

/// Windows' own modules that call drivers back: what calls them may well be called from them again. Names as they
/// stand in module lists, without case.
const CALLS_BACK: [&str; 58] = [
    "nt",
    "hal",
    "acpi",
    "afd",
    "ataport",
    "bthport",
    "ci",
    "classpnp",
    "clfs",
    "cng",
    "dxgkrnl",
    "dxgmms1",
    "dxgmms2",
    "fileinfo",
    "fltmgr",
    "fwpkclnt",
    "hidclass",
    "http",
    "iorate",
    "ks",
    "ksecdd",
    "msrpc",
    "mup",
    "ndis",
    "netbios",
    "netbt",
    "netio",
    "ntfs",
    "ntosext",
    "nwifi",
    "partmgr",
    "pci",
    "portcls",
    "pshed",
    "rdbss",
    "scsiport",
    "sdbus",
    "serenum",
    "spbcx",
    "storport",
    "tcpip",
    "tdi",
    "tdx",
    "ucx01000",
    "usbccgp",
    "usbd",
    "usbhub",
    "usbhub3",
    "usbport",
    "usbxhci",
    "videoprt",
    "volmgr",
    "volsnap",
    "watchdog",
    "wdf01000",
    "wdiwifi",
    "win32k",
    "win32kbase",
];

/// The slots of frames in `chain` that cannot be part of it: one or two frames of a driver between frames of another
/// vendor's driver, which neither calls it nor is called back by it. The stack of a driver is full of what earlier calls
/// through the same slots left there.
pub(super) fn strangers(host: &dyn UnwindHost, chain: &[Candidate]) -> Vec<u64> {
    let names: Vec<String> = chain
        .iter()
        .map(|candidate| {
            host.module_at(candidate.ip).map(|module| module.name.to_ascii_lowercase()).unwrap_or_default()
        })
        .collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(name) = names.get(at) {
        let run = names.iter().skip(at).take_while(|other| *other == name).count();
        let before = at.checked_sub(1).and_then(|before| names.get(before));
        let after = names.get(at + run);
        let sandwiched = before.is_some() && before == after;
        if let (true, Some(host_name)) = (sandwiched && run <= MAX_RUN, before)
            && !CALLS_BACK.contains(&name.as_str())
            && !CALLS_BACK.contains(&host_name.as_str())
            && !related(name, host_name)
        {
            let frames = chain.iter().skip(at).take(run);
            // A slot whose place is known is no guess.
            found.extend(frames.filter(|frame| !frame.is_fixed()).map(|frame| frame.slot));
        }
        at += run.max(1);
    }
    found
}

/// The frame that the entry code of a system call from kernel mode seems to call, if it cannot be a service: those that the
/// kernel calls so are its own.
pub(super) fn no_service(host: &dyn UnwindHost, chain: &[Candidate]) -> Option<u64> {
    let entry = chain.iter().position(|frame| frame.evidence.contains(&Evidence::BelowTrapFrame))?;
    let callee = chain.get(entry.checked_sub(1)?)?;
    let kernel = host.module_at(callee.ip).is_some_and(|module| module.is_kernel());
    (!kernel && !callee.is_fixed()).then_some(callee.slot)
}

/// Bytes between the return address into the entry code of a system call from kernel mode and the one that it called.
pub(super) fn service_frame(chain: &[Candidate]) -> Option<u64> {
    let entry = chain.iter().position(|frame| frame.evidence.contains(&Evidence::BelowTrapFrame))?;
    let callee = chain.get(entry.checked_sub(1)?)?;
    Some(chain.get(entry)?.slot.wrapping_sub(callee.slot))
}

fn related(a: &str, b: &str) -> bool {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count() >= FAMILY
}
