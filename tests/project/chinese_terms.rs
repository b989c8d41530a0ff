//! One word for one thing in what is said in Chinese: texts of bug checks, words of messages, rules and advice.

use std::fs;
use std::path::{Path, PathBuf};

/// What must not be said, in what, what is said instead, and what it may be part of. Terms are those of Microsoft's own Chinese
/// products and documentation.
const TERMS: [(&str, &str, &[&str]); 42] = [
    ("栈", "堆栈", &["堆栈", "协议栈"]),
    ("驱动", "驱动程序", &["驱动程序", "驱动器"]),
    ("页错误", "页面错误", &["分页错误"]),
    ("缺页", "页面错误", &[]),
    ("崩溃转储", "故障转储", &[]),
    ("迷你转储", "小型转储", &[]),
    ("小内存转储", "小型转储", &[]),
    ("核心转储", "内核转储", &[]),
    ("完全转储", "完整转储", &[]),
    ("完全内存转储", "完整转储", &[]),
    ("错误检测", "错误检查", &[]),
    ("停止代码", "错误检查", &[]),
    ("错误码", "错误代码", &[]),
    ("状态码", "状态代码", &[]),
    ("异常码", "异常代码", &[]),
    ("监视程序", "看门狗", &[]),
    ("虚拟机管理程序", "虚拟机监控程序", &[]),
    ("宿主", "主机", &[]),
    ("过滤", "筛选", &[]),
    ("微过滤", "微筛选器", &[]),
    ("小端口", "微型端口", &[]),
    ("派遣", "分派", &[]),
    ("派发", "分派", &[]),
    ("镜像文件", "映像文件", &[]),
    ("页表条目", "页表项", &[]),
    ("池标签", "池标记", &[]),
    ("双重释放", "重复释放", &[]),
    ("旋转锁", "自旋锁", &[]),
    ("电源键", "电源按钮", &[]),
    ("电缆", "线缆", &[]),
    ("微代码", "微码", &[]),
    ("纠正", "更正", &[]),
    ("死机", "挂起", &[]),
    ("卡死", "挂起", &[]),
    ("未决", "待处理", &[]),
    ("坏指针", "无效指针", &[]),
    ("野指针", "无效指针", &[]),
    ("调回", "换入", &[]),
    ("打断", "中断", &[]),
    ("凶手", "肇事模块", &[]),
    ("其它", "其他", &[]),
    ("缺省", "默认", &[]),
];

fn texts() -> Vec<PathBuf> {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let mut files = vec![assets.join("locales/zh-CN.toml")];
    for folder in ["bugchecks", "rules"] {
        files.extend(fs::read_dir(assets.join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    }
    files
}

/// Where `term` stands in a line other than as a part of what it may be part of.
fn stands(line: &str, term: &str, allowed: &[&str]) -> bool {
    line.match_indices(term).any(|(at, _)| {
        !allowed.iter().any(|whole| {
            whole.match_indices(term).any(|(inner, _)| {
                at.checked_sub(inner)
                    .and_then(|start| line.get(start..))
                    .is_some_and(|rest| rest.starts_with(whole))
            })
        })
    })
}

#[test]
fn one_word_is_said_for_one_thing() {
    let mut found = Vec::new();
    for path in texts() {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            for (term, instead, allowed) in TERMS {
                if stands(line, term, allowed) {
                    found.push(format!("{}:{}: {term}, not {instead}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The terms themselves are in use: a list of words that nobody says would hold of anything.
#[test]
fn the_terms_are_in_use() {
    let all: String = texts().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for (_, instead, _) in TERMS {
        assert!(all.contains(instead), "{instead}");
    }
}

#[test]
fn a_wrong_term_is_seen() {
    assert!(stands("线程的栈", "栈", &["堆栈", "协议栈"]));
    assert!(!stands("线程的堆栈和协议栈", "栈", &["堆栈", "协议栈"]));
    assert!(stands("堆栈和栈", "栈", &["堆栈"]));
    assert!(stands("显卡驱动已更新", "驱动", &["驱动程序", "驱动器"]));
}

/// A blank stands between Chinese and Latin words, and sentences have the marks of Chinese.
#[test]
fn chinese_is_set_as_chinese() {
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let mut found = Vec::new();
    for path in texts() {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let letters: Vec<char> = line.chars().collect();
            for pair in letters.windows(2) {
                let (a, b) = (pair[0], pair[1]);
                let is_glued = (is_chinese(a) && b.is_ascii_alphanumeric())
                    || (a.is_ascii_alphanumeric() && is_chinese(b));
                let is_mark = is_chinese(a) && matches!(b, ',' | ';' | '?' | '!');
                if is_glued || is_mark {
                    found.push(format!("{}:{}: {a}{b}: {line}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
