//! A command line taken apart, before its command's switches are read.

/// A command line taken apart: its name, option letters that touch it, and the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'t> {
    /// The name as the table spells it.
    pub name: &'static str,
    /// What stood right after the name (`v` in `kv 5`).
    pub glued: &'t str,
    /// The rest, without blanks around it.
    pub text: &'t str,
}
