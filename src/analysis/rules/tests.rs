//! The files of rules fit one another, and the facts.
