//! The dumpscope program.

use std::process::ExitCode;

fn main() -> ExitCode {
    dumpscope::cli::run(std::env::args_os()).into()
}
