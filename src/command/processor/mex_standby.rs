//! `!mex.standby`: the threads that run next, a row each.

use super::mex_rows::{Listed, rows};
use crate::command::{CommandSpec, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::Processor;
use crate::output::Line;

/// `!mex.standby`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!mex.standby"],
    group: Group::Kernel,
    summary: "Shows the threads that run next on their processors",
    help: "Each processor names at most one.\n\n\
           kd> !mex.standby",
    needs: Needs::Types,
    ..CommandSpec::runs(|args, context| rows(args, context, standby))
};

fn standby<'s>(scope: &'s Scope<'s>) -> Listed<'s> {
    let next = |(_, processor): (u32, Result<Processor<'s>, Lack>)| match processor
        .and_then(|it| it.next_thread())
    {
        Err(Lack::Null { .. }) => None,
        thread => Some(thread),
    };
    Listed { threads: Processor::all(scope).filter_map(next).collect(), affinity: true, stacks: Line::new() }
}
