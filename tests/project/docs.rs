//! The pages of the documentation say what the tests try, and nothing else.
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn files(folder: PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { files(path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|ending| ending == "rs" || ending == "json")).collect()
}

/// Every attack id in a text: `T-`, three capitals, `-`, a number.
fn ids(text: &str) -> BTreeSet<String> {
    let id = |rest: &str| {
        let (kind, number) = rest.split_at_checked(3).and_then(|(kind, rest)| Some((kind, rest.strip_prefix('-')?)))?;
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        let holds = kind.bytes().all(|byte| byte.is_ascii_uppercase()) && !digits.is_empty();
        holds.then(|| format!("T-{kind}-{digits}"))
    };
    text.split("T-").skip(1).filter_map(id).collect()
}

/// That each of them is tried is what `tests/attacks` sees to.
#[test]
fn the_attack_list_names_what_is_tried() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = ids(&fs::read_to_string(root.join("src/docs/attacks.md")).unwrap());
    let code = ["src", "tests"].into_iter().flat_map(|folder| files(root.join(folder)));
    let tried: BTreeSet<String> = code.flat_map(|path| ids(&fs::read_to_string(path).unwrap())).collect();
    assert!(listed.len() > 20, "the list was not understood: {listed:?}");
    assert!(tried.is_subset(&listed), "not on the list: {:?}", tried.difference(&listed));
}

/// The first number of a text: `10_240` and `10,240` are one.
fn number(text: &str) -> String {
    let rest = text.trim_start_matches(|character: char| !character.is_ascii_digit());
    let number = rest.chars().take_while(|character| character.is_ascii_digit() || matches!(character, '_' | ','));
    number.filter(char::is_ascii_digit).collect()
}

#[test]
fn the_threat_model_names_every_bound() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let code = fs::read_to_string(root.join("limits.rs")).unwrap();
    let page = fs::read_to_string(root.join("docs/threat_model.md")).unwrap();
    let mut count = 0;
    for constant in code.split("\npub const ").skip(1) {
        let (name, rest) = constant.split_once(':').unwrap();
        let value = rest.split_once('=').unwrap().1.split(';').next().unwrap().trim();
        let row = page.lines().find(|line| line.ends_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("{name} is not on the page"));
        let bound = row.split('|').nth(2).unwrap();
        // One is said in terms of another one.
        let is_plain = value.starts_with("Duration") || value.starts_with(|first: char| first.is_ascii_digit());
        assert!(!is_plain || number(bound) == number(value), "{name} is {value}: {bound}");
        count += 1;
    }
    assert_eq!(
        page.lines().filter(|line| line.ends_with("` |") && line.contains("| `")).count(),
        count,
        "one for each"
    );
}
