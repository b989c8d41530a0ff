//! `s`: searches memory.

mod gaps;
mod request;
mod scan;
mod show;
mod strings;

use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::util::hex;
use request::Kind;
use std::ops::ControlFlow;

/// `s`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["s"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Memory,
    usage: "[-[[FLAGS]]TYPE] START {LCOUNT | L?COUNT | END} PATTERN",
    summary: "Searches memory for bytes, numbers or text",
    help: "-b bytes (also without a type), -w words, -d double words, -q quad words: PATTERN is one value or more\n\
           -a ASCII text, -u UTF-16 text: PATTERN is \"text\"\n\
           -sa, -su any printable ASCII or UTF-16 text\n\
           FLAGS, in brackets:\n\
           1   only addresses, one a line\n\
           lN  text of at least N characters (-sa, -su; 3 if not given)\n\
           w   only in pages that can be written (not in triage dumps)\n\
           s   remembers where it was found; nN at most N places (400 if not given)\n\
           r   only where the last search with s found something\n\
           Memory that cannot be read is skipped quickly, so the range may be as large as the address space: write \
           L?COUNT then. Values are found at multiples of their size from START.\n\
           \n\
           kd> s -q @rsp L200 fffff803`0bcfbc2e\n\
           fffff803`11a8b158  fffff803`0bcfbc2e 00000000`0000001e",
    needs: Needs::Memory,
    run,
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let request = request::parse(args.text, context)?;
    let memory = context.session.target.memory().clone();
    if request.writable && memory.paging().is_none() {
        return Err(CommandError::Missing("[w] needs page tables, which this dump does not hold".to_owned()));
    }
    if let Kind::Strings { unit } = request.kind {
        return strings::search(&request, unit, &memory, context);
    }
    let mut found = Vec::new();
    let mut overflow = false;
    let mut hit = |at: u64, context: &mut Context<'_>| {
        if request.save {
            overflow |= found.len() >= request.save_limit;
            if !overflow {
                found.push(at);
            }
        }
        show::hit(&request, at, &memory, context)
    };
    if request.restricted {
        let saved = context.session.saved_search.clone();
        for at in saved {
            if scan::matches_at(&memory, at, &request.pattern) {
                hit(at, context)?;
            }
        }
    } else {
        let mut outcome = Ok(());
        scan::scan(&request, &memory, context, &mut |at, context| match hit(at, context) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                outcome = Err(error);
                ControlFlow::Break(())
            }
        })?;
        outcome?;
    }
    if request.save {
        context.session.saved_search = found;
    }
    if overflow {
        return Err(CommandError::Argument(format!(
            "Overflow error: only the first {:#x} places are remembered; [sn{:x}] remembers more",
            request.save_limit,
            request.save_limit * 2
        )));
    }
    Ok(())
}

/// `0xfffff804`0e45291c`
fn bare(address: u64) -> String {
    format!("0x{}", hex::tick(address))
}
