//! The command `cognito-authorizer`, as a script runs it.
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use cognito_authorizer::local_user_pool::{LocalUserPool, LocalUserPoolConfig, TestToken};
use serde_json::{Value, json};

use crate::support::{cognito::claims, examples::command};

pub(crate) const POOL: &str = "eu-west-1_Command";

pub(crate) async fn pool() -> (LocalUserPool, PathBuf) {
    let config = LocalUserPoolConfig::new(POOL).aws_issuer();
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = format!("{}/{POOL}/.well-known/jwks.json", pool.endpoint_url());
    let keys = reqwest::get(url).await.unwrap().text().await.unwrap();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("command-{}.json", pool.address().port()));
    fs::write(&file, keys).unwrap();
    (pool, file)
}

fn verify(arguments: &[&str], tokens: &str) -> Output {
    let mut process = spawn(Command::new(command()).arg("verify").args(arguments));
    let mut stdin = process.stdin.take().unwrap();
    let tokens = tokens.to_owned();
    let writer = std::thread::spawn(move || drop(stdin.write_all(tokens.as_bytes())));
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn verdicts(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_token_has_its_verdict_in_order() {
    let (pool, keys) = pool().await;
    let keys = keys.to_str().unwrap();
    let issue = |token: TestToken| pool.issue(&token).unwrap();
    let access = || TestToken::access("petstore", ["pets/read"]);
    let (good, id) = (issue(access()), issue(TestToken::id("petstore", "jane")));
    let tokens = [
        good.clone(),
        issue(access().expires_in(-1)),
        String::new(),
        "x".repeat(100_000),
        id.clone(),
        issue(access().with_wrong_signature()),
        format!("Bearer {good}\r"),
        good.clone(),
    ];
    let output = verify(&["--user-pool", POOL, "--jwks", keys], &tokens.join("\n"));
    assert_eq!(output.status.code(), Some(1), "some were denied");
    let verdicts_of_all = verdicts(&output);
    let exp = claims(&json!(good))["exp"].clone();
    let allowed = json!({"decision": "allow", "reason": null, "status": 200, "sub": "petstore", "exp": exp});
    let denied = |reason: &str| json!({"decision": "deny", "reason": reason, "status": 401, "sub": null, "exp": null});
    assert_eq!(verdicts_of_all.len(), tokens.len());
    for (place, expected) in [
        (0, allowed.clone()),
        (1, denied("expired")),
        (2, denied("missing_token")),
        (3, denied("token_too_long")),
        (5, denied("invalid_signature")),
        (6, allowed.clone()),
        (7, allowed),
    ] {
        assert_eq!(verdicts_of_all[place], expected, "{place}");
    }
    assert_eq!(verdicts_of_all[4]["sub"], claims(&json!(id))["sub"]);
    let first = String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned();
    assert!(first.starts_with(r#"{"decision":"allow","reason":null,"status":200,"sub":"petstore","exp":"#), "{first}");

    let both = format!("{good}\n{id}\n");
    let exp = exp.as_u64().unwrap();
    for (arguments, expected, status) in [
        (&["--token-use", "access"][..], ["allow", "deny"], 1),
        (&["--token-use", "id"], ["deny", "allow"], 1),
        (&["--token-use", "either"], ["allow", "allow"], 0),
        (&["--app-client", "petstore"], ["allow", "allow"], 0),
        (&["--app-client", "other"], ["deny", "deny"], 1),
        (&["--scope", "pets/read", "--scope", "pets/write"], ["allow", "deny"], 1),
        (&["--scope", "pets/write"], ["deny", "deny"], 1),
        (&["--now", &exp.to_string()], ["deny", "deny"], 1),
        (&["--now", &(exp - 1).to_string()], ["allow", "allow"], 0),
    ] {
        let output = verify(&[&["--user-pool", POOL, "--jwks", keys], arguments].concat(), &both);
        let decisions: Vec<Value> = verdicts(&output).iter().map(|verdict| verdict["decision"].clone()).collect();
        assert_eq!(decisions, expected, "{arguments:?}");
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
    }
    assert_eq!(verify(&["--user-pool", POOL, "--jwks", keys], "").status.code(), Some(0), "nobody was denied");
}

/// Two: whoever scripts it has to tell a denial from a question that could not be asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_ends_with_two() {
    let (_pool, keys) = pool().await;
    let keys = keys.to_str().unwrap();
    for (arguments, part) in [
        (&["--jwks", keys][..], "--user-pool"),
        (&["--user-pool", POOL, "--issuer", "http://localhost/x"], "cannot be used with"),
        (&["--user-pool", "nonsense", "--jwks", keys], "`nonsense`"),
        (&["--user-pool", POOL, "--jwks", "/nowhere/keys.json"], "/nowhere/keys.json"),
        (&["--user-pool", POOL, "--jwks", keys, "--scope", "a b"], "a b"),
        (&["--user-pool", POOL, "--jwks", keys, "--app-client", "a b"], "a b"),
        (&["--user-pool", POOL, "--token-use", "refresh"], "refresh"),
        (&["--issuer", "http://127.0.0.1:9/eu-west-1_Command"], "eu-west-1_Command"),
        (&["--user-pool", "local_2D4gvA2k", "--jwks", keys], "--issuer"),
    ] {
        let output = verify(arguments, "x\n");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(part) && output.stdout.is_empty(), "{arguments:?}: {error}");
    }
}

/// As a program that sends one token and reads its verdict before it sends the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verdict_comes_before_the_next_token_is_asked_about() {
    let (pool, keys) = pool().await;
    let mut process =
        spawn(Command::new(command()).args(["verify", "--user-pool", POOL, "--jwks", keys.to_str().unwrap()]));
    let (mut stdin, stdout) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
    let mut verdicts = BufReader::new(stdout).lines();
    let token = pool.issue(&TestToken::access("petstore", ["pets/read"])).unwrap();
    for token in [&*token, "nonsense", &token] {
        writeln!(stdin, "{token}").unwrap();
        let verdict: Value = serde_json::from_str(&verdicts.next().unwrap().unwrap()).unwrap();
        assert_eq!(verdict["decision"] == "deny", token == "nonsense");
    }
    drop(stdin);
    assert_eq!(process.wait().unwrap().code(), Some(1));
}

/// Behaviour §10.96: keys come through the proxy that is named, by TLS to the key server.
#[test]
fn keys_are_fetched_through_a_proxy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").unwrap();
        line
    });
    let issuer = format!("https://cognito-idp.eu-west-1.amazonaws.com/{POOL}");
    let user_pool = ["--issuer", &issuer];
    let output = verify(&[&user_pool[..], &["--proxy", &proxy]].concat(), "");
    assert_eq!(asked.join().unwrap(), "CONNECT cognito-idp.eu-west-1.amazonaws.com:443 HTTP/1.1\r\n");
    assert!(!output.status.success(), "no keys came");
    let error = String::from_utf8(verify(&[&user_pool[..], &["--proxy", "ftp://me:hush@proxy"]].concat(), "").stderr);
    let error = error.unwrap();
    assert!(error.contains("proxy") && !error.contains("hush"), "{error}");
}

