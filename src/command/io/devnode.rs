//! `!devnode`: the tree of devices of Plug and Play.

use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{DeviceNode, NODE_FLAGS, NodeState, io_flags};
use crate::output::{Action, Cell, Field, Record, Role};
use std::collections::HashSet;

/// `!devnode`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!devnode"],
    group: Group::Kernel,
    arguments: &[
        Argument::new("ADDRESS | 0", Expects::Expression),
        Argument::new("[FLAGS]", Expects::Expression),
        Argument::new("[SERVICE]", Expects::Text),
    ],
    summary: "Shows nodes of the device tree: instance, service, state, problem",
    help: "ADDRESS is a node, 0 the root. FLAGS 1 shows the nodes below it, too. With SERVICE only the nodes that it drives \
           are shown. A single node comes with its relatives, history and flags. What a device waits for is its pending \
           IRP; a problem is that of the device manager, by its name in cfg.h. Where the types do not name the states they \
           are named by that of the node's parents, or not at all.\n\n\
           kd> !devnode 0 1\n\
           Dumping IopRootDeviceNode (= 0xffffe0005a3a8d30)\n\
           DevNode 0xffffe0005a3a8d30 for PDO 0xffffe0005a3a9e50\n  \
           InstancePath is \"HTREE\\ROOT\\0\"\n  \
           State = DeviceNodeStarted (0x308)\n  \
           Previous State = DeviceNodeEnumerateCompletion (0x30d)",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// The nodes below are shown.
const CHILDREN: u64 = 1;
/// More levels than any tree of devices has.
const DEEPEST: usize = 64;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let address = words.next().map_or(Ok(0), |word| context.evaluate(word))?;
    let flags = words.next().map_or(Ok(0), |word| context.evaluate(word))?;
    let service = words.next().unwrap_or_default();
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let scope = context.session.scope();
    let out = &mut context.out;
    let mut missing = Missing::default();
    let node = if address == 0 {
        let root = match DeviceNode::root(&scope) {
            Ok(root) => root,
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => {
                let text = format!(
                    "The root of the device tree is not known: {why}, and no driver's device that the dump holds leads to \
                     it. Symbols of the kernel tell it; !devnode ADDRESS shows one node, which !devobj and !devstack tell."
                );
                drop(scope);
                return context.lack(&text);
            }
        };
        let at = Cell::new(Field::Address(root.address())).shown(format!("0x{:x}", root.address()));
        out.emit(
            Record::new("device_tree")
                .text("Dumping IopRootDeviceNode (= ")
                .cell("root", at.link(Action::DeviceNode(root.address())))
                .text(")"),
        )?;
        root
    } else {
        DeviceNode::at(&scope, address)?
    };
    if flags & CHILDREN != 0 {
        let mut tree = Tree { service, seen: HashSet::new(), shown: 0, missing: &mut missing };
        tree.show(&node, 0, out)?;
        let shown = tree.shown;
        if shown == 0 {
            out.emit(Record::new("none").text(format!("No node is driven by the service '{service}'.")))?;
        }
    } else {
        let record = single(&node, &scope);
        missing.note(&record);
        out.emit(record)?;
    }
    missing.say(out)
}

/// A walk over the nodes below one.
struct Tree<'m, 't> {
    service: &'t str,
    seen: HashSet<u64>,
    shown: usize,
    missing: &'m mut Missing,
}

impl Tree<'_, '_> {
    fn show(&mut self, node: &DeviceNode<'_>, depth: usize, out: &mut Out<'_>) -> Result<(), CommandError> {
        out.check()?;
        if !self.seen.insert(node.address()) {
            let text = format!("{:016x} stands in the tree a second time", node.address());
            return out.emit(Record::new("device_node").role(Role::Warning, text));
        }
        let wanted = self.service.is_empty()
            || node.service().is_ok_and(|name| name.eq_ignore_ascii_case(self.service));
        if wanted {
            self.shown += 1;
            let indent = if self.service.is_empty() { depth * 2 } else { 0 };
            let record = match node.number("PhysicalDeviceObject") {
                // Of a node that is not in the dump there is nothing more to say.
                Err(_) => start(node, indent),
                Ok(_) => states(named(start(node, indent), node, indent + 2), node, indent + 2),
            };
            self.missing.note(&record);
            out.emit(record.field("depth", depth as u64))?;
        }
        if depth >= DEEPEST {
            self.missing.add("the tree is deeper than it is followed");
            return Ok(());
        }
        match node.children() {
            Ok(children) => {
                for child in children {
                    match child {
                        Ok(child) => self.show(&child, depth + 1, out)?,
                        Err(Lack::Stopped) => return Err(CommandError::Cancelled),
                        Err(why) => self.missing.add(&why.to_string()),
                    }
                }
            }
            Err(why) => self.missing.add(&why.to_string()),
        }
        Ok(())
    }
}

