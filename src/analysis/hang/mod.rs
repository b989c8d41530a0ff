//! What speaks for a hang: threads that wait for each other, threads that hold up others, threads that get no processor, work
//! that nobody is free to do. Facts, a file a kind, of which the rules in `assets/rules/hang.toml` are asked.

mod starved;
mod subject;
mod waits;
mod workers;

use super::facts::Fact;
use crate::debuggee::{Lack, Scope};

/// The facts of a dump; `hang_unknown` names what could not be looked at.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn hang(scope: &Scope<'_>) -> Result<Vec<Fact>, Lack> {
    let mut facts = vec![Fact::new("hang")];
    let looks: [(&'static str, Result<Vec<Fact>, Lack>); 3] = [
        ("!waitchain", waits::facts(scope)),
        ("!ready", starved::facts(scope)),
        ("!exqueue", workers::facts(scope)),
    ];
    for (command, found) in looks {
        match found {
            Ok(found) => facts.extend(found),
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            Err(why) => facts.push(
                Fact::new("hang_unknown")
                    .with("command", command)
                    .with("why", why.to_string())
                    .worded("evidence.hang_unknown"),
            ),
        }
    }
    Ok(facts)
}
