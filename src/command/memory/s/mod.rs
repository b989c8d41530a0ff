//! `s`: searches memory.

mod gaps;
mod scan;
mod search;
mod show;
mod strings;

use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::util::hex;
use search::Sought;
use std::ops::ControlFlow;

/// `s`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["s"],
    group: Group::Memory,
    switches: Switches::words(&[
        Switch::flag("-b", "bytes (also without a type); PATTERN is one value or more"),
        Switch::flag("-w", "words"),
        Switch::flag("-d", "double words"),
        Switch::flag("-q", "quad words"),
        Switch::flag("-a", "ASCII text: PATTERN is \"text\""),
        Switch::flag("-u", "UTF-16 text"),
        Switch::flag("-sa", "any printable ASCII text"),
        Switch::flag("-su", "any printable UTF-16 text"),
        Switch::flag("[1]", "only addresses, one a line"),
        Switch::flag("[w]", "only in pages that can be written (not in triage dumps)"),
        Switch::flag("[s]", "remembers where it was found"),
        Switch::flag("[r]", "only where the last search with s found something"),
        Switch::ignored("[f]"),
        Switch::ignored("[p]"),
        Switch::with("[l]", Takes::Value, "N", "text of at least N characters (-sa, -su; 3 if not given)"),
        Switch::with("[n]", Takes::Value, "N", "with s: at most N places (400 if not given)"),
    ]),
    arguments: &[
        Argument::new("START {LCOUNT | L?COUNT | END}", Expects::Range),
        Argument::new("PATTERN", Expects::Text),
    ],
    summary: "Searches memory for bytes, numbers or text",
    help: "Flags stand in brackets before the type: s -[1]sa. A C++ object is found by its virtual table: s -q looks for the \
           table's address.\n\
           Memory that cannot be read is skipped quickly, so the range may be as large as the address space: write \
           L?COUNT then. Values are found at multiples of their size from START.\n\
           \n\
           kd> s -q @rsp L200 fffff803`0bcfbc2e\n\
           fffff803`11a8b158  fffff803`0bcfbc2e 00000000`0000001e",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let search = search::asked(args, context)?;
    let memory = context.session.target.memory().clone();
    if search.writable && memory.paging().is_none() {
        return Err(CommandError::Missing("[w] needs page tables, which this dump does not hold".to_owned()));
    }
    if let Sought::Strings { unit } = search.kind {
        return strings::search(&search, unit, &memory, context);
    }
    let mut found = Vec::new();
    let mut overflow = false;
    let mut hit = |at: u64, context: &mut Context<'_>| {
        if search.save {
            overflow |= found.len() >= search.save_limit;
            if !overflow {
                found.push(at);
            }
        }
        show::hit(&search, at, &memory, context)
    };
    if search.restricted {
        let saved = context.session.saved_search.clone();
        for at in saved {
            if scan::matches_at(&memory, at, &search.pattern) {
                hit(at, context)?;
            }
        }
    } else {
        let mut outcome = Ok(());
        scan::scan(&search, &memory, context, &mut |at, context| match hit(at, context) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                outcome = Err(error);
                ControlFlow::Break(())
            }
        })?;
        outcome?;
    }
    if search.save {
        context.session.saved_search = found;
    }
    if overflow {
        return Err(CommandError::Argument(format!(
            "Overflow error: only the first {:#x} places are remembered; [sn{:x}] remembers more",
            search.save_limit,
            search.save_limit * 2
        )));
    }
    Ok(())
}

/// `0xfffff804`0e45291c`
fn bare(address: u64) -> String {
    format!("0x{}", hex::tick(address))
}
