//! The modules of the crate stand in one order, and each imports only from those above it.
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// In the order in which they stand in `lib.rs`.
fn modules() -> Vec<String> {
    let front_page = fs::read_to_string(source().join("lib.rs")).unwrap();
    let declared = front_page.lines().filter_map(|line| {
        let name = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ")?.strip_suffix(';')?;
        Some(name.to_owned())
    });
    declared.collect()
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The files of a module, without its tests.
fn module_files(module: &str) -> Vec<PathBuf> {
    let file = source().join(format!("{module}.rs"));
    let all = if file.exists() { vec![file] } else { files(&source().join(module)) };
    all.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs") && !is_test(path)).collect()
}

/// Whether a file holds unit tests: `tests.rs`, or in a folder `tests`.
fn is_test(path: &Path) -> bool {
    path.strip_prefix(source()).unwrap_or(path).iter().any(|part| part == "tests.rs" || part == "tests")
}

/// The code of a file: without its tests at the end, and without comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

/// Every module named in `crate::name` or `use crate::{name::…, name::…}`.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in code.split("crate::").skip(1) {
        let group = part.strip_prefix('{').map_or(part, |rest| rest.split("};").next().unwrap());
        let mut depth = 0;
        let mut name = String::new();
        let mut names = Vec::new();
        for character in group.chars().chain([',']) {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => names.push(std::mem::take(&mut name)),
                _ => {}
            }
            if depth == 0 && character != ',' {
                name.push(character);
            }
        }
        names.push(name);
        let is_group = part.starts_with('{');
        for name in names.iter().take(if is_group { usize::MAX } else { 1 }) {
            let end = name.trim().find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.trim().len());
            found.push(name.trim()[..end].to_owned());
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

#[test]
fn a_module_imports_only_from_modules_above_it() {
    let modules = modules();
    assert!(modules.len() > 12, "the list in lib.rs was not understood: {modules:?}");
    for (place, module) in modules.iter().enumerate() {
        for file in module_files(module) {
            for import in imports(&code(&file)) {
                let of = modules.iter().position(|other| *other == import);
                let of = of.unwrap_or_else(|| panic!("{} names crate::{import}, which is no module", file.display()));
                assert!(of <= place, "{} imports {import}, which stands below {module}", file.display());
            }
        }
    }
}

/// In a module of one file `super` is the crate: a way round the rule above.
#[test]
fn a_module_of_one_file_does_not_climb() {
    for module in modules() {
        let file = source().join(format!("{module}.rs"));
        assert!(!file.exists() || !code(&file).contains("super::"), "{} names super", file.display());
    }
    for file in files(&source()) {
        assert!(!code(&file).contains("super::super"), "{} names super::super", file.display());
    }
}

#[test]
fn the_imports_of_a_file_are_found() {
    for (code, expected) in [
        ("use crate::limits::MAX;", &["limits"][..]),
        ("use crate::{a::B, c::{D, e::F}, g};", &["a", "c", "g"]),
        ("use crate::{\n    a::{B, C},\n    d::E,\n};\nfn f() { crate::h::i() }", &["a", "d", "h"]),
        ("pub(in crate::x) fn f() {}", &["x"]),
    ] {
        assert_eq!(imports(code), expected, "{code}");
    }
}

#[test]
fn every_file_belongs_to_a_module_of_the_list() {
    let listed: Vec<PathBuf> = modules().iter().flat_map(|module| module_files(module)).collect();
    for file in files(&source()) {
        let is_code = file.extension().is_some_and(|ending| ending == "rs");
        let is_elsewhere = file.ends_with("src/lib.rs") || is_test(&file) || file.starts_with(source().join("bin"));
        assert!(!is_code || is_elsewhere || listed.contains(&file), "{} is in no module", file.display());
    }
}

