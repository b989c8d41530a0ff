//! What is known of bug checks, and what follows from it for a dump. Data, never text layout.

mod bucket;
mod bugcheck;
mod common;
mod context;
mod error_code;
mod facts;
mod fault_address;
mod hang;
mod history;
mod meaning;
mod rules;
mod status;
mod verdict;

pub use bucket::{Bucket, bucket};
pub use bugcheck::{
    Argument, BugCheck, Case, Condition, Explanation, ParameterKind, Position, Text, Windows,
    decode_user_code, explain, plain_code,
};
pub use common::{Compared, Machine, Summary, joint};
pub use context::{ContextKind, ContextSource, CrashContext, crash_context};
pub use error_code::{HResult, NtStatus, Reading, Severity, Wrapped, readings, win32_name};
pub use facts::{Crash, Fact, Value, gather, of_history};
pub use fault_address::fault_address;
pub use hang::hang;
pub use history::{Check, Crashes, Entry, History, Kind, Own, Restart, classify};
pub use meaning::{Certainty, Meaning, Meanings, Question, glance, meanings};
pub use rules::{Class, Confidence};
pub use status::{exception_name, fast_fail_name, low_half, status_name};
pub use verdict::{Verdict, common_verdict, hang_verdict, verdict};
