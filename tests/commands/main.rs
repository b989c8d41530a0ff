//! What commands print, against transcripts and records.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/forge.rs"]
mod forge;
#[path = "../support/golden.rs"]
mod golden;
#[path = "../support/patched.rs"]
mod patched;
#[path = "../support/shared.rs"]
mod shared;
#[path = "../support/symbol_table.rs"]
mod symbol_table;
#[path = "../support/synth.rs"]
mod synth;

mod address_spaces;
mod addresses;
mod alpc;
mod analyze;
mod analyze_arguments;
mod any_script;
mod black_boxes;
mod bugcheck_pages;
mod bugcheck_texts;
mod callbacks;
mod cases;
mod common;
mod completion;
mod crash_context;
mod damaged_processes;
mod damaged_processors;
mod data_model;
mod descriptors;
mod dt_golden;
mod dx;
mod errors;
mod examples;
mod facts;
mod fltkd;
mod forge_commands;
mod golden_language;
mod golden_transcripts;
mod golden_types;
mod habits;
mod handles;
mod hang;
mod hardware_errors;
mod history;
mod io;
mod io_triage;
mod json_schema;
mod key_evidence;
mod makers;
mod memory_commands;
mod memory_counters;
mod mex_processes;
mod module_list;
mod names;
mod narrow;
mod ndiskd;
mod objects;
mod options;
mod page_files;
mod page_tables;
mod pool;
mod pools;
mod pools_unnamed;
mod process_context;
mod processes;
mod processors;
mod public_rows;
mod queued_calls;
mod ready;
mod registers;
mod report;
mod running;
mod same_answers;
mod scripts;
mod software;
mod storagekd;
mod sysinfo;
mod systems;
mod tagged_data;
mod thread;
mod thread_lists;
mod timers;
mod tokens;
mod triage;
mod type_commands;
mod verdicts;
mod verdicts_of_forged_faults;
mod verdicts_of_other_crashes;
mod verifier;
mod waiters;
mod waits;
mod walkers;
mod wdfkd;
mod what;
