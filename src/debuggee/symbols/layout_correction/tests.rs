use super::*;
use crate::symbols::layouts::{Layout, Version, choose};
use crate::symbols::types::layout::field;

fn layout(version: &str) -> Layout {
    choose(Version::parse(version).expect("a version"), None).expect("a layout")
}

/// What the debugger data block of a kernel with this layout states.
fn states(truth: &Layout, name: &str) -> Option<u64> {
    let size = SIZES.iter().find(|(field, ..)| *field == name).and_then(|(_, ty, _)| size_of(truth, ty));
    let offset = || {
        let (_, ty, member, _) = OFFSETS.iter().find(|(stated, ..)| *stated == name)?;
        field(truth, ty, member).map(|found| found.offset)
    };
    size.or_else(offset)
}

fn members(source: &dyn TypeSource, ty: &str) -> HashMap<String, u64> {
    let Some(Type::Udt(udt)) = source.find(ty).and_then(|id| source.get(id)) else {
        return HashMap::new();
    };
    udt.fields.iter().map(|field| (field.name.clone(), field.offset)).collect()
}

/// Builds that lie next to each other, so that structures differ in a few places.
const BUILDS: &[&str] = &[
    "6.3.9600.17415",
    "10.0.10240.16384",
    "10.0.14393.0",
    "10.0.15063.0",
    "10.0.16299.15",
    "10.0.17134.1",
    "10.0.17763.1",
    "10.0.18362.1",
    "10.0.19041.264",
    "10.0.22000.1",
    "10.0.22621.382",
    "10.0.26100.0",
];

/// One build's layout, corrected by what a kernel of the next build would state: whatever it still shows of a structure
/// that was corrected stands where the next build has it.
#[test]
fn what_is_left_is_right() {
    let layouts: Vec<Layout> = BUILDS.iter().map(|build| layout(build)).collect();
    let (mut corrected_types, mut wrong_before, mut shown) = (0, 0, 0);
    for (at, truth) in layouts.iter().enumerate() {
        for neighbour in [at.checked_sub(1), at.checked_add(1)].into_iter().flatten() {
            let Some(build) = BUILDS.get(neighbour) else { continue };
            let corrected = Corrected::new(layout(build), false, &|name| states(truth, name));
            for ty in corrected.types.keys() {
                let differs = |s: &&Statement| s.comparison == Comparison::Differs && s.types.contains(ty);
                if corrected.statements().iter().find(differs).is_some() {
                    // All of it is refused.
                    continue;
                }
                let (right, before, after) =
                    (members(truth, ty), members(&layout(build), ty), members(&corrected, ty));
                let wrong =
                    |(name, offset): &(&String, &u64)| right.get(*name).is_some_and(|right| right != *offset);
                let left: Vec<_> = after.iter().filter(wrong).collect();
                // What the objects in the dump are checked by: the checks refuse the type where one of these is wrong.
                const CHECKED: [&str; 5] =
                    ["UniqueProcessId", "ActiveProcessLinks", "ImageFileName", "Cid", "ThreadListEntry"];
                if left.iter().any(|(name, _)| CHECKED.contains(&name.as_str())) {
                    continue;
                }
                assert!(left.is_empty(), "{build} for {}: {ty} {left:?}", truth.build());
                wrong_before += before.iter().filter(wrong).count();
                corrected_types += 1;
                shown += after.len();
            }
        }
    }
    assert!(
        corrected_types >= 2 && wrong_before > 200 && shown >= 50,
        "{corrected_types} {wrong_before} {shown}"
    );
}

/// Says of build 19041 what its block states, with one offset changed.
fn with(name: &'static str, here: u64) -> Corrected<Layout> {
    let truth = layout("10.0.19041.1288");
    Corrected::new(layout("10.0.19041.1288"), true, &|asked| match asked == name {
        true => Some(here),
        false => states(&truth, asked),
    })
}

#[test]
fn a_stated_member_is_moved_and_its_neighbours_are_left_out() {
    let at = |types: &Corrected<Layout>, ty: &str, member: &str| {
        field(types, ty, member).map(|found| found.offset)
    };
    let plain = with("", 0);
    // Offsets of 19041, as its PDB has them.
    assert_eq!(at(&plain, "_KTHREAD", "State"), Some(0x184));
    let moved = with("OffsetKThreadState", 0x18c);
    assert_eq!(at(&moved, "_KTHREAD", "State"), Some(0x18c));
    // Below the last member that is stated to be in its place nothing changed.
    assert_eq!(at(&moved, "_KTHREAD", "ApcState.Process"), Some(0xb8));
    assert_eq!(at(&moved, "_KTHREAD", "Teb"), Some(0xf0));
    assert_eq!(at(&moved, "_KTHREAD", "TrapFrame"), Some(0x90));
    // Behind it nobody knows.
    assert!(at(&plain, "_KTHREAD", "WaitIrql").is_some());
    assert_eq!(at(&moved, "_KTHREAD", "WaitIrql"), None);
    assert_eq!(at(&moved, "_KTHREAD", "Process"), None);
    let id = moved.find("_KTHREAD").expect("the type");
    let remarks = moved.remarks(id);
    assert!(remarks.iter().any(|text| text.contains("_KTHREAD.State at 0x18c")), "{remarks:?}");
    assert!(remarks.iter().any(|text| text.contains("left out")), "{remarks:?}");
    let process = moved.find("_EPROCESS").expect("the type");
    assert!(moved.remarks(process).is_empty());
    // A structure inside another is moved as a whole.
    let apc = with("OffsetKThreadApcProcess", 0xc0);
    assert_eq!(at(&apc, "_KTHREAD", "ApcState.Process"), Some(0xc0));
    assert_eq!(at(&apc, "_KTHREAD", "ApcState"), Some(0xa0));
}

#[test]
fn what_cannot_be_is_refused() {
    let outcome = |types: &Corrected<Layout>, name: &str| {
        types
            .statements()
            .iter()
            .find(|statement| statement.field == name)
            .map(|statement| statement.comparison)
    };
    // Too far, and not aligned.
    for here in [0x1184, 0x18d] {
        let types = with("OffsetKThreadTeb", here);
        assert_eq!(outcome(&types, "OffsetKThreadTeb"), Some(Comparison::Differs), "{here:#x}");
    }
    // A layout that disagrees with most of what is stated is another kernel's.
    let truth = layout("10.0.19041.1288");
    let other = Corrected::new(layout("10.0.19041.1288"), true, &|name| {
        states(&truth, name).map(|stated| if name.starts_with("OffsetKThread") { stated + 8 } else { stated })
    });
    assert_eq!(outcome(&other, "OffsetKThreadState"), Some(Comparison::Differs));
    assert_eq!(field(&other, "_KTHREAD", "State").map(|found| found.offset), Some(0x184));
}

/// Members appended by servicing change nothing below; a larger structure of another build may have grown anywhere.
#[test]
fn growth_is_at_the_end_only_within_a_build() {
    let truth = layout("10.0.19041.1288");
    let grown = |serviced| {
        let types = Corrected::new(layout("10.0.19041.1288"), serviced, &|name| {
            states(&truth, name).map(|stated| if name == "SizeEProcess" { stated + 0x10 } else { stated })
        });
        types.statements().iter().find(|s| s.field == "SizeEProcess").map(|s| s.comparison)
    };
    assert_eq!((grown(true), grown(false)), (Some(Comparison::Larger), Some(Comparison::Differs)));
}
