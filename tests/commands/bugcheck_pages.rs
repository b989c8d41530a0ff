//! Bug checks whose first parameter decides what the others mean, held to the tables of their public pages ("Bug Check Code
//! Reference"), read by hand; and pages that say there are no parameters.

use crate::forge;
use crate::golden::{run, session};
use crate::shared::shared;
use dumpscope::session::Session;
use dumpscope::util::hex;
use dumpscope::util::language::Language;

/// Codes and the values of their first parameter that their pages list.
const KINDS: [(u32, &[u64]); 14] = [
    (0x19, &[0x2, 0x3, 0x5, 0x6, 0x7, 0x8, 0x9, 0xa, 0xd, 0xe, 0xf, 0x23, 0x24, 0x25, 0x20, 0x21, 0x22]),
    (
        0x1a,
        &[
            0x1, 0x31, 0x3f, 0x403, 0x404, 0x411, 0x777, 0x778, 0x780, 0x781, 0x1000, 0x1010, 0x1233, 0x1234,
            0x1235, 0x1236, 0x1240, 0x3300, 0x3451, 0x4477, 0x5003, 0x5100, 0x5200, 0x8884, 0x8888, 0x8889,
            0x888a, 0x41283, 0x41284, 0x41286, 0x41287, 0x41785, 0x41790, 0x41792, 0x61940, 0x61941, 0x61946,
            0x61949, 0x303_0303, 0x303_0308,
        ],
    ),
    (0x4e, &[0x1, 0x2, 0x7, 0x8d, 0x8f, 0x99, 0x9a]),
    (0x9f, &[0x1, 0x2, 0x3, 0x4, 0x500]),
    (
        0xc2,
        &[
            0x0, 0x1, 0x2, 0x4, 0x6, 0x7, 0x8, 0x9, 0xa, 0xb, 0xc, 0xd, 0x40, 0x41, 0x42, 0x43, 0x44, 0x46,
            0x47, 0x48, 0x50, 0x60, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x41286,
        ],
    ),
    (0xe4, &[0x0, 0x1, 0x2, 0x3, 0x5, 0x6, 0x7]),
    (0xf5, &[0x66, 0x67, 0x68, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e]),
    (0x112, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 0xa, 0xb, 0xc, 0xe, 0xf, 0x15, 0x16, 0x17, 0x18]),
    (0x119, &[0x1, 0x2, 0x3, 0x4, 0x5, 0x400, 0xe00, 0x1000, 0x10000]),
    (0x124, &[0x0, 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0x8, 0x9, 0xa, 0xb]),
    (
        0x139,
        &[
            0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
            37, 38,
        ],
    ),
    (0x15f, &[0x1, 0x2, 0x3, 0x4, 0x5]),
    (0x164, &[0x1, 0x2, 0x3, 0x4, 0x5, 0x8, 0xa, 0xb, 0xc, 0x10]),
    (
        0x18c,
        &[
            0x1001, 0x1002, 0x1004, 0x1005, 0x1007, 0x1008, 0x1009, 0x100a, 0x100b, 0x100c, 0x100d, 0x100e,
            0x100f, 0x1010, 0x1011, 0x1012, 0x1013, 0x1016, 0x1017, 0x1101, 0x1102, 0x1103,
        ],
    ),
];

/// A code, a value of its first parameter, another parameter, and words of what the page says that this one is, in both
/// languages.
const OTHERS: [(u32, u64, usize, &str, &str); 30] = [
    (0x19, 0x3, 3, "flink", "flink"),
    (0x19, 0x7, 4, "bad pool block", "池块"),
    (0x19, 0xa, 4, "page", "页"),
    (0x19, 0x21, 3, "bytes", "字节"),
    (0x1a, 0x3f, 4, "expected CRC", "CRC"),
    (0x1a, 0x411, 2, "address of the PTE", "PTE 地址"),
    (0x1a, 0x1236, 2, "MDL", "MDL"),
    (0x1a, 0x4477, 2, "written", "写入"),
    (0x1a, 0x5200, 3, "value found", "实际值"),
    (0x1a, 0x5200, 4, "value expected", "预期值"),
    (0x1a, 0x41790, 2, "PFN", "PFN"),
    (0x1a, 0x41792, 3, "low part", "低"),
    (0x4e, 0x2, 4, "reference count", "引用计数"),
    (0x4e, 0x7, 3, "share count", "共享计数"),
    (0x4e, 0x8f, 2, "new page", "新页"),
    (0x9f, 0x2, 4, "driver object", "驱动程序对象"),
    (0x9f, 0x3, 4, "IRP", "IRP"),
    (0x9f, 0x4, 3, "thread", "线程"),
    (0xc2, 0x6, 4, "contents of the pool header", "内容"),
    (0xc2, 0x7, 4, "being freed", "释放"),
    (0xc2, 0xa, 3, "tag of the allocation", "标记"),
    (0xc2, 0x50, 4, "size of paged pool", "分页池"),
    (0xe4, 0x2, 3, "worker routine", "例程"),
    (0xf5, 0x67, 4, "error status", "状态"),
    (0xf5, 0x6c, 3, "list", "列表"),
    (0x112, 0xc, 2, "pipe", "管道"),
    (0x124, 0x0, 3, "high 32 bits", "高 32 位"),
    (0x124, 0x9, 4, "SAL log", "SAL"),
    (0x15f, 0x3, 3, "name of the veto", "否决"),
    (0x164, 0xc, 3, "invalid index", "无效"),
];

