//! DEVICE_NODE: a device as Plug and Play knows it.

use super::device_object::DeviceObject;
use super::driver_object::DriverObject;
use crate::debuggee::{Lack, Object, Scope};
use std::collections::HashSet;

/// A device node. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct DeviceNode<'s>(Object<'s>);

/// The place in the history of a node, and the state there.
pub type PastState = (u64, Result<NodeState, Lack>);

/// A state of a device node: its number, and its name where the dump's own types name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeState {
    /// The number.
    pub number: u64,
    /// `DeviceNodeStarted`
    pub name: Option<String>,
}

/// PNP_DEVNODE_STATE from its first value on, as public symbols of 6.1 to 10.0.19041 have it.
const STATES: [&str; 21] = [
    "Unspecified",
    "Uninitialized",
    "Initialized",
    "DriversAdded",
    "ResourcesAssigned",
    "StartPending",
    "StartCompletion",
    "StartPostWork",
    "Started",
    "QueryStopped",
    "Stopped",
    "RestartCompletion",
    "EnumeratePending",
    "EnumerateCompletion",
    "AwaitingQueuedDeletion",
    "AwaitingQueuedRemoval",
    "QueryRemoved",
    "RemovePendingCloses",
    "Removed",
    "DeletePendingCloses",
    "Deleted",
];
/// What stands behind Uninitialized besides in public symbols of 10.0.20348 and later.
const PENDING_STATES: [&str; 2] = ["UninitializedPending", "InitializedPending"];
const FIRST_STATE: u64 = 0x300;
/// Of either numbering, the state of a device that works.
const STARTED: [u64; 2] = [0x308, 0x30a];

/// The path of the root.
const ROOT: &str = "HTREE\\ROOT\\0";
/// How many parents are asked.
const MOST_PARENTS: usize = 64;

/// CM_PROB_... of cfg.h, from 1 on.
const PROBLEMS: [&str; 57] = [
    "NOT_CONFIGURED",
    "DEVLOADER_FAILED",
    "OUT_OF_MEMORY",
    "ENTRY_IS_WRONG_TYPE",
    "LACKED_ARBITRATOR",
    "BOOT_CONFIG_CONFLICT",
    "FAILED_FILTER",
    "DEVLOADER_NOT_FOUND",
    "INVALID_DATA",
    "FAILED_START",
    "LIAR",
    "NORMAL_CONFLICT",
    "NOT_VERIFIED",
    "NEED_RESTART",
    "REENUMERATION",
    "PARTIAL_LOG_CONF",
    "UNKNOWN_RESOURCE",
    "REINSTALL",
    "REGISTRY",
    "VXDLDR",
    "WILL_BE_REMOVED",
    "DISABLED",
    "DEVLOADER_NOT_READY",
    "DEVICE_NOT_THERE",
    "MOVED",
    "TOO_EARLY",
    "NO_VALID_LOG_CONF",
    "FAILED_INSTALL",
    "HARDWARE_DISABLED",
    "CANT_SHARE_IRQ",
    "FAILED_ADD",
    "DISABLED_SERVICE",
    "TRANSLATION_FAILED",
    "NO_SOFTCONFIG",
    "BIOS_TABLE",
    "IRQ_TRANSLATION_FAILED",
    "FAILED_DRIVER_ENTRY",
    "DRIVER_FAILED_PRIOR_UNLOAD",
    "DRIVER_FAILED_LOAD",
    "DRIVER_SERVICE_KEY_INVALID",
    "LEGACY_SERVICE_NO_DEVICES",
    "DUPLICATE_DEVICE",
    "FAILED_POST_START",
    "HALTED",
    "PHANTOM",
    "SYSTEM_SHUTDOWN",
    "HELD_FOR_EJECT",
    "DRIVER_BLOCKED",
    "REGISTRY_TOO_LARGE",
    "SETPROPERTIES_FAILED",
    "WAITING_ON_DEPENDENCY",
    "UNSIGNED_DRIVER",
    "USED_BY_DEBUGGER",
    "DEVICE_RESET",
    "CONSOLE_LOCKED",
    "NEED_CLASS_CONFIG",
    "GUEST_ASSIGNMENT_FAILED",
];

/// DNF_..., those that public transcripts of debuggers show beside the value that they are part of
/// (<https://learn.microsoft.com/windows-hardware/drivers/debugger/extensions-for-debugging-plug-and-play-drivers>).
pub const FLAGS: &[(u64, &str)] = &[
    (0x1, "DNF_MADEUP"),
    (0x10, "DNF_ENUMERATED"),
    (0x20, "DNF_IDS_QUERIED"),
    (0x100, "DNF_NO_RESOURCE_REQUIRED"),
    (0x400_0000, "DNF_NO_LOWER_DEVICE_FILTERS"),
    (0x800_0000, "DNF_NO_LOWER_CLASS_FILTERS"),
    (0x2000_0000, "DNF_NO_UPPER_DEVICE_FILTERS"),
    (0x4000_0000, "DNF_NO_UPPER_CLASS_FILTERS"),
];

