use super::*;

/// What is offered without a target: words alone.
fn offered(text: &str) -> Vec<String> {
    Completion::of(text).answer(&Names::default()).list
}

fn kinds_at(text: &str) -> Vec<Kind> {
    Completion::of(text).kinds
}

#[test]
fn commands_switches_and_fixed_words() {
    assert_eq!(offered("r; .bug"), [".bugcheck"]);
    assert_eq!(offered(".sym"), [".symfix", ".symopt", ".sympath"]);
    assert_eq!(offered("r; k --f"), ["--fold"]);
    assert_eq!(offered(".reload /us"), ["/user"]);
    assert_eq!(offered("!sym no"), ["noisy"]);
    assert_eq!(offered(".help .bugc"), [".bugcheck"]);
    assert_eq!(offered("!BUGC"), Vec::<String>::new());
    assert_eq!(offered(".BUGC"), [".bugcheck"]);
    for text in ["k --x", "nosuch", "nosuch nt!", ".echo nt!Ke", "; "] {
        let all: Vec<&str> = COMMANDS.iter().flat_map(|spec| spec.names).copied().collect();
        assert!(offered(text).is_empty() || (text == "; " && all.len() > 50), "{text}");
    }
}

#[test]
fn arguments_by_their_kind_and_place() {
    let field = |ty: &str| Kind::Field(ty.to_owned());
    for (text, at, kinds) in [
        ("u nt!KeB", 2, vec![Kind::Symbol]),
        ("dt nt!_EPR", 3, vec![Kind::Type, Kind::Symbol]),
        ("dt -r1 nt!_EPR", 7, vec![Kind::Type, Kind::Symbol]),
        ("dt nt!_EPROCESS Pcb.He", 16, vec![field("nt!_EPROCESS"), Kind::Symbol]),
        ("dt nt!_EPROCESS Pcb Ima", 20, vec![field("nt!_EPROCESS"), Kind::Symbol]),
        ("r ra", 2, vec![Kind::Register]),
        ("r rax,rb", 6, vec![Kind::Register]),
        ("r rax=nt!K", 6, vec![Kind::Symbol]),
        ("r@ra", 1, vec![Kind::Register]),
        ("db poi(@rs", 7, vec![Kind::Register]),
        ("db poi(nt!Mm", 7, vec![Kind::Symbol]),
        ("? $th", 2, vec![Kind::Register]),
        ("lmvm n", 5, vec![Kind::Module]),
        ("lm m n", 5, vec![Kind::Module]),
        ("!lmi n", 5, vec![Kind::Module]),
        (".reload /f n", 11, vec![Kind::Module]),
        ("x nt!K", 2, vec![Kind::Symbol]),
        (".sympath srv*/tmp;/us", 18, vec![Kind::Path]),
        (".sympath+ /us", 10, vec![Kind::Path]),
        // Text is anyone's own.
        (".echo a", 6, vec![]),
    ] {
        let completion = Completion::of(text);
        assert_eq!((completion.at, completion.kinds), (at, kinds), "{text}");
    }
}

#[test]
fn only_names_that_have_to_be_searched_take_time() {
    for (text, quick) in
        [("r ra", true), ("lm m n", true), (".bug", true), ("u nt!K", false), ("dt n", false)]
    {
        assert_eq!(Completion::of(text).is_quick(), quick, "{text}");
    }
    assert!(kinds_at("").len() == 1);
}