/// What a module must not name, whatever its place.
#[test]
fn the_core_stays_pure() {
    let core = [
        "time",
        "limits",
        "scope",
        "user_pool",
        "route",
        "identity_source",
        "audience_pattern",
        "jose",
        "claims",
        "authorizer_type",
        "decide",
        "gateway_response",
        "request_context",
    ];
    let shell = [
        "tokio",
        "tracing",
        "reqwest",
        "SystemTime",
        "Instant",
        "std::env",
        "std::fs",
        "std::io",
        "std::net",
        "std::process",
        "std::thread",
        "fastrand",
    ];
    let rules = core.map(|module| (module, &shell[..])).into_iter().chain([("jose", &["http::", "cognito"][..])]);
    for (module, banned) in rules {
        let refresh = (module == "decide").then(|| source().join("jwks/refresh.rs"));
        for file in module_files(module).into_iter().chain(refresh) {
            let code = code(&file);
            for word in banned {
                assert!(!code.contains(word), "{} names {word}", file.display());
            }
        }
    }
}

/// What differs between the types is a field of one table, and no other file asks which of them it is, by its name neither:
/// that of the command too, which has no other way.
#[test]
fn the_authorizer_types_differ_in_one_table() {
    // One makes them of what a definition says, and asks none. Their names are words of definitions, too.
    let naming = ["authorizer_type/mod.rs", "authorizer_type/tests.rs", "api_definition/scheme.rs"];
    let files = files(&source()).into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "rs"));
    for file in files.filter(|file| !naming.iter().any(|own| file.ends_with(own))) {
        for name in ["AuthorizerType::Jwt", "AuthorizerType::CognitoUserPools", "ClaimFormat::Rest"] {
            let is_claim_text = name.starts_with("Claim") && file.starts_with(source().join("request_context"));
            assert!(is_claim_text || !code(&file).contains(name), "{} names {name}", file.display());
        }
        for name in ["\"JWT\"", "\"COGNITO_USER_POOLS\""] {
            let is_definition = file.starts_with(source().join("api_definition"));
            assert!(is_definition || !code(&file).contains(name), "{} names {name}", file.display());
        }
    }
}

/// An issuer that asked the verifier what a good token is would prove nothing about it.
#[test]
fn the_local_user_pool_shares_nothing_with_the_decision() {
    for file in module_files("local_user_pool") {
        for import in imports(&code(&file)) {
            let shared = ["error_text", "scope", "time", "user_pool", "clock", "regular_file", "local_user_pool"];
            let is_shared = shared.contains(&import.as_str());
            assert!(is_shared, "{} imports {import}", file.display());
        }
    }
}

#[test]
fn the_cryptographic_library_is_named_for_tokens_and_for_tls() {
    let naming: Vec<PathBuf> = files(&source())
        .into_iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "rs") && code(file).contains("aws_lc_rs"))
        .map(|file| file.strip_prefix(source()).unwrap().to_owned())
        .collect();
    let mut naming: Vec<&str> = naming.iter().map(|path| path.to_str().unwrap()).collect();
    naming.sort_unstable();
    assert_eq!(naming, ["jose/signature.rs", "local_user_pool/cryptography.rs", "serve/tls.rs"]);
}

/// Functions have at most 50 lines, by clippy (`too_many_lines`).
#[test]
fn no_file_of_tests_is_longer_than_500_lines() {
    let unit_tests = files(&source()).into_iter().filter(|file| is_test(file));
    for file in unit_tests.chain(files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"))) {
        if file.extension().is_some_and(|ending| ending == "rs") {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines <= 500, "{} has {lines} lines", file.display());
        }
    }
}

#[test]
fn no_file_is_longer_than_350_lines_before_its_tests() {
    for file in files(&source()).into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "rs")) {
        if !is_test(&file) {
            let text = fs::read_to_string(&file).unwrap();
            let lines = text.split("#[cfg(test)]\nmod tests").next().unwrap().lines().count();
            assert!(lines <= 350, "{} has {lines} lines", file.display());
        }
    }
}

/// The module that a file is, such as `jwks::store`; `mod.rs` is the folder's.
fn module_path(file: &Path) -> Vec<String> {
    let path = file.strip_prefix(source()).unwrap().with_extension("");
    let mut names: Vec<String> = path.components().map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect();
    if names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    names
}

/// Every path that code names, relative to itself: `super::a::B` and `self::a::B` of a module, groups included.
fn local_paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["super::", "self::"] {
        for (at, _) in code.match_indices(start) {
            // Part of a longer path, such as `super::super::`, or of `crate::x::self`.
            if code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':') {
                continue;
            }
            let mut ends = vec![start.trim_end_matches(':').to_owned()];
            expand(&code[at + start.len()..], &mut ends, &mut found);
        }
    }
    found
}

