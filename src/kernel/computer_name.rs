//! The computer's name, which the kernel does not keep: processes have it in their environment.

use super::process::Process;
use crate::debuggee::{Lack, Scope};

/// Processes that are asked. Where the memory of so many is missing, the dump has no user memory.
const ASKED: usize = 64;

/// The computer's NetBIOS name, as the first process has it that tells.
///
/// # Errors
/// Where the processes are not known; else why the last one that was asked does not tell.
pub fn computer_name(scope: &Scope<'_>) -> Result<String, Lack> {
    let mut last = Lack::NoName { name: "COMPUTERNAME".to_owned() };
    let mut asked = 0;
    for process in Process::all(scope)? {
        let process = process?;
        match process.ask_peb(|peb| peb.variable("COMPUTERNAME")) {
            Ok(name) if !name.is_empty() => return Ok(name),
            Ok(_) => {}
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            // Without user space of its own (System, Registry): that says nothing of the others.
            Err(Lack::Null { .. }) => continue,
            Err(why) => last = why,
        }
        asked += 1;
        if asked == ASKED {
            break;
        }
    }
    Err(last)
}