/// Codes whose pages say that they have no parameters, or say nothing beyond the name.
const NONE: [u32; 22] = [
    0x9,
    0x28,
    0x49,
    0x4c,
    0x65,
    0x69,
    0x82,
    0xa1,
    0xb4,
    0xde,
    0x111,
    0x113,
    0x11a,
    0x11e,
    0x123,
    0x140,
    0x14c,
    0x150,
    0x155,
    0x17b,
    0x1cd,
    0xc000_0221,
];

/// A value that no page lists.
const NOWHERE: u64 = 0x7777_7777;

/// Without blanks: where lines are broken says nothing.
fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What `!analyze -show` says of the four arguments, without blanks.
fn said(session: &mut Session, code: u32, parameters: [u64; 4]) -> Vec<String> {
    let [a, b, c, d] = parameters;
    let lines = run(session, &format!("!analyze -show {code:x} {a:x} {b:x} {c:x} {d:x}")).unwrap().join("\n");
    let (_, arguments) = lines.split_once("Arguments:").unwrap();
    let arguments = arguments.split("\n\n").next().unwrap().split("\nArg").skip(1);
    arguments.map(|text| bare(text.split_once(", ").unwrap().1)).collect()
}

fn in_each_language(mut check: impl FnMut(&mut Session, bool)) {
    let mut session = session(&forge::demo("nosyms"));
    for language in [Language::English, Language::Chinese] {
        session.settings.language = language;
        check(&mut session, language == Language::English);
    }
}

#[test]
fn kinds_of_violations_are_those_of_the_pages() {
    in_each_language(|session, is_english| {
        let unlisted =
            &bare(if is_english { "this value is not documented" } else { "此值未见于文档" });
        for (code, values) in KINDS {
            let nowhere = said(session, code, [NOWHERE, 0, 0, 0]);
            assert!(nowhere[0].contains(unlisted), "{code:#x}: {nowhere:?}");
            let general = nowhere[0].split('(').next().unwrap();
            for value in values {
                let told = said(session, code, [*value, 0, 0, 0]);
                let own = told[0].strip_prefix(general).unwrap_or(&told[0]);
                assert!(own.len() > 6 && !own.contains(unlisted), "{code:#x} {value:#x}: {told:?}");
            }
        }
    });
}

#[test]
fn the_other_parameters_mean_what_the_pages_say() {
    in_each_language(|session, is_english| {
        for (code, kind, number, english, chinese) in OTHERS {
            let told = said(session, code, [kind, 1, 1, 1]);
            let words = bare(if is_english { english } else { chinese });
            assert!(told[number - 1].contains(&words), "{code:#x} {kind:#x} {number}: {told:?}");
        }
    });
}

#[test]
fn nothing_is_made_up_where_the_page_says_nothing() {
    in_each_language(|session, is_english| {
        let nothing = bare(if is_english { "not documented" } else { "含义未见于文档" });
        for code in NONE {
            assert_eq!(said(session, code, [1, 2, 3, 4]), [(); 4].map(|()| nothing.clone()), "{code:#x}");
        }
    });
}

/// A page that has nothing but the name is not passed over in silence.
#[test]
fn a_page_with_nothing_but_the_name_is_told() {
    in_each_language(|session, is_english| {
        let lines = run(session, "!analyze -show 17b").unwrap();
        let words = if is_english { "gives no more than its name" } else { "只列出其名称" };
        assert!(lines[1].contains(words), "{lines:?}");
        let lines = run(session, "!analyze -show 155").unwrap();
        assert!(!lines[1].contains(words), "{lines:?}");
    });
}

