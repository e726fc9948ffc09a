//! The commands that the README and the guides print, run as printed.
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use cognito_authorizer::local_user_pool::{LocalUserPool, LocalUserPoolConfig, TestToken};

use crate::support::examples::command;

const POOL: &str = "eu-west-1_Ab129faBb";
const CLIENT: &str = "1example23456789";
const NAME: &str = "cognito-authorizer ";

/// Lines of shell blocks that other tests or a new user's machine run: the examples, cargo, and the AWS CLI.
const ELSEWHERE: [&str; 10] = [
    "cargo run --example bookstore",
    "cargo test",
    "cargo add cognito-authorizer",
    "cargo add axum",
    "cargo add tokio --features macros,net,rt-multi-thread",
    "cargo install --path . --features cli",
    "aws apigateway get-export ",
    "aws apigatewayv2 export-api ",
    "curl ",
    "AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local aws cognito-idp ",
];

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guides = fs::read_dir(root.join("src/docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = guides.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    pages.sort();
    pages.insert(0, root.join("README.md"));
    pages
}

/// The blocks of this language in a page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// The commands in the shell blocks of all pages: one per line, with continued lines joined and without comments.
fn commands() -> Vec<(PathBuf, String)> {
    let of = |page: PathBuf| {
        let text = fs::read_to_string(&page).unwrap();
        let lines = blocks(&text, "sh").join("").replace("\\\n", " ");
        let kept: Vec<_> =
            lines.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        kept.into_iter().map(|line| (page.clone(), line.to_owned())).collect::<Vec<_>>()
    };
    pages().into_iter().flat_map(of).collect()
}

/// A folder with the files that the commands name, the configuration being that of the page.
fn folder(pool: &LocalUserPool, keys: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&folder).unwrap();
    let page = include_str!("../../src/docs/configuration.md");
    let id = format!("id = \"{POOL}\"\n");
    let configuration = blocks(page, "toml").remove(0);
    assert!(configuration.contains(&id) && configuration.contains(CLIENT), "{configuration}");
    let configuration = configuration.replace(&id, &format!("{id}issuer = \"{}\"\n", pool.issuer()));
    let token = TestToken::access(CLIENT, ["pets/read"]);
    let as_cognito = token.clone().claim("iss", format!("https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"));
    for (name, text) in [
        ("authorizer.toml", configuration.as_str()),
        ("token.txt", &pool.issue(&token).unwrap()),
        ("tokens.txt", &pool.issue(&as_cognito).unwrap()),
        ("keys.json", keys),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    folder
}

/// Runs a line in a shell that finds the command.
fn shell(line: &str, folder: &Path) -> Command {
    let binary = PathBuf::from(command());
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder).env("PATH", path);
    shell
}

fn output(line: &str, folder: &Path) -> Output {
    shell(line, folder).stdin(Stdio::null()).output().unwrap()
}

/// Starts a line that serves a user pool, on a free port, and returns its address.
fn started(line: &str, folder: &Path) -> (Child, String) {
    let line = format!("exec {line} --listen 127.0.0.1:0");
    let mut process = shell(&line, folder).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
    let first: Vec<_> = lines.take(2).collect();
    let endpoint = first.last().unwrap().split_whitespace().nth(1).unwrap_or_else(|| panic!("{line}: {first:?}"));
    (process, endpoint.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_printed_command_runs() {
    let pool = LocalUserPool::start(LocalUserPoolConfig::new(POOL), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let keys = reqwest::get(format!("{}/.well-known/jwks.json", pool.issuer())).await.unwrap().text().await.unwrap();
    let folder = folder(&pool, &keys);
    let (mut server, endpoint) = started("cognito-authorizer local-user-pool", &folder);
    let mut run = 0;
    for (page, line) in commands() {
        if line.starts_with("echo ") {
            assert!(output(&line, &folder).status.success(), "{}: {line}", page.display());
            continue;
        }
        let Some(ours) = line.find(NAME) else {
            assert!(ELSEWHERE.iter().any(|known| line.starts_with(known)), "{}: {line}", page.display());
            continue;
        };
        run += 1;
        let subcommand = line.get(ours + NAME.len()..).unwrap().split(' ').next().unwrap().to_owned();
        let line = match &*subcommand {
            "local-user-pool" => {
                let (mut process, _) = started(line.trim_end_matches(" &"), &folder);
                process.kill().unwrap();
                process.wait().unwrap();
                continue;
            }
            // The port and the keys are this test's.
            "token" => line.replace("token ", &format!("token --endpoint {endpoint} ")),
            "verify" => line.replace("verify ", "verify --jwks keys.json "),
            _ => line,
        };
        let output = output(&line, &folder);
        let printed = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{}: {line}: {printed}{error}", page.display());
        match &*subcommand {
            "verify" => assert!(printed.starts_with("{\"decision\":\"allow\""), "{line}: {printed}"),
            "explain" => assert!(printed.contains("yes  scopes"), "{line}: {printed}"),
            _ => {}
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(run >= 8, "{run}");
}
