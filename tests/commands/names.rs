//! Names and layouts: what `dt`, `x`, `ln`, `.frame` and the memory commands say on the forge's dumps.

use crate::forge;
use crate::golden::{lines, run, session, with_symbols};
use dumpscope::session::Session;

#[test]
fn levels_of_a_layout_are_two_unless_said() {
    let mut session = session(&forge::demo("wifi"));
    assert_eq!(lines(&mut session, "dt -r nt!_LIST_ENTRY"), lines(&mut session, "dt -r2 nt!_LIST_ENTRY"));
    // Two members, each opened, and each of those once more; the last line says where the layout is from.
    let opened = lines(&mut session, "dt -r nt!_LIST_ENTRY");
    assert_eq!(opened.iter().filter(|line| line.contains("+0x0")).count(), 2 + 4 + 8, "{opened:?}");
}

/// A deep layout is given out as it is found: a reader that goes away ends it at once.
#[test]
fn a_deep_layout_ends_with_its_reader() {
    struct Few(usize);
    impl dumpscope::output::Sink for Few {
        fn take(&mut self, piece: dumpscope::output::Piece) -> Result<(), dumpscope::output::OutputClosed> {
            // What was opened is closed, which shows nothing.
            self.0 += usize::from(piece != dumpscope::output::Piece::Close);
            if self.0 > 3 { Err(dumpscope::output::OutputClosed) } else { Ok(()) }
        }
    }
    let mut session = session(&forge::demo("wifi"));
    let mut few = Few(0);
    dumpscope::command::run_line("dt -r9 nt!_EPROCESS", &mut session, &mut few).ok();
    assert_eq!(few.0, 4);
}

#[test]
fn an_unknown_module_is_said_to_be() {
    let mut session = session(&forge::demo("wifi"));
    let error = run(&mut session, "dt nosuch!*").unwrap_err();
    assert_eq!(error, "no module matches 'nosuch'");
}

/// Without symbols the debugger data block places a few variables: `x` and `ln` know them as `?` does, and show a list
/// by its links, which stand in memory.
#[test]
fn variables_of_the_debugger_data_block() {
    let mut session = session(&forge::demo("nosyms"));
    let head = lines(&mut session, "? nt!PsActiveProcessHead").join("");
    let head = head.rsplit(' ').next().unwrap().to_owned();
    let links = lines(&mut session, "dq nt!PsActiveProcessHead L2").join("");
    let links: Vec<&str> = links.split_whitespace().skip(1).collect();
    let list = format!("= struct _LIST_ENTRY [ 0x{} - 0x{} ]", links[0], links[1]);
    let found = lines(&mut session, "x nt!psactive*");
    assert_eq!(found, [format!("{head} nt!PsActiveProcessHead {list}")]);
    let near = lines(&mut session, "ln nt!PsActiveProcessHead");
    assert_eq!(near.last().unwrap(), &format!("    nt!PsActiveProcessHead {list}"));
}

/// The emulator's record has a return address in each of two inlined functions, so many bytes from where the function
/// around it begins; the rows are worked out from that by hand (the form stands in the debugger's documentation).
#[test]
fn inlined_functions_have_a_row_for_each_place() {
    let mut session = with_symbols(&forge::demo("wifi"));
    assert_eq!(
        lines(&mut session, "x ndis!ndis*Handler"),
        [
            "fffff807`650310c1 ndis!ndisCallSendCompleteHandler =  (inline caller) ndis!NdisFSendNetBufferListsComplete+31",
            "fffff807`65031155 ndis!ndisInvokeNextSendCompleteHandler =  (inline caller) ndis!ndisMSendCompleteNetBufferListsInternal+35",
        ]
    );
    // Inlined twice, into one function: its two loops' worth of code.
    let twice = lines(&mut session, "x nwifi!dot11pushcompletion");
    assert_eq!(twice.len(), 2, "{twice:?}");
    for row in &twice {
        let (address, rest) = row.split_once(' ').unwrap();
        let outer = rest.strip_prefix("nwifi!Dot11PushCompletion =  (inline caller) ").expect("the caller");
        let code = lines(&mut session, &format!("u {address} L1"));
        assert_eq!(code[0], format!("nwifi!Dot11PushCompletion [inlined in {}]:", outer.replace('+', "+0x")));
    }
    assert!(lines(&mut session, "x /d ndis!ndis*Handler").is_empty());
    assert_eq!(lines(&mut session, "x /1 ndis!ndisCall*"), ["ndis!ndisCallSendCompleteHandler"]);
}

/// A frame that was inlined stands in its own function and in the one around it; so does its code under `u`.
#[test]
fn inlined_code_names_both_functions() {
    let mut session = with_symbols(&forge::demo("wifi"));
    let stack = lines(&mut session, "k");
    let at = stack.iter().position(|row| row.contains("(Inline Function)")).expect("an inlined frame");
    let of = |row: &str| row.split("[C:").next().unwrap().split_whitespace().last().unwrap().to_owned();
    let (inner, outer) = (of(&stack[at]), of(&stack[at + 1]));
    let number = stack[at].split(' ').next().unwrap();
    let shown = lines(&mut session, &format!(".frame /r {number}"));
    let title = format!("{inner} [inlined in {outer}]:");
    assert!(shown.contains(&title), "{title}: {shown:?}");
    let code = lines(&mut session, "u @rip L1");
    assert_eq!(code[0], title);
    // The frame around it stands in itself.
    let number = stack[at + 1].split(' ').next().unwrap();
    let shown = lines(&mut session, &format!(".frame /r {number}"));
    assert!(shown.contains(&format!("{outer}:")), "{shown:?}");
}