/// Texts that were wrong once: what stands there decides, not what a page says of every crash.
#[test]
fn what_stands_there_decides() {
    in_each_language(|session, is_english| {
        let pick = |english: &str, chinese: &str| bare(if is_english { english } else { chinese });
        // Parameters that the page calls 0, and that are not; of the last one dumps tell what it is.
        let used = pick("not zero here", "却不为零");
        let told = said(session, 0x4a, [0xffff_f807_1234_5678, 2, 0, 0]);
        assert!(!told[2].contains(&used) && !told[3].contains(&used), "{told:?}");
        let told = said(session, 0x4a, [0xffff_f807_1234_5678, 2, 7, 7]);
        assert!(told[2].contains(&used) && told[3].contains(&used), "{told:?}");
        let told = said(session, 0x4a, [0x7ffe_7350_d0c4, 2, 0, 0xffff_c000_1234_5b60]);
        assert!(told[0].contains(&pick("returns to", "返回到")), "{told:?}");
        assert!(told[3].contains(&pick("trap frame", "陷阱帧")) && !told[3].contains(&used), "{told:?}");
        // The page of 0x50 lists kinds of access by build and processor; this demo is an x64 build of 19041.
        for (access, words) in [
            (0, pick("kind of access: read", "访问类型：读取")),
            (2, pick("kind of access: write", "访问类型：写入")),
            (0x10, pick("kind of access: execute", "访问类型：执行")),
        ] {
            let told = said(session, 0x50, [0xffff_8000_0000_1000, access, 0, 2]);
            assert_eq!(told[1], words);
            assert!(told[3].contains(&pick("no valid", "没有有效")), "{told:?}");
        }
        // Builds of after 16299 have no session kind; one that is in no list.
        for kind in [3, 0xc] {
            let told = said(session, 0x50, [0xffff_8000_0000_1000, 0, 0, kind]);
            assert!(told[3].contains(&pick("this value is not documented", "此值未见于文档")), "{told:?}");
        }
        // No page has it; its meaning was read from dumps, and says so.
        let told = said(session, 0x1a, [0x402, 1, 1, 1]);
        assert!(told[0].contains(&pick("not documented; read from dumps", "未见于文档")), "{told:?}");
        let told = said(session, 0x1c7, [3, 1, 1, 1]);
        assert!(told[0].contains(&pick("changed during the read", "发生了变化")), "{told:?}");
        assert!(told[1].contains(&pick("page location", "页位置")) && told[3] == pick("reserved", "保留"));
        let told = said(session, 0x1c8, [7000, 1, 0, 0]);
        assert!(
            told[0].contains(&pick("held (ms)", "毫秒"))
                && told[1].contains("_POP_POWER_BUTTON_TRIAGE_BLOCK")
        );
    });
}

/// Status codes are named whether they were written with 32 bits or with their sign extended to 64.
#[test]
fn extended_status_codes_are_named() {
    in_each_language(|session, _| {
        for (code, parameter, value, name) in [
            (0x1e, 1, 0xc000_0005u32, "STATUS_ACCESS_VIOLATION"),
            (0x3b, 1, 0x8000_0003, "STATUS_BREAKPOINT"),
            (0x7e, 1, 0xc000_001d, "STATUS_ILLEGAL_INSTRUCTION"),
            (0x7a, 2, 0xc000_000e, "STATUS_NO_SUCH_DEVICE"),
            (0x6b, 1, 0xc000_026c, "STATUS_DRIVER_UNABLE_TO_LOAD"),
            (0xc000_021a, 2, 0xc000_0005, "STATUS_ACCESS_VIOLATION"),
        ] {
            let extended = i64::from(value.cast_signed()).cast_unsigned();
            for value in [u64::from(value), extended] {
                let mut parameters = [0; 4];
                parameters[parameter - 1] = value;
                let told = said(session, code, parameters);
                assert!(told[parameter - 1].contains(name), "{code:#x} {value:#x}: {told:?}");
            }
        }
    });
}

/// What is said of parameters that no page describes is what a real dump holds: the frame of the system call 0x80 below the
/// fourth parameter of 0x4A, and in it the first one as the address to return to.
#[test]
fn parameters_read_from_dumps_are_what_dumps_hold() {
    let Some(folder) = shared("dumps") else { return };
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|end| end != "dmp") {
            continue;
        }
        let mut session = session(&path);
        let header = session.target.header().unwrap();
        let (code, [to, .., above]) = (header.bug_check_code, header.bug_check_parameters);
        if code != 0x4a {
            continue;
        }
        // KTRAP_FRAME of x64 has Rip at 0x168.
        let lines = run(&mut session, &format!("? poi({above:x} - 80 + 168)")).unwrap();
        assert!(lines[0].ends_with(&hex::tick(to)), "{}: {lines:?}", path.display());
        seen += 1;
    }
    assert!(seen > 0);
}
