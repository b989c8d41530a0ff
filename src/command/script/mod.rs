//! Expressions, and the command line's own commands.

pub mod echo;
pub mod evaluate;
pub mod evaluate_cxx;
pub mod formats;
pub mod grep;
pub mod help;
pub mod lang;
pub mod quit;
pub mod remark;
pub mod remark_line;