/// `0xffffe0005a3a8d30`, ten zeros where null.
fn pointer(value: Result<u64, Lack>, link: impl FnOnce(u64) -> Action) -> Cell {
    let cell = Cell::new(value.clone().map(Field::Address));
    match value {
        Ok(0) => cell.shown("0".repeat(10)),
        Ok(at) => cell.shown(format!("0x{at:x}")).follow(link),
        Err(_) => cell,
    }
}

/// `DevNode 0x... for PDO 0x...`
fn start(node: &DeviceNode<'_>, indent: usize) -> Record {
    Record::new("device_node")
        .text(" ".repeat(indent))
        .text("DevNode ")
        .cell("address", pointer(Ok(node.address()), Action::DeviceNode))
        .text(" for PDO ")
        .cell("pdo", pointer(node.number("PhysicalDeviceObject"), Action::DeviceStack))
}

/// The lines of names.
fn named(record: Record, node: &DeviceNode<'_>, indent: usize) -> Record {
    let margin = " ".repeat(indent);
    let quoted = |record: Record,
                  label: &str,
                  key: &'static str,
                  text: Result<String, Lack>,
                  action: Option<Action>| {
        match text {
            Ok(text) if text.is_empty() => record.field(key, Field::Null),
            text => {
                let cell = Cell::new(text);
                let cell = match action {
                    Some(action) => cell.link(action),
                    None => cell,
                };
                record.line("").text(&margin).text(label).text(" is \"").cell(key, cell).text("\"")
            }
        }
    };
    let record = quoted(record, "InstancePath", "instance", node.instance_path(), None);
    quoted(record, "ServiceName", "service", node.service(), None)
}

/// `DeviceNodeStarted (0x308)`
fn state(found: Result<NodeState, Lack>) -> Cell {
    let shown = found.as_ref().map_or(String::new(), |state| match &state.name {
        Some(name) => format!("{name} ({:#x})", state.number),
        None => format!("{:#x}", state.number),
    });
    let value = found.map(|state| match state.name {
        Some(name) => Field::from(name),
        None => Field::Hex(state.number),
    });
    Cell::new(value).shown(shown)
}

/// The lines of states.
fn states(record: Record, node: &DeviceNode<'_>, indent: usize) -> Record {
    let margin = " ".repeat(indent);
    let record = record
        .line("")
        .text(&margin)
        .text("State = ")
        .cell("state", state(node.state("State")))
        .line("")
        .text(&margin)
        .text("Previous State = ")
        .cell("previous_state", state(node.state("PreviousState")));
    let record = match node.problem() {
        Ok(None) => record.field("problem", Field::Null),
        problem => record
            .line("")
            .text(&margin)
            .text("Problem = ")
            .cell("problem", Cell::new(problem).role(Role::Warning)),
    };
    match node.number("PendingIrp") {
        Ok(0) => record.field("pending_irp", Field::Null),
        irp => record
            .line("")
            .text(&margin)
            .text("Pending IRP = ")
            .cell("pending_irp", pointer(irp, Action::Irp)),
    }
}

/// A node with its relatives, history and flags.
fn single(node: &DeviceNode<'_>, _: &Scope<'_>) -> Record {
    let record = start(node, 0)
        .line("  Parent ")
        .cell("parent", pointer(node.number("Parent"), Action::DeviceNode))
        .text("   Sibling ")
        .cell("sibling", pointer(node.number("Sibling"), Action::DeviceNode))
        .text("   Child ")
        .cell("child", pointer(node.number("Child"), Action::DeviceNode))
        .text("   ");
    let record = states(named(record, node, 2), node, 2);
    let history = node.history();
    let record = match history {
        Ok(history) => {
            let known = history
                .into_iter()
                .filter(|(_, state)| state.as_ref().map_or(true, |state| state.number != 0));
            record.cells(
                "history",
                known.map(|(place, found)| (format!("  StateHistory[{place:02}] = "), state(found))),
            )
        }
        Err(why) => record.field("history", why),
    };
    let flags = node.number("Flags");
    let Ok(bits) = flags else { return record.field("flags", flags.map(Field::Hex)) };
    let mut names: Vec<String> = io_flags::names_of(bits, NODE_FLAGS).map(str::to_owned).collect();
    let known: u64 = NODE_FLAGS.iter().map(|(bit, _)| bit).sum();
    if bits & !known != 0 {
        names.push(format!("Unknown flags {:#x}", bits & !known));
    }
    record
        .line("  Flags (")
        .cell("flags", Cell::new(Field::Hex(bits)).shown(format!("0x{bits:08x}")))
        .text(")  ")
        .cell("flag_names", Cell::new(names.clone()).shown(names.join(", ")).role(Role::Text))
}
