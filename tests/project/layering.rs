//! The modules of the crate stand in one order, and each imports only from those above it.
use std::{
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
    all.into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs"))
        .collect()
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
        let is_elsewhere =
            file.ends_with("src/lib.rs") || file.ends_with("tests.rs") || file.starts_with(source().join("bin"));
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
            let shared = ["scope", "time", "user_pool", "clock", "regular_file", "local_user_pool"];
            let is_shared = shared.contains(&import.as_str());
            assert!(is_shared, "{} imports {import}", file.display());
        }
    }
}

#[test]
fn the_cryptographic_library_is_named_in_two_files() {
    let naming: Vec<PathBuf> = files(&source())
        .into_iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "rs") && code(file).contains("aws_lc_rs"))
        .map(|file| file.strip_prefix(source()).unwrap().to_owned())
        .collect();
    let mut naming: Vec<&str> = naming.iter().map(|path| path.to_str().unwrap()).collect();
    naming.sort_unstable();
    assert_eq!(naming, ["jose/signature.rs", "local_user_pool/cryptography.rs"]);
}

#[test]
fn no_file_is_longer_than_350_lines_before_its_tests() {
    for file in files(&source()).into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "rs")) {
        if !file.ends_with("tests.rs") {
            let text = fs::read_to_string(&file).unwrap();
            let lines = text.split("#[cfg(test)]\nmod tests").next().unwrap().lines().count();
            assert!(lines <= 350, "{} has {lines} lines", file.display());
        }
    }
}
