//! `!devnode`.

use super::WIFI;
use crate::forge::{list, number, truth};
use crate::golden::run;
use crate::patched::{Patched, offset};

/// A tree of device nodes with the values of the samples of `!devnode` in Microsoft's documentation: the forge has none.
/// Returns the root and its first child.
pub fn device_tree(dump: &mut Patched, started: u32, completed: u32) -> (u64, u64) {
    let truth = truth("wifi");
    let objects = list(&truth, "objects").iter();
    let room = objects.clone().find(|object| object["name"] == "pool big Filt").unwrap();
    let root = number(&room["address"]);
    let (first, second, texts) = (root + 0x400, root + 0x800, root + 0xc00);
    let pdo = number(&list(&truth, "devices")[0]["address"]);
    let of = |member: &str| offset("_DEVICE_NODE", member);
    for at in (0..0x1000).step_by(8) {
        dump.point(root + at, 0);
    }
    for (node, parent, sibling, child) in
        [(root, 0, 0, first), (first, root, second, 0), (second, root, first, 0)]
    {
        dump.point(node + of("Parent"), parent);
        // The second child leads back to the first.
        dump.point(node + of("Sibling"), sibling);
        dump.point(node + of("Child"), child);
        dump.point(node + of("PhysicalDeviceObject"), pdo);
        dump.put(node + of("State"), &started.to_le_bytes());
        dump.put(node + of("PreviousState"), &completed.to_le_bytes());
    }
    dump.unicode(root + of("InstancePath"), "HTREE\\ROOT\\0", texts);
    dump.unicode(first + of("InstancePath"), "ROOT\\volmgr\\0000", texts + 0x40);
    dump.unicode(first + of("ServiceName"), "volmgr", texts + 0x80);
    dump.put(second + of("Problem"), &0xau32.to_le_bytes());
    (root, first)
}

#[test]
fn a_tree_of_device_nodes_reads_as_in_the_documentation() {
    let mut dump = Patched::new(WIFI);
    let (root, first) = device_tree(&mut dump, 0x308, 0x30d);
    let pdo = number(&list(&truth("wifi"), "devices")[0]["address"]);
    // The bottom device of a stack knows its node: without symbols that leads to the root.
    let extension = dump.pointer(pdo + offset("_DEVICE_OBJECT", "DeviceObjectExtension"));
    dump.point(extension + offset("_DEVOBJ_EXTENSION", "DeviceNode"), first);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, "!devnode 0 1").unwrap();
    let expected = [
        format!("Dumping IopRootDeviceNode (= 0x{root:x})"),
        format!("DevNode 0x{root:x} for PDO 0x{pdo:x}"),
        "  InstancePath is \"HTREE\\ROOT\\0\"".to_owned(),
        "  State = DeviceNodeStarted (0x308)".to_owned(),
        "  Previous State = DeviceNodeEnumerateCompletion (0x30d)".to_owned(),
        format!("  DevNode 0x{first:x} for PDO 0x{pdo:x}"),
        "    InstancePath is \"ROOT\\volmgr\\0000\"".to_owned(),
        "    ServiceName is \"volmgr\"".to_owned(),
        "    State = DeviceNodeStarted (0x308)".to_owned(),
        "    Previous State = DeviceNodeEnumerateCompletion (0x30d)".to_owned(),
    ];
    assert_eq!(lines[..expected.len()], expected);
    assert!(lines.contains(&"    Problem = CM_PROB_FAILED_START".to_owned()), "{lines:#?}");
    assert!(
        lines.last().unwrap().contains("the children of the device node: the list turns back"),
        "{lines:#?}"
    );
    let only = run(&mut session, &format!("!devnode {root:x} 1 volmgr")).unwrap();
    assert_eq!(only[0], format!("DevNode 0x{first:x} for PDO 0x{pdo:x}"));
    let one = run(&mut session, &format!("!devnode {first:x}")).unwrap();
    assert!(one[1].starts_with(&format!("  Parent 0x{root:x}   Sibling 0x")), "{one:#?}");
    assert!(one[1].ends_with("   Child 0000000000"), "{one:#?}");
    let stack = run(&mut session, &format!("!devstack {pdo:x}")).unwrap();
    let node = stack.iter().position(|line| *line == format!("!DevNode {first:016x} :")).unwrap();
    assert_eq!(
        stack[node + 1..node + 3],
        ["  DeviceInst is \"ROOT\\volmgr\\0000\"", "  ServiceName is \"volmgr\""]
    );
}

/// PNP_DEVNODE_STATE has two states more since 10.0.20348 (public symbols): the same names stand at other numbers.
#[test]
fn states_of_either_numbering_have_their_names() {
    for (started, completed, wanted) in [
        (0x308, 0x305, ["DeviceNodeStarted (0x308)", "DeviceNodeStartPending (0x305)"]),
        (0x30a, 0x307, ["DeviceNodeStarted (0x30a)", "DeviceNodeStartPending (0x307)"]),
        // Nothing here is started: a number alone.
        (0x312, 0x310, ["0x312", "0x310"]),
    ] {
        let mut dump = Patched::new(WIFI);
        let (_, first) = device_tree(&mut dump, started, completed);
        let (mut session, _folder) = dump.open();
        let lines = run(&mut session, &format!("!devnode {first:x}")).unwrap();
        let states: Vec<&str> =
            lines.iter().filter_map(|line| line.split_once("State = ")).map(|(_, state)| state).collect();
        assert_eq!(states, wanted);
    }
}
