//! The page and the tests are about the same attacks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The ids of the list: each begins an item. Those that are tested, and those that do not apply, with what is said.
fn listed() -> [BTreeMap<String, String>; 2] {
    let page = fs::read_to_string(root().join("src/docs/attacks.md")).unwrap();
    let (apply, rest) = page.split_once("\n## 9.").expect("a section for what does not apply");
    let rest = rest.split("\n# ").next().unwrap();
    [apply, rest].map(|text| {
        let mut ids = BTreeMap::new();
        for item in text.split("\n* **").skip(1) {
            let (id, said) = item.split_once("**").unwrap();
            assert_eq!(ids.insert(id.to_owned(), said.to_owned()), None, "{id} stands twice");
        }
        ids
    })
}

/// The id in the name of a test: `t_alg_1_…` is about `T-ALG-1`.
fn id(name: &str) -> Option<String> {
    let mut parts = name.strip_prefix("t_")?.split('_');
    let (kind, number) = (parts.next()?, parts.next()?);
    let holds = kind.len() == 3 && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    holds.then(|| format!("T-{}-{number}", kind.to_uppercase()))
}

#[test]
fn every_id_is_tested_once_or_does_not_apply() {
    let mut tested = BTreeSet::new();
    for entry in fs::read_dir(root().join("tests/attacks")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let name =
                line.strip_prefix("async fn ").or(line.strip_prefix("fn ")).and_then(|rest| rest.split('(').next());
            let Some(id) = name.and_then(id) else { continue };
            let is_test = lines[number - 1].starts_with("#[test]") || lines[number - 1].starts_with("#[tokio::test");
            assert!(is_test, "{line} is no test");
            assert!(tested.insert(id.clone()), "{id} is tested twice");
        }
    }
    let [apply, not] = listed();
    assert!(apply.len() > 50, "the page was not understood: {apply:?}");
    assert_eq!(apply.keys().cloned().collect::<BTreeSet<_>>(), tested);
    assert!(not.keys().all(|id| !apply.contains_key(id)));
    assert!(
        not.values().all(|said| said.split_once('→').is_some_and(|(_, why)| why.len() > 20)),
        "each has its reason"
    );
    // No number is left out.
    let mut highest: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for id in apply.keys().chain(not.keys()) {
        let (kind, number) = id.rsplit_once('-').unwrap();
        let (count, most) = highest.entry(kind).or_default();
        (*count, *most) = (*count + 1, number.parse::<usize>().unwrap().max(*most));
    }
    assert!(highest.values().all(|(count, most)| count == most), "{highest:?}");
}

#[test]
fn ids_are_found_in_names() {
    for (name, expected) in [
        ("t_alg_1_no_signature", Some("T-ALG-1")),
        ("t_pth_10", Some("T-PTH-10")),
        ("t_alg_x", None),
        ("tokens", None),
        ("t_page_1_x", None),
    ] {
        assert_eq!(id(name).as_deref(), expected, "{name}");
    }
}
