//! Objects that the forge laid out or its threads made, found in memory where its record says that they are. Members come
//! from the built-in layouts, whose source is not the forge's.

use crate::forge::{cases, list, number};
use dumpscope::debuggee::{Object, Scope, Target};
use dumpscope::dump::DumpFile;
use dumpscope::util::cancel::CancelToken;
use serde_json::Value;
use std::collections::BTreeSet;

/// Runs a comparison on the first dump with pages of every case; it returns how much it compared.
fn each(compare: impl Fn(&Scope<'_>, &Value) -> usize, at_least: usize) {
    let mut compared = 0;
    for (case, truth, dumps) in cases() {
        let dump = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage")).unwrap();
        let target = Target::new(DumpFile::open(dump, &mut |_| {}).unwrap());
        let scope = Scope::new(&target, &CancelToken::default());
        println!("{case}");
        compared += compare(&scope, &truth);
    }
    assert!(compared >= at_least, "only {compared} compared");
}

fn value(object: &Object<'_>, path: &str) -> u64 {
    object.field(path).and_then(|member| member.u64()).unwrap_or_else(|lack| panic!("{path}: {lack}"))
}

fn addresses(head: &Object<'_>, ty: &str, link: &str) -> Vec<u64> {
    head.list(ty, link).unwrap().map(|found| found.unwrap().address()).collect()
}

#[test]
fn resources_have_their_owners_and_waiters() {
    each(
        |scope, truth| {
            let head = scope.global_of("nt!ExpSystemResourcesList", "nt!_LIST_ENTRY").unwrap();
            let recorded = list(truth, "resources");
            let wanted: BTreeSet<u64> =
                recorded.iter().map(|resource| number(&resource["address"])).collect();
            let found = addresses(&head, "nt!_ERESOURCE", "SystemResourcesList");
            assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), wanted);
            for resource in recorded {
                let object = scope.object("nt!_ERESOURCE", number(&resource["address"])).unwrap();
                let owners = list(resource, "owners");
                let first = owners.first().map_or(0, number);
                assert_eq!(value(&object, "OwnerEntry.OwnerThread"), first);
                assert_eq!(value(&object, "ActiveEntries"), owners.len() as u64);
                let waiters = list(resource, "exclusive_waiters").len() as u64;
                assert_eq!(value(&object, "NumberOfExclusiveWaiters"), waiters);
                assert_eq!(value(&object, "Flag") & 0x80 != 0, resource["exclusive"] == true);
            }
            recorded.len()
        },
        30,
    );
}

#[test]
fn timers_are_in_their_buckets() {
    each(
        |scope, truth| {
            for timer in list(truth, "timers") {
                let prcb =
                    number(&truth["processors"][timer["processor"].as_u64().unwrap() as usize]["prcb"]);
                let table =
                    scope.object("nt!_KPRCB", prcb).unwrap().field("TimerTable.TimerEntries").unwrap();
                let row = table.index(0).unwrap().index(timer["bucket"].as_u64().unwrap()).unwrap();
                let timers = addresses(&row.field("Entry").unwrap(), "nt!_KTIMER", "TimerListEntry");
                let address = number(&timer["address"]);
                assert!(timers.contains(&address), "{address:x} of {timers:x?}");
                let object = scope.object("nt!_KTIMER", address).unwrap();
                assert_eq!(value(&object, "DueTime.QuadPart"), number(&timer["due"]));
                assert_eq!(value(&object, "Period"), timer["period"].as_u64().unwrap());
                // A thread that sleeps waits for the timer inside itself.
                let thread = number(&timer["thread"]);
                if thread != 0 {
                    let thread = scope.object("nt!_ETHREAD", thread).unwrap();
                    assert_eq!(thread.field("Tcb.Timer").unwrap().address(), address);
                    let block = thread.field("Tcb.WaitBlockList").unwrap().pointee().unwrap();
                    assert_eq!(value(&block, "Object"), address);
                }
            }
            list(truth, "timers").len()
        },
        80,
    );
}

