//! Who uses a tag, and what for: a built-in list, and a `pooltag.txt` of the user's.

use super::tag::PoolTag;
use crate::util::language::Language;
use crate::util::texts::{Texts, texts};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};

/// `TAG<tab>owner<tab>purpose<tab>purpose in Chinese` of some 3,400 tags, the tags with their blanks. Owners: facts of public lists
/// of tags; purposes: our own words for common ones.
static BUILT_IN: Texts = texts!("pooltags");
/// The most of a user's list that is read: Microsoft's has 0.3 MB.
const MAX_FILE: u64 = 16 << 20;

/// Who uses a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagOwner {
    /// The tag, or the pattern that it fits.
    pub tag: String,
    /// The driver, or the kernel's component: `nt!mm`, `ntfs.sys`.
    pub owner: String,
    /// What for; empty where that is not known.
    pub purpose: String,
    /// The same in Chinese; empty where nobody worded it.
    chinese: String,
}

impl TagOwner {
    /// What the tag is for, in a language; in the words that there are, where it has none; empty where that is not known.
    pub fn purpose_in(&self, language: Language) -> &str {
        match language {
            Language::Chinese if !self.chinese.is_empty() => &self.chinese,
            _ => &self.purpose,
        }
    }
}

/// Lists of tags: the user's first.
#[derive(Debug, Default)]
pub struct TagOwners {
    exact: HashMap<[u8; 4], TagOwner>,
    /// Tags with `*` or `?`, in the order of the lists.
    patterns: Vec<TagOwner>,
}

impl TagOwners {
    /// The built-in list.
    pub fn built_in() -> TagOwners {
        let mut owners = TagOwners::default();
        for line in BUILT_IN.get("pooltags.tsv").lines() {
            let mut parts = line.split('\t');
            if let (Some(tag), Some(owner), Some(purpose)) = (parts.next(), parts.next(), parts.next()) {
                owners.add(tag, owner, purpose, parts.next().unwrap_or_default());
            }
        }
        owners
    }

    /// Adds the list in a `pooltag.txt`, whose lines win: `TAG - owner - purpose`; `rem` and `//` begin remarks. Lines of another
    /// form are passed over. Answers how many tags it named.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn add_file(&mut self, file: impl Read) -> std::io::Result<usize> {
        let mut own = TagOwners::default();
        let mut reader = BufReader::new(file.take(MAX_FILE));
        let mut line = Vec::new();
        loop {
            line.clear();
            if reader.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            own.add_line(&String::from_utf8_lossy(&line));
        }
        let count = own.exact.len() + own.patterns.len();
        self.exact.extend(own.exact);
        own.patterns.append(&mut self.patterns);
        self.patterns = own.patterns;
        Ok(count)
    }

    fn add_line(&mut self, line: &str) {
        let line = line.trim_end().trim_start_matches('\u{feff}');
        let is_remark = line.trim_start().starts_with("//")
            || line.trim_start().get(..4).is_some_and(|word| word.eq_ignore_ascii_case("rem "));
        let Some((tag, rest)) = line.trim_start().split_once(" -").filter(|_| !is_remark) else { return };
        // A tag of three letters and a blank stands before two blanks.
        let tag = tag.trim_end();
        if tag.is_empty() || tag.len() > 4 || !rest.starts_with([' ', '\t']) {
            return;
        }
        let (owner, purpose) = rest.split_once(" - ").unwrap_or((rest, ""));
        self.add(tag, owner.trim(), purpose.trim(), "");
    }

    fn add(&mut self, tag: &str, owner: &str, purpose: &str, chinese: &str) {
        let [tag_text, owner, purpose, chinese] = [tag, owner, purpose, chinese].map(str::to_owned);
        let entry = TagOwner { tag: tag_text, owner, purpose, chinese };
        match padded(tag) {
            Some(bytes) if !tag.contains(['*', '?']) => {
                self.exact.insert(bytes, entry);
            }
            _ => self.patterns.push(entry),
        }
    }

    /// Who uses a tag; `None` where no list names it.
    pub fn of(&self, tag: PoolTag) -> Option<&TagOwner> {
        let bytes = tag.unprotected().bytes();
        let blank = bytes.map(|byte| if byte == 0 { b' ' } else { byte });
        let fits = |pattern: &&TagOwner| matches(pattern.tag.as_bytes(), &blank);
        self.exact.get(&blank).or_else(|| self.patterns.iter().find(fits))
    }
}

/// A tag's four bytes: short ones end in blanks.
fn padded(tag: &str) -> Option<[u8; 4]> {
    let mut bytes = [b' '; 4];
    bytes.get_mut(..tag.len())?.copy_from_slice(tag.as_bytes());
    Some(bytes)
}

/// Whether a tag fits a pattern: `?` is any character, `*` any rest.
pub fn matches(pattern: &[u8], tag: &[u8]) -> bool {
    match (pattern.split_first(), tag.split_first()) {
        (Some((b'*', _)), _) | (None, None) => true,
        (Some((wanted, pattern)), Some((is, tag))) => {
            (*wanted == b'?' || wanted == is) && matches(pattern, tag)
        }
        // A short pattern means blanks behind it.
        (None, Some((is, tag))) => *is == b' ' && matches(&[], tag),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_s_list_wins_over_the_built_in_one() {
        let mut owners = TagOwners::built_in();
        let proc = PoolTag::of(*b"Proc");
        assert_eq!(owners.of(proc).map(|owner| owner.owner.as_str()), Some("nt!ps"));
        let list = "rem  a remark - with - dashes\r\n\r\nProc - mydriver.sys - things of mine\r\nMy*  - other.sys  - all of ours\r\n";
        assert_eq!(owners.add_file(list.as_bytes()).ok(), Some(2));
        let owner = owners.of(proc).map(|owner| (owner.owner.as_str(), owner.purpose.as_str()));
        assert_eq!(owner, Some(("mydriver.sys", "things of mine")));
        assert_eq!(owners.of(PoolTag::of(*b"MyXY")).map(|owner| owner.owner.as_str()), Some("other.sys"));
        assert!(owners.of(PoolTag::of(*b"Zz9!")).is_none());
    }

    #[test]
    fn what_a_common_tag_is_for_is_told_in_both_languages() {
        let owners = TagOwners::built_in();
        let of = |language| owners.of(PoolTag::of(*b"Irp ")).map(|owner| owner.purpose_in(language));
        assert_eq!(of(Language::English), Some("I/O request packets"));
        assert_eq!(of(Language::Chinese), Some("I/O 请求包"));
        let mut owners = TagOwners::default();
        assert_eq!(owners.add_file("Irp  - my.sys - mine\n".as_bytes()).ok(), Some(1));
        let own = owners.of(PoolTag::of(*b"Irp ")).map(|owner| owner.purpose_in(Language::Chinese));
        assert_eq!(own, Some("mine"));
    }

    #[test]
    fn short_tags_have_blanks_behind_them_and_protected_ones_a_bit() {
        let mut owners = TagOwners::default();
        assert_eq!(owners.add_file("Vad  - nt!mm - ranges\n".as_bytes()).ok(), Some(1));
        assert!(owners.of(PoolTag::of(*b"Vad ")).is_some());
        assert!(owners.of(PoolTag(u32::from_le_bytes(*b"Vad ") | 0x8000_0000)).is_some());
        assert!(owners.of(PoolTag::of(*b"VadX")).is_none());
    }
}
