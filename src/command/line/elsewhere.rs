//! Commands of WinDbg that there are not here, and what is there instead: whoever typed one for years is told.

/// Names as they are typed, without the prefix of an extension, and the key of the hint that tells what to type or do.
const TABLE: &[(&[&str], &str)] = &[
    (
        &[
            "!heap",
            "!gle",
            "!dlls",
            "!htrace",
            "!cs",
            "!avrf",
            "!runaway",
            "!vprot",
            "!exchain",
            "!sw",
            "!evlog",
            "!clrstack",
            "!dumpheap",
            "!eestack",
            "!threadpool",
            ".tlist",
            ".ttime",
            ".childdbg",
        ],
        "hint.elsewhere.user",
    ),
    (&[".dump", ".dumpcab"], "hint.elsewhere.dump"),
    (&[".shell", ".create", ".noshell"], "hint.elsewhere.shell"),
    (&[".server", ".remote", ".servers", ".clients"], "hint.elsewhere.remote"),
    (&["!chkimg"], "hint.elsewhere.chkimg"),
    (&["!deadlock"], "hint.elsewhere.deadlock"),
    (&["!reg", "!mreg"], "hint.elsewhere.reg"),
    (&["!dml_proc", "!processfields", "!threadfields", "!zombies"], "hint.elsewhere.processes"),
    (&["!findthreads"], "hint.elsewhere.findthreads"),
    (&["!mca", "!cper", "!errpkt"], "hint.elsewhere.mca"),
    (&["!arbiter", "!cmreslist", "!ioreslist", "!ioresdes", "!pcitree", "!pci"], "hint.elsewhere.devices"),
    (&["!usb3tree", "!usbtree", "!storclass", "!classext"], "hint.elsewhere.devices"),
    (&["!logonsession", "!sd", "!acl", "!sid"], "hint.elsewhere.security"),
    (&["ls", "lsf", "lsp", "lsc", ".srcline"], "hint.elsewhere.source"),
    (&["c", ".readmem"], "hint.elsewhere.memory"),
    (&[".ofilter", ".outmask"], "hint.elsewhere.filter"),
    (&["!help", ".extmatch"], "hint.commands"),
    (&["!wdfqueue", "!wdfhandle", "!wdfobject", "!wdfdevicequeues", "!wdfrequest"], "hint.elsewhere.wdf"),
];

/// The key of the hint for a name that is no command here; `None` where WinDbg has none of that name either, or nothing helps.
pub fn hint(name: &str) -> Option<&'static str> {
    let bare = match name.strip_prefix('!').and_then(|name| name.rsplit_once('.')) {
        Some((_, last)) => format!("!{last}"),
        None => name.to_owned(),
    };
    let listed = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(&bare));
    TABLE.iter().find(|(names, _)| listed(names)).map(|&(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::table::COMMANDS;

    #[test]
    fn no_command_is_said_to_be_missing() {
        let names: Vec<&str> = COMMANDS.iter().flat_map(|spec| spec.names).copied().collect();
        for (listed, key) in TABLE {
            for name in *listed {
                assert!(!names.contains(name), "{name} ({key}) is a command");
            }
        }
    }

    #[test]
    fn a_name_is_known_with_its_extension_and_in_any_case() {
        assert_eq!(hint("!heap"), Some("hint.elsewhere.user"));
        assert_eq!(hint("!ext.Heap"), Some("hint.elsewhere.user"));
        assert_eq!(hint("!wdfkd.wdfqueue"), Some("hint.elsewhere.wdf"));
        assert_eq!(hint("heap"), None);
        assert_eq!(hint("!nosuch"), None);
    }
}