#[test]
fn calls_are_in_their_queues() {
    each(
        |scope, truth| {
            for call in list(truth, "apcs") {
                let thread = scope.object("nt!_ETHREAD", number(&call["thread"])).unwrap();
                let mode = u64::from(call["mode"] == "user");
                let heads = thread.field("Tcb.ApcState.ApcListHead").unwrap();
                let queued = addresses(&heads.index(mode).unwrap(), "nt!_KAPC", "ApcListEntry");
                assert_eq!(queued, [number(&call["address"])]);
                let object = scope.object("nt!_KAPC", queued[0]).unwrap();
                assert_eq!(value(&object, "NormalRoutine"), number(&call["normal_routine"]));
            }
            let mut wanted: Vec<u64> =
                list(truth, "dpcs").iter().map(|call| number(&call["address"])).collect();
            let prcb = scope.object("nt!_KPRCB", number(&truth["processors"][1]["prcb"])).unwrap();
            let data = prcb.field("DpcData").unwrap().index(0).unwrap();
            assert_eq!(value(&data, "DpcQueueDepth"), wanted.len() as u64);
            let mut link = value(&data, "DpcList.ListHead.Next");
            for wanted in wanted.drain(..) {
                let dpc = scope.object("nt!_KDPC", wanted).unwrap();
                assert_eq!(dpc.field("DpcListEntry").unwrap().address(), link);
                link = value(&dpc, "DpcListEntry.Next");
            }
            assert_eq!(link, 0);
            list(truth, "apcs").len() + list(truth, "dpcs").len()
        },
        40,
    );
}

#[test]
fn requests_lie_with_their_drivers() {
    each(
        |scope, truth| {
            for irp in list(truth, "irps") {
                let object = scope.object("nt!_IRP", number(&irp["address"])).unwrap();
                let levels = list(irp, "levels");
                assert_eq!(value(&object, "StackCount"), levels.len() as u64);
                assert_eq!(value(&object, "CurrentLocation"), irp["current"].as_u64().unwrap());
                assert_eq!(value(&object, "Tail.Overlay.Thread"), number(&irp["thread"]));
                let first = object.address() + object.size().unwrap();
                for (at, level) in (0u64..).zip(levels) {
                    let location = scope.object("nt!_IO_STACK_LOCATION", first).unwrap();
                    let location = location.moved_to(first + at * location.size().unwrap());
                    assert_eq!(value(&location, "MajorFunction"), level["major"].as_u64().unwrap());
                    assert_eq!(value(&location, "Control"), level["control"].as_u64().unwrap());
                    assert_eq!(value(&location, "DeviceObject"), number(&level["device"]));
                    assert_eq!(value(&location, "CompletionRoutine"), number(&level["completion"]));
                }
            }
            for device in list(truth, "devices") {
                let object = scope.object("nt!_DEVICE_OBJECT", number(&device["address"])).unwrap();
                let extension = object.field("DeviceObjectExtension").unwrap().pointee().unwrap();
                assert_eq!(value(&extension, "AttachedTo"), number(&device["attached_to"]));
                assert_eq!(value(&object, "DriverObject"), number(&device["driver"]));
            }
            list(truth, "irps").len() + list(truth, "devices").len()
        },
        40,
    );
}

#[test]
fn directories_hold_their_names() {
    each(
        |scope, truth| {
            for entry in list(truth, "directory_entries") {
                let directory = scope.object("nt!_OBJECT_DIRECTORY", number(&entry["directory"])).unwrap();
                let buckets = directory.field("HashBuckets").unwrap();
                let mut chain = buckets.index(entry["bucket"].as_u64().unwrap()).unwrap().u64().unwrap();
                let wanted = number(&entry["object"]);
                let found = std::iter::from_fn(|| {
                    let link =
                        scope.object("nt!_OBJECT_DIRECTORY_ENTRY", chain).ok().filter(|_| chain != 0)?;
                    chain = value(&link, "ChainLink");
                    Some(value(&link, "Object"))
                });
                assert!(found.take(100).any(|object| object == wanted), "{}", entry["name"]);
            }
            list(truth, "directory_entries").len()
        },
        150,
    );
}

