//! The pages of the documentation say what the tests try, and nothing else.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

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

#[test]
fn the_attack_list_names_what_is_tried() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = ids(&fs::read_to_string(root.join("src/docs/attacks.md")).unwrap());
    let code = ["src", "tests"].into_iter().flat_map(|folder| files(root.join(folder)));
    let tried: BTreeSet<String> = code.flat_map(|path| ids(&fs::read_to_string(path).unwrap())).collect();
    assert!(listed.len() > 20, "the list was not understood: {listed:?}");
    assert_eq!(listed, tried);
}