/// Computers have a few thousand devices at most.
const MOST_NODES: usize = 20_000;
/// How many states the history of a node keeps (public symbols since 6.0).
const HISTORY: u64 = 20;

impl<'s> DeviceNode<'s> {
    /// The node at an address.
    ///
    /// # Errors
    /// Where no layout of `_DEVICE_NODE` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<DeviceNode<'s>, Lack> {
        scope.object("nt!_DEVICE_NODE", address).map(DeviceNode)
    }

    /// The root of the tree of devices: nt!IopRootDeviceNode, else what the nodes of known devices lead up to.
    ///
    /// # Errors
    /// That variable is not known or cannot be read, and no device leads to the root.
    pub fn root(scope: &'s Scope<'s>) -> Result<DeviceNode<'s>, Lack> {
        match DeviceNode::stated_root(scope) {
            Ok(root) => Ok(root),
            Err(why) => DeviceNode::root_of_devices(scope)?.ok_or(why),
        }
    }

    /// The node above all others that a known device's node stands below. One without a parent may be one that was removed:
    /// the root alone has this path, on every Windows.
    fn root_of_devices(scope: &'s Scope<'s>) -> Result<Option<DeviceNode<'s>>, Lack> {
        let drivers = match DriverObject::all(scope) {
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            drivers => drivers.unwrap_or_default(),
        };
        for driver in drivers {
            scope.check()?;
            let Ok(devices) = driver.devices() else { continue };
            for device in devices.map_while(Result::ok) {
                let Ok(node) = DeviceObject::at(scope, device).and_then(|device| DeviceNode::of(&device))
                else {
                    continue;
                };
                let own = node.0.clone();
                let parent = move |at: u64| DeviceNode(own.moved_to(at)).number("Parent");
                let parents = scope.steps(node.address(), "the parents of the device node", parent);
                let top = parents.take(MOST_PARENTS).map_while(Result::ok).last();
                let top = top.map(|at| DeviceNode(node.0.moved_to(at)));
                if let Some(top) = top.filter(|top| top.instance_path().is_ok_and(|path| path == ROOT)) {
                    return Ok(Some(top));
                }
            }
        }
        Ok(None)
    }

    fn stated_root(scope: &'s Scope<'s>) -> Result<DeviceNode<'s>, Lack> {
        let name = "nt!IopRootDeviceNode";
        match scope.pointer_of(name)? {
            0 => Err(Lack::Null { what: name.to_owned() }),
            root => DeviceNode::at(scope, root),
        }
    }

    /// The nodes below the root whose path begins so, in any case of letters: `PCI\\VEN_8086&DEV_A340`.
    ///
    /// # Errors
    /// The root is not known; the search was stopped. What cannot be read of the tree is left out.
    pub fn beginning(scope: &'s Scope<'s>, start: &str) -> Result<Vec<DeviceNode<'s>>, Lack> {
        let mut left = vec![DeviceNode::root(scope)?];
        let (mut seen, mut found) = (HashSet::new(), Vec::new());
        while let Some(node) = left.pop() {
            scope.check()?;
            if seen.len() >= MOST_NODES || !seen.insert(node.address()) {
                continue;
            }
            left.extend(node.children().into_iter().flatten().map_while(Result::ok));
            let begins =
                |path: String| path.get(..start.len()).is_some_and(|part| part.eq_ignore_ascii_case(start));
            if node.instance_path().is_ok_and(begins) {
                found.push(node);
            }
        }
        Ok(found)
    }

    /// The node of a device, which its physical device object knows.
    ///
    /// # Errors
    /// The device has none, or it cannot be read.
    pub fn of(device: &DeviceObject<'s>) -> Result<DeviceNode<'s>, Lack> {
        match device.extended("DeviceNode")? {
            0 => Err(Lack::Null { what: format!("the device node of {:016x}", device.address()) }),
            at => DeviceNode::at(device.object().scope(), at),
        }
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A pointer or a number of its own: `Parent`, `Flags`, `PhysicalDeviceObject` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// `PCI\VEN_8086&DEV_3B22&SUBSYS_304A103C&REV_05\3&21436425&0&FA`
    pub fn instance_path(&self) -> Result<String, Lack> {
        self.0.field("InstancePath")?.text()
    }

    /// The name of the service that drives it.
    pub fn service(&self) -> Result<String, Lack> {
        self.0.field("ServiceName")?.text()
    }

    /// The nodes below it; what is wrong with the list comes last.
    ///
    /// # Errors
    /// Where the types are not known; its first child cannot be read.
    pub fn children(&self) -> Result<impl Iterator<Item = Result<DeviceNode<'s>, Lack>> + use<'s>, Lack> {
        let (scope, own) = (self.0.scope(), self.0.clone());
        let first = self.number("Child")?;
        let next = move |at: u64| DeviceNode(own.moved_to(at)).number("Sibling");
        let own = self.0.clone();
        let nodes = scope.steps(first, "the children of the device node", next);
        Ok(nodes.map(move |at| at.map(|at| DeviceNode(own.moved_to(at)))))
    }

    /// A state of its: `State`, `PreviousState`.
    pub fn state(&self, member: &str) -> Result<NodeState, Lack> {
        self.state_of(&self.0.field(member)?)
    }

    fn state_of(&self, state: &Object<'s>) -> Result<NodeState, Lack> {
        let number = state.u64()?;
        // Built-in layouts do not name enumerators.
        let name = state.enum_name().ok().flatten().or_else(|| self.known_state(number));
        Ok(NodeState { number, name })
    }

    /// The name of a state where the types do not tell it. Two states more stand among them since 10.0.20348: which of the
    /// numberings holds follows from the parents, which are started as long as they have children.
    fn known_state(&self, number: u64) -> Option<String> {
        let is_new = self.is_numbered_anew()?;
        let index = usize::try_from(number.checked_sub(FIRST_STATE)?).ok()?;
        let names = STATES.iter().take(2).chain(PENDING_STATES.iter().filter(|_| is_new));
        let name = names.chain(STATES.iter().skip(2)).nth(index)?;
        Some(format!("DeviceNode{name}"))
    }

    /// Which numbering of states holds, by what the node itself went through, else by its parents.
    fn is_numbered_anew(&self) -> Option<bool> {
        match self.numbering_of_history() {
            Some(is_new) => Some(is_new),
            None => self.numbering_of_parents(),
        }
    }

    /// A device whose children were listed goes from EnumeratePending to EnumerateCompletion and back to Started: the three
    /// numbers are no way that states go in the other numbering.
    fn numbering_of_history(&self) -> Option<bool> {
        let next = self.number("StateHistoryEntry").ok()?;
        let history = self.0.field("StateHistory").ok()?;
        let place = |back: u64| (next % HISTORY + HISTORY - back) % HISTORY;
        let stored = |back: u64| history.index(place(back)).ok()?.u64().ok();
        let mut states: Vec<u64> = (1..=HISTORY).rev().filter_map(stored).collect();
        states.push(self.number("State").ok()?);
        let went = |way: [u64; 3]| states.windows(3).any(|three| three == way);
        match (went([0x30c, 0x30d, STARTED[0]]), went([0x30e, 0x30f, STARTED[1]])) {
            (true, false) => Some(false),
            (false, true) => Some(true),
            _ => None,
        }
    }

    fn numbering_of_parents(&self) -> Option<bool> {
        // The root has no parent and is its own witness.
        let first = match self.number("Parent").ok()? {
            0 => self.address(),
            parent => parent,
        };
        let own = self.0.clone();
        let parent = move |at: u64| DeviceNode(own.moved_to(at)).number("Parent");
        let parents = self.0.scope().steps(first, "the parents of the device node", parent);
        let state = |at: Result<u64, Lack>| DeviceNode(self.0.moved_to(at.ok()?)).number("State").ok();
        let states: Vec<u64> = parents.take(MOST_PARENTS).filter_map(state).collect();
        match (states.contains(&STARTED[0]), states.contains(&STARTED[1])) {
            (true, false) => Some(false),
            (false, true) => Some(true),
            _ => None,
        }
    }

    /// The states that it had, the last one first, with the numbers of their places.
    ///
    /// # Errors
    /// The place of the next entry cannot be read.
    pub fn history(&self) -> Result<Vec<PastState>, Lack> {
        let next = self.number("StateHistoryEntry")?;
        let states = self.0.field("StateHistory")?;
        let places = (1..=HISTORY).map(|back| (next % HISTORY + HISTORY - back) % HISTORY);
        Ok(places.map(|place| (place, states.index(place).and_then(|state| self.state_of(&state)))).collect())
    }

    /// What is wrong with the device, by its name in cfg.h; `None` where nothing is.
    pub fn problem(&self) -> Result<Option<String>, Lack> {
        let number = self.number("Problem")?;
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let name = index.and_then(|index| PROBLEMS.get(index));
        Ok(match number {
            0 => None,
            number => Some(name.map_or(format!("problem {number:#x}"), |name| format!("CM_PROB_{name}"))),
        })
    }
}
