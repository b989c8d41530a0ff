//! Checks the built-in list of pool tags, `assets/pooltags.tsv`.

/// A tag has four characters and stands once, in order; each line names an owner.
#[test]
fn each_line_names_a_tag_and_its_owner() {
    let readable = include_str!("../../assets/pooltags.tsv");
    let mut last = "";
    for line in readable.lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let [tag, owner, _purpose] = parts[..] else { panic!("'{line}'") };
        assert!(tag.len() == 4 && !owner.is_empty() && tag > last, "'{line}' behind '{last}'");
        last = tag;
    }
}
