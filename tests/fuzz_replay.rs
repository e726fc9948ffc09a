//! Every seed and every regression of the fuzz targets, by a stable compiler and without a fuzzer: `fuzz/README.md`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::{
    collections::BTreeSet,
    fs,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
};

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

/// What a folder holds, in order; nothing, if it is not there.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut entries: Vec<PathBuf> = entries.collect();
    entries.sort();
    entries
}

fn names(folder: &Path) -> BTreeSet<String> {
    entries(folder).iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_seed_and_every_regression_holds() {
    let mut failures = Vec::new();
    for (name, body) in fuzz::TARGETS {
        for file in ["seeds", "regressions"].iter().flat_map(|kind| entries(&folder(kind).join(name))) {
            let data = fs::read(&file).unwrap();
            if panic::catch_unwind(AssertUnwindSafe(|| body(&data))).is_err() {
                failures.push(file);
            }
        }
    }
    assert!(failures.is_empty(), "what broke a promise, with the reason above: {failures:#?}");
}

/// A fuzzer that starts from nothing finds little.
#[test]
fn every_target_has_seeds_and_every_seed_a_target() {
    let targets: BTreeSet<String> = fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(targets.len(), fuzz::TARGETS.len(), "a name stands twice");
    assert_eq!(names(&folder("fuzz_targets")), targets);
    assert_eq!(names(&folder("seeds")), targets);
    for kind in ["regressions", "dictionaries"] {
        assert!(names(&folder(kind)).is_subset(&targets), "{kind} of no target");
    }
    for target in &targets {
        assert!(entries(&folder("seeds").join(target)).len() >= 8, "{target} has few seeds");
        let text = fs::read_to_string(folder("fuzz_targets").join(format!("{target}.rs"))).unwrap();
        assert!(text.contains(&format!("cognito_authorizer_fuzz::{target}(data)")), "{target} runs another body");
        let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} is not built");
    }
}

/// What each promises, how long it has run, and what it found: a row for each regression.
#[test]
fn every_target_and_every_regression_has_its_rows() {
    let text = fs::read_to_string(folder("README.md")).unwrap();
    let rows = |heading: &str| -> Vec<String> {
        let (_, section) = text.split_once(&format!("\n## {heading}\n")).expect("a section");
        let section = section.split("\n## ").next().unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        let mut rows: Vec<String> = rows.map(|row| row.split('`').next().unwrap().to_owned()).collect();
        rows.sort();
        rows
    };
    let mut targets: Vec<String> = fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    targets.sort();
    assert_eq!(rows("Promises"), targets);
    assert_eq!(rows("How long they have run"), targets);
    let of_target = |name: &String| vec![name.clone(); entries(&folder("regressions").join(name)).len()];
    assert_eq!(rows("What they found"), targets.iter().flat_map(of_target).collect::<Vec<_>>());
}
