//! What completion offers of the names that are known. The names are those of the forge's kernel, whose source stands in
//! `tests/forge`, and of Windows' public headers.

use crate::forge;
use crate::golden::{run, with_symbols};
use dumpscope::command::{Choices, Completion, Names};
use dumpscope::session::Session;

/// The demo, whose symbols can be found but are not loaded.
fn deferred() -> Session {
    with_symbols(&forge::demo("wifi"))
}

fn answer(session: &Session, text: &str) -> Choices {
    Completion::of(text).answer(&Names::of(&session.target))
}

#[test]
fn nothing_is_loaded_to_complete_a_name() {
    let mut session = deferred();
    let choices = answer(&session, "u nt!KeBug");
    assert_eq!((choices.list.len(), choices.unloaded.as_deref()), (0, Some("nt")));
    assert_eq!(answer(&session, "dt nt!_EPRO").unloaded.as_deref(), Some("nt"));
    assert_eq!(answer(&session, "u nosuch!KeBug"), Choices { at: 2, ..Choices::default() });
    assert!(session.target.modules().iter().all(|module| session.target.symbols().loaded(module).is_none()));
    run(&mut session, "? nt!KeBugCheckEx").unwrap();
    assert_eq!(answer(&session, "u nt!KeBug").unloaded, None);
}

#[test]
fn names_are_offered_by_the_kind_of_argument() {
    let mut session = deferred();
    run(&mut session, "? nt!KeBugCheckEx").unwrap();
    let checks = ["nt!KeBugCheck2", "nt!KeBugCheckCallbackListHead", "nt!KeBugCheckEx"];
    for (text, offered) in [
        ("u nt!kebugc", &checks[..]),
        ("k; db poi(nt!KeBugCheckE", &["nt!KeBugCheckEx"]),
        // Without a module: what is loaded, and the modules.
        ("u KeBugCheckE", &["KeBugCheckEx"]),
        ("u n", &["ndis!", "nt!", "nwifi!"]),
        ("dt nt!_KTRAP_FR", &["nt!_KTRAP_FRAME"]),
        ("dt _ktrap_fr", &["_KTRAP_FRAME"]),
        // No type is called so, but a variable.
        ("dt nt!KeBugCheckC", &["nt!KeBugCheckCallbackListHead"]),
        ("dt nt!_LIST_ENTRY F", &["Flink"]),
        ("dt nt!_EPROCESS ActiveProcessLinks.B", &["ActiveProcessLinks.Blink"]),
        ("!list -t nt!_LIST_ENTRY.B", &["nt!_LIST_ENTRY.Blink"]),
        ("r ra", &["rax"]),
        ("r rax, rb", &["rbp", "rbx"]),
        ("db @rs", &["@rsi", "@rsp"]),
        ("? $thr", &["$thread"]),
        ("r xmm1", &["xmm1", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"]),
        ("lmvm n", &["ndis", "nt", "nwifi"]),
        (".reload /f nw", &["nwifi"]),
    ] {
        assert_eq!(answer(&session, text).list, offered, "{text}");
    }
    let choices = answer(&session, "u nt!kebugc");
    assert_eq!((choices.at, choices.common.as_str(), choices.more), (2, "nt!KeBugCheck", 0));
    // The names of a module are many; those that are shown have an end.
    let all = answer(&session, "x nt!");
    assert!(all.list.len() == 200 && all.more > 0, "{} and {}", all.list.len(), all.more);
}

/// Every register that is offered has a value, but for what only an image, an exception record or a user's thread has.
#[test]
fn registers_that_are_offered_exist() {
    let mut session = deferred();
    for name in answer(&session, "? $").list {
        let lacks = matches!(&*name, "$exentry" | "$teb") || name.starts_with("$exr_");
        let outcome = run(&mut session, &format!("? @{name}"));
        assert!(outcome.is_ok() || lacks, "{name}: {outcome:?}");
    }
}

#[test]
fn files_are_offered_with_their_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["symbols-a", "symbols-b", "other"] {
        std::fs::create_dir(folder.path().join(name)).expect("a folder");
    }
    std::fs::write(folder.path().join("symbols.txt"), "").expect("a file");
    let at = folder.path().to_str().expect("an ordinary path");
    let slash = std::path::MAIN_SEPARATOR;
    let expected: Vec<String> =
        [format!("symbols-a{slash}"), format!("symbols-b{slash}"), "symbols.txt".into()]
            .iter()
            .map(|name| format!("{at}{slash}{name}"))
            .collect();
    let choices = Completion::of(&format!(".sympath /a;{at}{slash}sym")).answer(&Names::default());
    assert_eq!(choices.list, expected);
}
