//! ACCESS_MASK: the rights that a handle gives, by their names in the public headers winnt.h and wdm.h.

/// Rights that every type has.
const STANDARD: [(u64, &str); 6] = [
    (0x0001_0000, "DELETE"),
    (0x0002_0000, "READ_CONTROL"),
    (0x0004_0000, "WRITE_DAC"),
    (0x0008_0000, "WRITE_OWNER"),
    (0x0010_0000, "SYNCHRONIZE"),
    (0x0100_0000, "ACCESS_SYSTEM_SECURITY"),
];

/// What the low bits mean for a type of objects.
struct Rights {
    ty: &'static str,
    /// All of them, and what that is called.
    all: (u64, &'static str),
    /// The lowest bit first; an empty name is a bit without meaning.
    names: &'static [&'static str],
}

const RIGHTS: [Rights; 11] = [
    Rights {
        ty: "File",
        all: (0x1f_01ff, "FILE_ALL_ACCESS"),
        names: &[
            "FILE_READ_DATA",
            "FILE_WRITE_DATA",
            "FILE_APPEND_DATA",
            "FILE_READ_EA",
            "FILE_WRITE_EA",
            "FILE_EXECUTE",
            "FILE_DELETE_CHILD",
            "FILE_READ_ATTRIBUTES",
            "FILE_WRITE_ATTRIBUTES",
        ],
    },
    Rights {
        ty: "Process",
        all: (0x1f_ffff, "PROCESS_ALL_ACCESS"),
        names: &[
            "PROCESS_TERMINATE",
            "PROCESS_CREATE_THREAD",
            "PROCESS_SET_SESSIONID",
            "PROCESS_VM_OPERATION",
            "PROCESS_VM_READ",
            "PROCESS_VM_WRITE",
            "PROCESS_DUP_HANDLE",
            "PROCESS_CREATE_PROCESS",
            "PROCESS_SET_QUOTA",
            "PROCESS_SET_INFORMATION",
            "PROCESS_QUERY_INFORMATION",
            "PROCESS_SUSPEND_RESUME",
            "PROCESS_QUERY_LIMITED_INFORMATION",
            "PROCESS_SET_LIMITED_INFORMATION",
        ],
    },
    Rights {
        ty: "Thread",
        all: (0x1f_ffff, "THREAD_ALL_ACCESS"),
        names: &[
            "THREAD_TERMINATE",
            "THREAD_SUSPEND_RESUME",
            "THREAD_ALERT",
            "THREAD_GET_CONTEXT",
            "THREAD_SET_CONTEXT",
            "THREAD_SET_INFORMATION",
            "THREAD_QUERY_INFORMATION",
            "THREAD_SET_THREAD_TOKEN",
            "THREAD_IMPERSONATE",
            "THREAD_DIRECT_IMPERSONATION",
            "THREAD_SET_LIMITED_INFORMATION",
            "THREAD_QUERY_LIMITED_INFORMATION",
            "THREAD_RESUME",
        ],
    },
    Rights {
        ty: "Event",
        all: (0x1f_0003, "EVENT_ALL_ACCESS"),
        names: &["EVENT_QUERY_STATE", "EVENT_MODIFY_STATE"],
    },
    Rights { ty: "Mutant", all: (0x1f_0001, "MUTANT_ALL_ACCESS"), names: &["MUTANT_QUERY_STATE"] },
    Rights {
        ty: "Semaphore",
        all: (0x1f_0003, "SEMAPHORE_ALL_ACCESS"),
        names: &["SEMAPHORE_QUERY_STATE", "SEMAPHORE_MODIFY_STATE"],
    },
    Rights {
        ty: "Key",
        all: (0xf_003f, "KEY_ALL_ACCESS"),
        names: &[
            "KEY_QUERY_VALUE",
            "KEY_SET_VALUE",
            "KEY_CREATE_SUB_KEY",
            "KEY_ENUMERATE_SUB_KEYS",
            "KEY_NOTIFY",
            "KEY_CREATE_LINK",
            "",
            "",
            "KEY_WOW64_64KEY",
            "KEY_WOW64_32KEY",
        ],
    },
    Rights {
        ty: "Section",
        all: (0xf_001f, "SECTION_ALL_ACCESS"),
        names: &[
            "SECTION_QUERY",
            "SECTION_MAP_WRITE",
            "SECTION_MAP_READ",
            "SECTION_MAP_EXECUTE",
            "SECTION_EXTEND_SIZE",
            "SECTION_MAP_EXECUTE_EXPLICIT",
        ],
    },
    Rights {
        ty: "Token",
        all: (0xf_01ff, "TOKEN_ALL_ACCESS"),
        names: &[
            "TOKEN_ASSIGN_PRIMARY",
            "TOKEN_DUPLICATE",
            "TOKEN_IMPERSONATE",
            "TOKEN_QUERY",
            "TOKEN_QUERY_SOURCE",
            "TOKEN_ADJUST_PRIVILEGES",
            "TOKEN_ADJUST_GROUPS",
            "TOKEN_ADJUST_DEFAULT",
            "TOKEN_ADJUST_SESSIONID",
        ],
    },
    Rights {
        ty: "Directory",
        all: (0xf_000f, "DIRECTORY_ALL_ACCESS"),
        names: &[
            "DIRECTORY_QUERY",
            "DIRECTORY_TRAVERSE",
            "DIRECTORY_CREATE_OBJECT",
            "DIRECTORY_CREATE_SUBDIRECTORY",
        ],
    },
    Rights {
        ty: "SymbolicLink",
        all: (0xf_0001, "SYMBOLIC_LINK_ALL_ACCESS"),
        names: &["SYMBOLIC_LINK_QUERY"],
    },
];