/// The paths of what follows a prefix: one path, or those of a group in braces.
fn expand(rest: &str, prefix: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    if let Some(group) = rest.strip_prefix('{') {
        let mut at = 1;
        while at < rest.len() && !rest[at..].starts_with('}') {
            match rest[at..].chars().next() {
                Some(next) if next.is_alphabetic() || next == '_' => at += expand(&rest[at..], prefix, found),
                Some(next) => at += next.len_utf8(),
                None => break,
            }
        }
        debug_assert!(!group.is_empty());
        return at + 1;
    }
    let end = rest.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len());
    prefix.push(rest[..end].to_owned());
    let used = match rest[end..].strip_prefix("::") {
        Some(more) => end + 2 + expand(more, prefix, found),
        None => {
            found.push(prefix.clone());
            end
        }
    };
    prefix.pop();
    used
}

/// The file that each item comes from which a folder's `mod.rs` re-exports.
fn exports(known: &BTreeMap<Vec<String>, PathBuf>) -> BTreeMap<Vec<String>, Vec<String>> {
    let mut exports = BTreeMap::new();
    for (module, file) in known.iter().filter(|(_, file)| file.ends_with("mod.rs")) {
        for path in local_paths(&code(file)).into_iter().filter(|path| path[0] == "self") {
            let [_, name, .., item] = &path[..] else { continue };
            let of = |last: &String| module.iter().chain([last]).cloned().collect::<Vec<_>>();
            exports.insert(of(item), of(name));
        }
    }
    exports
}

/// The files that each file names, by `super` and `self`, or by an item of theirs that their `mod.rs` re-exports.
fn file_graph() -> BTreeMap<String, BTreeSet<String>> {
    let mut graph = BTreeMap::new();
    let all: Vec<PathBuf> = modules().iter().flat_map(|module| module_files(module)).collect();
    let known: BTreeMap<Vec<String>, PathBuf> = all.iter().map(|file| (module_path(file), file.clone())).collect();
    let exports = exports(&known);
    for (module, file) in &known {
        let is_front = file.ends_with("mod.rs");
        let mut named = BTreeSet::new();
        for path in local_paths(&code(file)) {
            let mut target = module.clone();
            if path[0] == "super" {
                target.pop();
            }
            // A folder's `mod.rs` re-exports and declares its files: it stands above them.
            let Some(name) = path.get(1) else { continue };
            target.push(name.clone());
            let target = exports.get(&target).cloned().unwrap_or(target);
            if known.contains_key(&target) && !is_front && target != *module {
                named.insert(target.join("::"));
            }
        }
        graph.insert(module.join("::"), named);
    }
    graph
}

/// Each file is understood from those that it names, so no two files name each other, on whatever way.
#[test]
fn no_files_name_each_other_in_a_circle() {
    let mut graph = file_graph();
    assert!(graph.values().map(BTreeSet::len).sum::<usize>() > 200, "the imports were not understood");
    // Files that name none of those that are left are taken away, until only circles are left.
    loop {
        let left: BTreeSet<String> = graph.keys().cloned().collect();
        let before = graph.len();
        graph.retain(|_, named| named.iter().any(|name| left.contains(name)));
        if graph.len() == before {
            break;
        }
    }
    let left: BTreeSet<String> = graph.keys().cloned().collect();
    let named_by_none = |name: &String| !graph.values().any(|named| named.contains(name));
    let circles: Vec<String> = graph
        .iter()
        .filter(|(name, _)| !named_by_none(name))
        .map(|(name, named)| format!("{name} → {}", named.intersection(&left).cloned().collect::<Vec<_>>().join(", ")))
        .collect();
    assert!(circles.is_empty(), "files that name each other:\n{}", circles.join("\n"));
}

#[test]
fn the_local_paths_of_a_file_are_found() {
    let paths = |code: &str| local_paths(code).into_iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(paths("use super::{a::{B, C}, d::E, F};"), ["super::a::B", "super::a::C", "super::d::E", "super::F"]);
    assert_eq!(paths("use self::a::B; fn f() { super::g::h() }"), ["super::g::h", "self::a::B"]);
    assert_eq!(paths("use crate::x::{self, Y};"), [""; 0]);
}
