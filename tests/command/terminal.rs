//! What the command does at a terminal and for a shell: colours, the progress of `verify`, completions, pages for `man`.
use std::{
    fs,
    process::{Command, Output, Stdio},
};

use crate::{
    configuration_file::{in_repository, run, text, written},
    support::{examples::command, fresh_folder},
    verify::{POOL, pool},
};

/// Runs the command in a pseudo-terminal, and returns what the terminal received.
fn at_a_terminal(arguments: &[&str], no_color: bool) -> String {
    let program = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)";
    let mut python = Command::new("python3");
    python.args(["-c", program, command().to_str().unwrap()]).args(arguments).stdin(Stdio::null());
    python.env("TERM", "xterm-256color").env_remove("NO_COLOR").env_remove("CI").env_remove("CLICOLOR");
    if no_color {
        python.env("NO_COLOR", "1");
    }
    text(&python.output().unwrap())
}

#[test]
fn colours_are_for_terminals() {
    let file = in_repository("tests/configuration/bad/missing.toml");
    let check = ["check", "--config", &file];
    let escape = "\u{1b}[";
    let shown = at_a_terminal(&check, false);
    assert!(shown.contains(&format!("{escape}1m{escape}31merror{escape}0m: ")), "{shown:?}");
    for plain in [at_a_terminal(&check, true), text(&run(&check, ""))] {
        assert!(plain.contains("error: ") && !plain.contains(escape), "{plain:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_shows_its_progress() {
    let (_pool, keys) = pool().await;
    let tokens = written("progress.txt", &"x\n".repeat(1_000));
    let (tokens, keys) = (tokens.to_str().unwrap(), keys.to_str().unwrap());
    let verify = ["verify", "--user-pool", POOL, "--jwks", keys, "--token-file", tokens];
    let shown = at_a_terminal(&verify, false);
    let last = shown.rsplit("100% ").next().unwrap();
    assert!(last.starts_with("1000 tokens, 1000 denied, ") && last.contains(" tokens/s, 0s left"), "{last:?}");
    // Without a terminal, only the verdicts.
    let output = run(&verify, "");
    assert_eq!((text(&output).lines().count(), output.status.code(), &*output.stderr), (1_000, Some(1), &b""[..]));
    let missing = run(&["verify", "--user-pool", POOL, "--jwks", keys, "--token-file", "none.txt"], "");
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8(missing.stderr).unwrap().contains("cannot read `none.txt`"));
}

#[test]
fn shells_complete_every_command() {
    for (shell, part) in
        [("bash", "local-user-pool"), ("zsh", "#compdef cognito-authorizer"), ("fish", "-l token-file")]
    {
        let output = run(&["completions", shell], "");
        assert!(output.status.success() && text(&output).contains(part), "{shell}: {}", text(&output));
    }
    // A real shell completes the name of a command.
    let script = written("completions.bash", &text(&run(&["completions", "bash"], "")));
    let complete = format!(
        "source '{}'; function=$(complete -p cognito-authorizer | sed 's/.*-F \\([^ ]*\\).*/\\1/'); COMP_CWORD=1; \
         COMP_WORDS=(cognito-authorizer loc); $function cognito-authorizer loc; echo \"${{COMPREPLY[@]}}\"",
        script.display()
    );
    let output = Command::new("bash").args(["-c", &complete]).output().unwrap();
    assert_eq!(text(&output).trim(), "local-user-pool");
}

#[test]
fn there_is_a_page_for_each_command() {
    let page = text(&run(&["man"], ""));
    assert!(page.contains(".TH cognito-authorizer 1"), "{page}");
    let folder = fresh_folder("man");
    assert!(run(&["man", "--directory", folder.to_str().unwrap()], "").status.success());
    let mut pages: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    pages.sort_unstable();
    for name in ["cognito-authorizer.1", "cognito-authorizer-check.1", "cognito-authorizer-local-user-pool.1"] {
        assert!(pages.iter().any(|page| page == name), "{pages:?}");
    }
    let missing = run(&["man", "--directory", "/nowhere"], "");
    assert_eq!(missing.status.code(), Some(2));
}

/// `cognito-authorizer … | head` ends the command without a panic.
#[test]
fn a_closed_output_is_no_panic() {
    let file = in_repository("tests/configuration/good/everything.toml");
    for arguments in [
        &["completions", "bash"][..],
        &["man"],
        &["schema"],
        &["routes", "--config", &file],
        &["check", "--config", &file],
        &["local-user-pool", "--listen", "127.0.0.1:0"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut process = Command::new(command());
        process.args(arguments).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let Output { status, stderr, .. } = process.spawn().unwrap().wait_with_output().unwrap();
        let error = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(2), "{arguments:?}: {error}");
        assert!(!error.contains("panicked"), "{arguments:?}: {error}");
    }
}
