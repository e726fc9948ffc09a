//! The rows of every id that is about a token alone, all together, by the command `cognito-authorizer verify`.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use cognito_authorizer::RejectionKind as No;
use serde_json::Value;

use crate::{
    algorithms, claims, forged_padding, parsing,
    rows::Row,
    support::{examples::command, tokens::*},
};

#[test]
fn the_command_says_the_same() {
    let keys = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("attacks-{}.json", std::process::id()));
    fs::write(&keys, jwk_set([&*ID_KEY, &*ACCESS_KEY])).unwrap();
    let is_a_line = |row: &Row| !row.0.trim_end().is_empty() && row.0 == row.0.trim_end() && !row.0.contains('\n');
    let rows = [algorithms::rows(), forged_padding::rows(), parsing::rows(), claims::rows()].into_iter().flatten();
    let rows: Vec<Row> = rows.filter(is_a_line).collect();
    assert!(rows.len() > 200, "{} rows", rows.len());
    let tokens: String = rows.iter().map(|row| format!("{}\n", row.0)).collect();
    let mut process = Command::new(command())
        .args(["verify", "--user-pool", POOL_ID, "--scope", "pets/read", "--token-use", "access"])
        .args(["--now", &NOW.to_string(), "--jwks", keys.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = process.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(tokens.as_bytes()));
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1), "some were denied");
    let verdicts = String::from_utf8(output.stdout).unwrap();
    assert_eq!(verdicts.lines().count(), rows.len());
    for (Row(_, expected, why), verdict) in rows.iter().zip(verdicts.lines()) {
        let verdict: Value = serde_json::from_str(verdict).unwrap();
        let decision = if expected.is_some() { "deny" } else { "allow" };
        assert_eq!(verdict["reason"].as_str(), expected.map(No::as_str), "{why}");
        assert_eq!(verdict["decision"], decision, "{why}");
    }
}
