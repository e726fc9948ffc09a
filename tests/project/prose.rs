//! The idiom that the first stage was written in stays out of comments and guides.
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Words that hide the subject, and second words for one idea.
const BANNED: [&str; 16] = [
    "whoever",
    "nobody",
    "somebody",
    "everybody",
    "anybody",
    "service behind",
    "has to be",
    "have to be",
    "at hand",
    "of no account",
    "remembered",
    "the same of",
    "refused",
    "refusal",
    "is no token",
    "obtained",
];

/// More words that errors, notes and lints do without.
const BANNED_IN_TEXTS: [&str; 4] = [" is no ", "say one thing", "comes to", "leads nowhere"];

/// The literal that a banned word is part of: the name of a metric, on which dashboards depend.
const ALLOWED_TEXT: &str = "cognito_authorizer_jwk_set_obtained_timestamp_seconds";

/// The pages of text.
const PAGES: [&str; 22] = [
    ".github/SECURITY.md",
    "README.md",
    "benches/README.md",
    "fuzz/README.md",
    "src/docs/attacks.md",
    "src/docs/axum.md",
    "src/docs/behaviour.md",
    "src/docs/browsers.md",
    "src/docs/command.md",
    "src/docs/serve.md",
    "src/docs/configuration.md",
    "src/docs/definitions.md",
    "src/docs/hyper_and_grpc.md",
    "src/docs/lambda.md",
    "src/docs/local_pool.md",
    "src/docs/metrics.md",
    "src/docs/migrating.md",
    "src/docs/operations.md",
    "src/docs/rejected.md",
    "src/docs/second_opinions.md",
    "src/docs/testing.md",
    "src/docs/threat_model.md",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The comments of a file before its tests, without code blocks and without what stands in backticks.
fn comments(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).unwrap();
    let is_rust = path.extension().is_some_and(|ending| ending == "rs");
    let mut is_code = false;
    let mut found = Vec::new();
    for (number, line) in before_tests(&text).lines().enumerate() {
        let line = line.trim_start();
        let prose =
            if is_rust { line.strip_prefix("//").map(|rest| rest.trim_start_matches(['/', '!'])) } else { Some(line) };
        let Some(prose) = prose else { continue };
        if prose.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            found.push((number + 1, prose.split('`').step_by(2).collect::<Vec<_>>().join(" ")));
        }
    }
    found
}

/// The text before the tests of a file.
fn before_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap()
}

/// The string literals of Rust source, each with the line where it begins. A line break in a literal becomes a space.
fn literals(source: &str) -> Vec<(usize, String)> {
    // Comments and character literals are matched too, so that a quote in one of them does not begin a string.
    let pattern = r#"(?s)//[^\n]*|'(?:\\.[^']*|[^'\\])'|r"([^"]*)"|r#\x22(.*?)\x22#|"((?:\\.|[^"\\])*)""#;
    let tokens = regex_lite::Regex::new(pattern).unwrap();
    let mut found = Vec::new();
    for token in tokens.captures_iter(source) {
        if let Some(literal) = token.get(1).or(token.get(2)).or(token.get(3)) {
            let line = source[..literal.start()].matches('\n').count() + 1;
            found.push((line, literal.as_str().replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ")));
        }
    }
    found
}

/// The Rust source of the library, without test modules in files of their own.
fn library() -> impl Iterator<Item = PathBuf> {
    files(&root().join("src")).into_iter().filter(|path| {
        let is_rust = path.extension().is_some_and(|ending| ending == "rs");
        let is_elsewhere = path.starts_with(root().join("src/bin"));
        is_rust && !is_elsewhere && !path.iter().any(|part| part == "tests" || part == "tests.rs")
    })
}

#[test]
fn comments_and_guides_are_in_plain_words() {
    let mut found = Vec::new();
    for path in library().chain(PAGES.iter().map(|page| root().join(page))) {
        for (line, prose) in comments(&path) {
            let prose = prose.to_lowercase();
            let banned = BANNED.iter().filter(|word| prose.contains(*word));
            found.extend(banned.map(|word| format!("{}:{line}: {word}", path.display())));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn texts_of_the_library_are_in_plain_words() {
    let mut found = Vec::new();
    for path in library() {
        let source = fs::read_to_string(&path).unwrap();
        for (line, text) in literals(before_tests(&source)) {
            let text = text.to_lowercase();
            let banned = BANNED.iter().chain(&BANNED_IN_TEXTS).filter(|word| text.contains(*word));
            let banned = banned.filter(|_| text != ALLOWED_TEXT);
            found.extend(banned.map(|word| format!("{}:{line}: {word}", path.display())));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
