//! The words that are put between documented texts, in every language.

use crate::session::Settings;
use crate::util::language::Language;
use crate::util::width;

/// Columns of a line of prose, as in the classic output.
const COLUMNS: usize = 79;

/// Prose as lines, the first of which begins behind `used` columns, the others behind `indent`.
pub fn lines<'t>(text: &'t str, used: usize, indent: usize, settings: &Settings) -> Vec<&'t str> {
    match settings.whole_paragraphs {
        true => vec![text],
        false => width::wrap(text, COLUMNS.saturating_sub(used), COLUMNS.saturating_sub(indent)),
    }
}

/// A meaning and what stands for it here: `kind of access: write`.
pub fn with_values(meaning: String, values: &[&str], language: Language) -> String {
    let values = values.join(language.pick("; ", "；"));
    match (meaning.is_empty(), values.is_empty()) {
        (true, _) => values,
        (false, true) => meaning,
        (false, false) => format!("{meaning}{}{values}", language.pick(": ", "：")),
    }
}

/// The documentation lists what may stand there, and this is not in the list.
pub fn unlisted(language: Language) -> &'static str {
    language.pick(" (this value is not documented)", " (此值未见于文档)")
}

/// Documented as unused, but used.
pub fn used_after_all(language: Language) -> &'static str {
    language.pick(" (yet not zero here: what it means is not documented)", " (此处却不为零，含义未见于文档)")
}

/// Said of dumps that are no crashes.
pub fn live_report(language: Language) -> &'static str {
    language.pick(
        "This is a live report: Windows saved a dump and went on running.",
        "这是实时转储：Windows 保存转储后继续运行。",
    )
}

/// Said where there is no page on a bug check.
pub fn undocumented(language: Language) -> &'static str {
    language
        .pick("The public documentation does not describe this bug check.", "公开文档没有介绍此错误检查。")
}

/// Said of codes that software other than Windows made up.
pub fn made_up(number: u32, language: Language) -> String {
    match language {
        Language::English => format!(
            "A code that software other than Windows made up (number {number:x} with the customer bit set): only the \
             driver that called KeBugCheckEx knows its meaning."
        ),
        Language::Chinese => format!(
            "并非 Windows 定义的代码 (编号 {number:x}，已置客户位)：只有调用 KeBugCheckEx 的驱动程序知道其含义。"
        ),
    }
}

/// The label before what to look at first.
pub fn first_look(language: Language) -> &'static str {
    language.pick("First look: ", "首先查看：")
}

/// Commands that advice names and that there are not.
pub fn not_built(commands: &str, language: Language) -> String {
    match language {
        Language::English => format!("(not in dumpscope yet: {commands})"),
        Language::Chinese => format!("(dumpscope 尚无：{commands})"),
    }
}