/// The rights of a mask for a type of objects, the lowest bits first, all of them as one word; bits without a name come
/// last as a number. `None` for types whose rights are not known here.
pub fn access_words(ty: &str, mask: u64) -> Option<Vec<String>> {
    let rights = RIGHTS.iter().find(|rights| rights.ty == ty)?;
    let (mut words, mut rest) = (Vec::new(), mask);
    if rest & rights.all.0 == rights.all.0 {
        words.push(rights.all.1.to_owned());
        rest &= !rights.all.0;
    }
    let own = rights.names.iter().zip(0..).filter(|(name, _)| !name.is_empty());
    let own = own.map(|(name, bit)| (1u64 << bit, *name));
    for (bit, name) in own.chain(STANDARD) {
        if rest & bit != 0 {
            words.push(name.to_owned());
            rest &= !bit;
        }
    }
    if rest != 0 {
        words.push(format!("{rest:#x}"));
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of winnt.h: FILE_GENERIC_READ | FILE_GENERIC_WRITE is 0x12019f, KEY_READ 0x20019.
    #[test]
    fn masks_are_said_in_the_words_of_the_headers() {
        let words = |ty, mask| access_words(ty, mask).unwrap().join(" ");
        assert_eq!(
            words("File", 0x12_019f),
            "FILE_READ_DATA FILE_WRITE_DATA FILE_APPEND_DATA FILE_READ_EA FILE_WRITE_EA FILE_READ_ATTRIBUTES \
             FILE_WRITE_ATTRIBUTES READ_CONTROL SYNCHRONIZE"
        );
        assert_eq!(words("Key", 0x2_0019), "KEY_QUERY_VALUE KEY_ENUMERATE_SUB_KEYS KEY_NOTIFY READ_CONTROL");
        assert_eq!(words("Process", 0x1f_ffff), "PROCESS_ALL_ACCESS");
        assert_eq!(words("Process", 0x1478), {
            "PROCESS_VM_OPERATION PROCESS_VM_READ PROCESS_VM_WRITE PROCESS_DUP_HANDLE PROCESS_QUERY_INFORMATION \
             PROCESS_QUERY_LIMITED_INFORMATION"
        });
        assert_eq!(words("Event", 0x10_0012), "EVENT_MODIFY_STATE SYNCHRONIZE 0x10");
        assert_eq!(words("Token", 0), "");
        assert_eq!(access_words("WindowStation", 1), None);
    }
}
