//! Checks the built-in list of pool tags, `assets/pooltags.tsv`.

/// A tag has four characters and stands once, in order; each line names an owner; what a tag is for is said in both languages.
#[test]
fn each_line_names_a_tag_and_its_owner() {
    let readable = include_str!("../../assets/pooltags.tsv");
    let (mut last, mut worded) = ("", 0);
    for line in readable.lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let (tag, owner) = match parts[..] {
            [tag, owner, ""] => (tag, owner),
            [tag, owner, _purpose, chinese] => {
                let has_chinese = chinese.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
                assert!(has_chinese, "'{line}'");
                worded += 1;
                (tag, owner)
            }
            _ => panic!("'{line}'"),
        };
        assert!(tag.len() == 4 && !owner.is_empty() && tag > last, "'{line}' behind '{last}'");
        last = tag;
    }
    assert!(worded >= 300, "{worded}");
}