#[test]
fn handles_lead_to_their_objects() {
    each(
        |scope, truth| {
            for handle in list(truth, "handles") {
                let processes = list(truth, "processes");
                let process = processes.iter().find(|process| process["pid"] == handle["pid"]).unwrap();
                let table = scope.object("nt!_HANDLE_TABLE", number(&process["handle_table"])).unwrap();
                // One level: an entry of 16 bytes for each four handles.
                let code = value(&table, "TableCode");
                assert_eq!(code & 3, 0);
                let entry =
                    scope.object("nt!_HANDLE_TABLE_ENTRY", code + number(&handle["handle"]) * 4).unwrap();
                let header = value(&entry, "ObjectPointerBits") << 4 | 0xffff_0000_0000_0000;
                let header = scope.object("nt!_OBJECT_HEADER", header).unwrap();
                let body = header.field("Body").unwrap().address();
                let of_object = |other: &&Value| other["object"] == handle["object"];
                let handles = list(truth, "handles").iter().filter(of_object).count();
                assert_eq!(value(&header, "HandleCount"), handles as u64);
                assert_eq!(body, number(&handle["object"]));
                assert_eq!(value(&entry, "GrantedAccessBits"), number(&handle["access"]));
            }
            list(truth, "handles").len()
        },
        200,
    );
}

#[test]
fn ranges_of_every_kind_are_in_the_tree() {
    fn walk(scope: &Scope<'_>, node: u64, found: &mut Vec<(u64, u64, u64, u64, bool)>) {
        if node == 0 {
            return;
        }
        let vad = scope.object("nt!_MMVAD_SHORT", node).unwrap();
        let page = |low: &str, high: &str| value(&vad, low) | value(&vad, high) << 32;
        walk(scope, value(&vad, "VadNode.Left"), found);
        found.push((
            page("StartingVpn", "StartingVpnHigh"),
            page("EndingVpn", "EndingVpnHigh"),
            value(&vad, "u.VadFlags.VadType"),
            value(&vad, "u1.VadFlags1.CommitCharge"),
            value(&vad, "u.VadFlags.PrivateMemory") != 0,
        ));
        walk(scope, value(&vad, "VadNode.Right"), found);
    }
    each(
        |scope, truth| {
            let mut kinds = BTreeSet::new();
            for process in list(truth, "processes").iter().filter(|process| process["peb"] != "0x0") {
                let object = scope.object("nt!_EPROCESS", number(&process["eprocess"])).unwrap();
                let mut found = Vec::new();
                walk(scope, value(&object, "VadRoot.Root"), &mut found);
                assert_eq!(found.len() as u64, value(&object, "VadCount"));
                let mut wanted: Vec<_> = list(process, "vads")
                    .iter()
                    .map(|vad| {
                        // The type of a mapped file is that of no type, and it is not the process's own.
                        let kind = vad[2].as_str().unwrap();
                        let number_of = match kind {
                            "None" | "Mapped" => 0,
                            "PhysicalMemory" => 1,
                            "Image" => 2,
                            "Awe" => 3,
                            "WriteWatch" => 4,
                            "LargePages" => 5,
                            "RotatePhysical" => 6,
                            other => panic!("{other}"),
                        };
                        kinds.insert(number_of);
                        let private = matches!(kind, "None" | "Awe" | "WriteWatch" | "LargePages");
                        (number(&vad[0]), number(&vad[1]), number_of, vad[4].as_u64().unwrap(), private)
                    })
                    .collect();
                wanted.sort_unstable();
                assert_eq!(found, wanted, "{}", process["name"]);
            }
            assert_eq!(kinds.len(), 7);
            list(truth, "processes").len()
        },
        80,
    );
}