/// A hundred thousand tokens need no more memory than a thousand.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tokens_stream() {
    let (pool, keys) = pool().await;
    let tokens: Vec<String> = (0..20)
        .map(|_| pool.issue(&TestToken::access("petstore", ["pets/read"])).unwrap())
        .chain(["nonsense".to_owned()])
        .collect();
    let mut process =
        spawn(Command::new(command()).args(["verify", "--user-pool", POOL, "--jwks", keys.to_str().unwrap()]));
    let (mut stdin, stdout) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
    let mut verdicts = BufReader::new(stdout).lines();
    let mut asked = 0;
    let mut peak = |count: usize| {
        while asked < count {
            // As many at a time as are sure to fit between the two.
            let batch: Vec<&str> = (asked..asked + 25).map(|number| &*tokens[number % tokens.len()]).collect();
            writeln!(stdin, "{}", batch.join("\n")).unwrap();
            for token in batch {
                let verdict: Value = serde_json::from_str(&verdicts.next().unwrap().unwrap()).unwrap();
                assert_eq!(verdict["decision"] == "deny", token == "nonsense");
            }
            asked += 25;
        }
        let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let (few, many) = (peak(1_000), peak(100_000));
    assert!(many < few + 4_096, "{few} KiB, then {many} KiB");
    drop(stdin);
    assert_eq!(process.wait().unwrap().code(), Some(1));
}

/// Starts `local-user-pool` on a free port, and returns what it prints before the requests.
fn local_user_pool(arguments: &[&str]) -> (Child, Vec<String>) {
    let listen = ["local-user-pool", "--listen", "127.0.0.1:0"];
    let mut process = spawn(Command::new(command()).args(listen).args(arguments));
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let printed = lines.take_while(|line| !line.starts_with("Requests are logged")).collect();
    (process, printed)
}