#[test]
fn return_addresses_carry_their_source_lines() {
    let mut session = with_symbols(&forge::demo("wifi"));
    let rows = lines(&mut session, "dps @rsp L40");
    assert!(rows.iter().any(|row| row.contains(" nt!KiFatalFilter+") && row.contains("ke.c @ ")), "{rows:?}");
}

/// What a waiting thread left of user space on its kernel stack and in its TEB: code of the process's modules, its user stack, the
/// TEB itself (the pointer to itself is at 0x30) and the PEB (0x60), each as the record of the case has it.
#[test]
fn values_of_user_space_are_named() {
    let truth = forge::truth("wifi");
    let thread = truth["threads"].as_array().unwrap().iter().find(|thread| thread["tid"] == "0x3c8").unwrap();
    let number = |value: &serde_json::Value| {
        u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
    };
    let service =
        thread["frames"].as_array().unwrap().iter().find(|frame| frame["kind"] == "service").unwrap();
    let mut session = with_symbols(&forge::demo("wifi"));
    lines(&mut session, &format!(".thread {}", thread["ethread"].as_str().unwrap()));
    let at = number(&service["trap_frame"]);
    let rows = lines(&mut session, &format!("dps --named {at:x} L34"));
    let named = |value: u64, name: &str| {
        let text = format!(" {:08x}`{:08x} {name}", value >> 32, value & 0xffff_ffff);
        assert!(rows.iter().any(|row| row.ends_with(&text)), "{text}: {rows:#?}");
    };
    named(number(&service["rip"]), "ntdll!NtRemoveIoCompletion+0x14");
    named(number(&service["rsp"]), "user stack of svchost.exe 3c4.3c8");
    let teb = number(&thread["teb"]);
    let own = lines(&mut session, &format!("dps --named {:x} L1", teb + 0x30));
    assert!(own[0].ends_with(" TEB of svchost.exe 3c4.3c8"), "{own:?}");
    let peb = lines(&mut session, &format!("dps --named {:x} L1", teb + 0x60));
    assert!(peb[0].ends_with(" PEB"), "{peb:?}");
    // What is no address of the process is not called anything.
    let bare = lines(&mut session, &format!("dps --named {:x} L1", teb + 0x40));
    assert!(bare[0].ends_with("`000003c4"), "{bare:?}");
}

#[test]
fn doubles_stand_three_a_row() {
    let mut session = session(&forge::demo("wifi"));
    let rows = lines(&mut session, "dD @rsp L6");
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.split_whitespace().count() == 4), "{rows:?}");
}

/// The unwind data of KiPageFault, which the forge's own assembly source states: rbp pushed above a machine frame with an
/// error code, 0x158 bytes allocated, rbp set 0x80 above. The slots are counted by hand from the sizes of these
/// operations.
#[test]
fn a_function_entry_as_the_debugger_shows_it() {
    let mut session = with_symbols(&forge::demo("wifi"));
    let shown = lines(&mut session, ".fnent nt!KiPageFault");
    assert!(shown[0].starts_with("Debugger function entry ") && shown[0].ends_with(" for:"), "{shown:?}");
    assert_eq!(shown[1], lines(&mut session, "ln nt!KiPageFault")[0]);
    assert_eq!(shown[2], "");
    for (line, label) in
        shown[3..6].iter().zip(["BeginAddress      = ", "EndAddress        = ", "UnwindInfoAddress = "])
    {
        assert!(line.starts_with(label), "{line}");
    }
    assert!(shown[7].ends_with(", e bytes"), "{}", shown[7]);
    let codes: Vec<&str> =
        shown.iter().filter_map(|line| line.split_once("unwind op ").map(|(_, rest)| rest)).collect();
    assert_eq!(
        codes,
        [
            "3, op info 0 UWOP_SET_FPREG.",
            "1, op info 0 UWOP_ALLOC_LARGE FrameOffset: 158.",
            "0, op info 5 UWOP_PUSH_NONVOL reg: rbp.",
            "a, op info 1 UWOP_PUSH_MACHFRAME.",
        ]
    );
    let slots: Vec<&str> =
        shown.iter().filter(|line| line.contains("unwind op")).map(|line| &line[2..4]).collect();
    assert_eq!(slots, ["00", "01", "03", "04"]);
    // The table is sorted, and the entry is one of it: its first word is where the function begins.
    let at = shown[0].split(' ').nth(3).unwrap();
    let begin = lines(&mut session, &format!("dd {at} L1")).join("");
    assert_eq!(begin.rsplit(' ').next(), shown[3].rsplit('`').next());
}

/// Registers that do not come from the processor are said to be those of a context that was set.
#[test]
fn registers_of_a_set_context_say_so() {
    let mut session = session(&forge::demo("wifi"));
    let first = |session: &mut Session| lines(session, "r")[0].clone();
    assert!(first(&mut session).starts_with("rax="));
    lines(&mut session, ".frame /c 2");
    assert_eq!(first(&mut session), "Last set context:");
    lines(&mut session, ".cxr");
    assert!(first(&mut session).starts_with("rax="));
}
