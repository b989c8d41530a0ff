//! What is known of bug checks, and what follows from it for a dump. Data, never text layout.

mod bugcheck;
mod status;

pub use bugcheck::{Argument, BugCheck, bug_check, decode_user_code, plain_code};
pub use status::{exception_name, fast_fail_name};
