//! `!mex.running`: the thread that each processor runs, a row each.

use super::mex_rows::{Listed, rows};
use crate::command::{CommandSpec, Group, Needs};
use crate::debuggee::Scope;
use crate::kernel::Processor;
use crate::output::{Action, Line, Role};

/// `!mex.running`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!mex.running"],
    group: Group::Kernel,
    summary: "Shows the thread that each processor runs: times, state, how long, wait reason",
    help: "Idle threads are shown, too. Time is how long the thread has been in its state; User and Kernel are what it \
           used in all.\n\n\
           kd> !mex.running",
    needs: Needs::Types,
    ..CommandSpec::runs(|args, context| rows(args, context, running))
};

fn running<'s>(scope: &'s Scope<'s>) -> Listed<'s> {
    let threads = Processor::all(scope).map(|(_, processor)| processor?.current_thread()).collect();
    let stacks = Line::of(" | ").link(Role::Value, "Show Unique Stacks", Action::Run("!mex.us -cpu"));
    Listed { threads, affinity: false, stacks }
}