#[test]
fn a_user_pool_is_served_from_a_file() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command-pool.json");
    fs::write(&file, r#"{"UserPoolId": "us-east-1_FromFile"}"#).unwrap();
    let (mut process, printed) = local_user_pool(&["--config", file.to_str().unwrap()]);
    assert!(printed[0].contains("not for production"));
    let endpoint = printed[1].split_whitespace().nth(1).unwrap();
    let keys = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let url = format!("{endpoint}/us-east-1_FromFile/.well-known/jwks.json");
        reqwest::get(url).await.unwrap().text().await.unwrap()
    });
    assert!(keys.contains("\"keys\""));
    process.kill().unwrap();
    process.wait().unwrap();
    let refused = Command::new(command())
        .args(["local-user-pool", "--config", file.to_str().unwrap(), "--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("can be reached from other machines"));
}

/// With AWS's issuer, a service needs the address of the keys too.
#[test]
fn the_address_of_the_keys_is_printed_where_the_issuer_is_aws() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command-aws-issuer.json");
    fs::write(&file, r#"{"UserPoolId": "us-east-1_AwsIssuer", "AwsIssuer": true}"#).unwrap();
    let (mut process, printed) = local_user_pool(&["--config", file.to_str().unwrap()]);
    let keys = printed.iter().find_map(|line| line.strip_prefix("keys ")).unwrap().trim();
    assert!(keys.starts_with("http://127.0.0.1:") && keys.contains("us-east-1_AwsIssuer"), "{keys}");
    let issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AwsIssuer";
    let code = format!(".with_issuer(\"{issuer}\").with_jwks_uri(\"{keys}\");");
    assert!(printed.iter().any(|line| line.ends_with(&code)), "{printed:?}");
    assert!(printed.contains(&format!("  jwks_uri = \"{keys}\"")), "{printed:?}");
    process.kill().unwrap();
    process.wait().unwrap();
}

/// The lines that the command prints for a start, used as printed.
#[test]
fn a_user_pool_without_a_file_is_ready_to_use() {
    let (mut process, printed) = local_user_pool(&[]);
    let of = |start: &str| {
        let line =
            printed.iter().find(|line| line.trim_start().starts_with(start)).unwrap_or_else(|| panic!("{start}"));
        line.trim().to_owned()
    };
    let issuer = of("issuer ").split_whitespace().nth(1).unwrap().to_owned();
    let id = of("id = ").split('"').nth(1).unwrap().to_owned();
    assert!(
        of("let pool =")
            .contains(&format!("\"{id}\".parse::<cognito_authorizer::UserPool>()?.with_issuer(\"{issuer}\")"))
    );
    // `TOKEN=$(cognito-authorizer token …)` and `cognito-authorizer token … --id`
    for (line, token_use) in [(of("TOKEN="), "access"), (of("cognito-authorizer token"), "id")] {
        let line = line.trim_start_matches("TOKEN=$(").trim_end_matches(')').replace('\'', "");
        let output = Command::new(command()).args(line.split(' ').skip(1)).output().unwrap();
        let token = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        let mut arguments = vec!["--issuer", &*issuer, "--token-use", token_use];
        if token_use == "access" {
            arguments.extend(["--scope", "pets/read"]);
        }
        let verified = verify(&arguments, token.trim());
        let error = String::from_utf8_lossy(&verified.stderr);
        assert_eq!(verdicts(&verified)[0]["decision"], "allow", "{line}: {error}");
    }
    let wrong = ["token", "--endpoint", issuer.rsplit_once('/').unwrap().0, "--client-secret", "canary"];
    let refused = Command::new(command()).args(wrong).output().unwrap();
    let error = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(error.contains("400") && error.contains("invalid_client") && !error.contains("canary"), "{error}");
    process.kill().unwrap();
    let mut log = String::new();
    process.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("method=POST path=\"/oauth2/token\" status=200"), "{log}");
    assert!(log.contains("operation=\"InitiateAuth\" status=200"), "{log}");
    assert!(!log.contains("Passw0rd") && !log.contains("canary"), "{log}");
    process.wait().unwrap();
}

/// Ids of emulators are accepted with the issuer, which has the address in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_an_emulator_are_verified_by_their_issuer() {
    let pool = LocalUserPool::start(LocalUserPoolConfig::new("local_2D4gvA2k"), "127.0.0.1:0".parse().unwrap());
    let pool = pool.await.unwrap();
    let token = pool.issue(&TestToken::access("petstore", ["pets/read"])).unwrap();
    let issuer = format!("{}/local_2D4gvA2k", pool.endpoint_url());
    assert_eq!(pool.issuer(), issuer);
    let output = verify(&["--issuer", &issuer], &token);
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert_eq!(verdicts(&output)[0]["decision"], "allow");
}
