//! `serve`, as an operator runs it: reload, end, exit codes.
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use cognito_authorizer::local_user_pool::TestToken;
use serde_json::{Value, json};

use crate::{
    configuration_file::{run, text},
    support::{examples::command, fresh_folder},
    verify::{POOL, pool},
};

/// A running server. It is killed at the end of the test.
struct Serving {
    process: Child,
    events: Receiver<Value>,
    address: String,
    operations: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Serving {
    fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut serve = Command::new(command());
        serve.envs(variables.iter().copied());
        Self::spawn(serve, arguments)
    }

    /// Starts a server that prints into a file.
    fn start_printing(arguments: &[&str], printed: fs::File) -> Self {
        let mut serve = Command::new(command());
        serve.stdout(printed);
        Self::spawn(serve, arguments)
    }

    fn spawn(mut serve: Command, arguments: &[&str]) -> Self {
        serve.arg("serve").args(arguments);
        serve.env("COGNITO_AUTHORIZER_LISTEN", "127.0.0.1:0").env("COGNITO_AUTHORIZER_LOG_FORMAT", "json");
        let mut process = serve.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(process.stderr.take().unwrap());
        let (events, received) = channel();
        std::thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
                if events.send(event).is_err() {
                    break;
                }
            }
        });
        let mut serving = Self { process, events: received, address: String::new(), operations: String::new() };
        let ready = serving.event("listening");
        serving.address = ready["listen"].as_str().unwrap().to_owned();
        serving.operations = ready["operations"].as_str().unwrap_or_default().to_owned();
        serving
    }

    /// Waits for an event whose message begins so.
    fn event(&self, message: &str) -> Value {
        loop {
            let event = self.events.recv_timeout(Duration::from_secs(30)).unwrap_or_else(|_| panic!("no {message:?}"));
            if event["message"].as_str().is_some_and(|own| own.starts_with(message)) {
                return event;
            }
        }
    }

    async fn status(&self, target: &str) -> u16 {
        let url = format!("http://{}/ext-authz{target}", self.address);
        reqwest::get(url).await.unwrap().status().as_u16()
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }
}

fn configuration(keys: &Path, open: &str) -> String {
    format!(
        "[user_pools.pool]\nid = \"{POOL}\"\njwks_file = '{}'\n[authorizers.pool]\ntype = \"COGNITO_USER_POOLS\"\n\
         user_pools = [\"pool\"]\nany_app_client = true\n[[routes]]\nroute = \"GET /guarded\"\n[[routes]]\n\
         route = \"GET {open}\"\nauthorization = \"NONE\"\n",
        keys.display()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hangup_reloads_and_an_error_changes_nothing() {
    let (_pool, keys) = pool().await;
    let file = fresh_folder("serve-hangup").join("authorizer.toml");
    fs::write(&file, configuration(&keys, "/one")).unwrap();
    let serving = Serving::start(&["--config", file.to_str().unwrap()], &[]);
    assert_eq!((serving.status("/one").await, serving.status("/two").await), (200, 403));
    serving.signal("HUP");
    serving.event("the configuration has not changed");
    fs::write(&file, configuration(&keys, "/two")).unwrap();
    serving.signal("HUP");
    serving.event("the configuration has changed and is in use");
    assert_eq!((serving.status("/one").await, serving.status("/two").await), (403, 200));
    fs::write(&file, "[[routes]]\nroute = 7\n").unwrap();
    serving.signal("HUP");
    let error = serving.event("the configuration cannot be used");
    let told = error["error"].as_str().unwrap();
    assert!(told.contains("authorizer.toml:2: ") && error["level"] == "ERROR", "{error}");
    assert_eq!((serving.status("/two").await, serving.status("/guarded").await), (200, 401));
}

/// Kubernetes keeps a mounted file as a link to `..data/authorizer.toml`, and replaces the link `..data` to change it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swapped_link_is_noticed() {
    let (_pool, keys) = pool().await;
    let mount = fresh_folder("serve-mount");
    let version = |name: &str, open: &str| -> PathBuf {
        let folder = mount.join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("authorizer.toml"), configuration(&keys, open)).unwrap();
        folder
    };
    let (one, two) = (version("..one", "/one"), version("..two", "/two"));
    symlink(&one, mount.join("..data")).unwrap();
    symlink("..data/authorizer.toml", mount.join("authorizer.toml")).unwrap();
    let serving = Serving::start(&["--config", mount.join("authorizer.toml").to_str().unwrap()], &[]);
    assert_eq!(serving.status("/one").await, 200);
    symlink(&two, mount.join("..next")).unwrap();
    fs::rename(mount.join("..next"), mount.join("..data")).unwrap();
    serving.event("the configuration has changed and is in use");
    assert_eq!((serving.status("/one").await, serving.status("/two").await), (403, 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_with_exit_code_0_when_told_to_and_2_if_it_cannot_start() {
    let (_pool, keys) = pool().await;
    let file = fresh_folder("serve-end").join("authorizer.toml");
    fs::write(&file, configuration(&keys, "/one")).unwrap();
    let path = file.to_str().unwrap();
    for signal in ["TERM", "INT"] {
        let mut serving = Serving::start(&["--config", path], &[]);
        serving.signal(signal);
        assert_eq!(serving.process.wait().unwrap().code(), Some(0), "SIG{signal}");
    }
    let serving = Serving::start(&["--config", path], &[]);
    let listen = serving.address.clone();
    let taken = run(&["serve", "--config", path, "--listen", &listen], "");
    assert_eq!(taken.status.code(), Some(2));
    let mut told = String::new();
    (&*taken.stderr).read_to_string(&mut told).unwrap();
    assert!(told.contains(&format!("cannot listen on `{listen}`")), "{told}");
    fs::write(&file, "routes = 7\n").unwrap();
    let wrong = run(&["serve", "--config", path], "");
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong));
}

/// The event of a request tells the decision and its reason, and claims only if they are asked for. No event has a token.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_and_the_metrics_tell_decisions() {
    let (issuing, keys) = pool().await;
    let file = fresh_folder("serve-log").join("authorizer.toml");
    fs::write(&file, configuration(&keys, "/one")).unwrap();
    let token = issuing.issue(&TestToken::id("petstore", "jane").claim("custom:plan", "gold")).unwrap();
    let path = file.to_str().unwrap();
    for (more, claims) in
        [(&[][..], Value::Null), (&["--log-claim", "cognito:username,custom:plan,none"], CLAIMS.into())]
    {
        let operations = ["--config", path, "--operations-listen", "127.0.0.1:0"];
        let serving = Serving::start(&[&operations, more].concat(), &[]);
        let client = reqwest::Client::new();
        let ask = |token: &str| {
            let question = client.get(format!("http://{}/ext-authz/guarded", serving.address));
            question.header("authorization", token).header("x-request-id", "id-7")
        };
        assert_eq!(ask(&token).send().await.unwrap().status(), 200);
        let mut allowed = serving.event("request decided");
        assert!(allowed["microseconds"].as_u64().is_some() && !allowed.to_string().contains(&token), "{allowed}");
        for changing in ["timestamp", "microseconds"] {
            allowed.as_object_mut().unwrap().remove(changing);
        }
        let mut expected = json!({
            "level": "INFO", "message": "request decided", "front": "ext_authz", "decision": "allow", "status": 200,
            "route": "GET /guarded", "request_id": "id-7",
        });
        if !claims.is_null() {
            expected["claims"] = claims;
        }
        assert_eq!(allowed, expected);
        let rejected = ask("nonsense").send().await.unwrap();
        let denied = serving.event("request decided");
        assert_eq!((&denied["decision"], &denied["reason"]), (&"deny".into(), &"malformed_token".into()));
        assert_eq!(denied["request_id"].as_str(), rejected.headers()["x-amzn-requestid"].to_str().ok());
        let url = format!("http://{}/metrics", serving.operations);
        let metrics = reqwest::get(url).await.unwrap().text().await.unwrap();
        for line in [
            "cognito_authorizer_decisions_total{decision=\"allowed\",reason=\"none\"} 1",
            "cognito_authorizer_decisions_total{decision=\"rejected\",reason=\"malformed_token\"} 1",
            "# TYPE cognito_authorizer_jwk_set_fetch_duration_seconds histogram",
        ] {
            assert!(metrics.lines().any(|own| own == line), "{line}: {metrics}");
        }
    }
}

const CLAIMS: &str = "{\"cognito:username\":\"jane\",\"custom:plan\":\"gold\"}";

/// The whole command as a reverse proxy. `tests/serve/proxy.rs` has the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_the_proxy_of_a_service() {
    let (issuing, keys) = pool().await;
    let file = fresh_folder("serve-upstream").join("authorizer.toml");
    fs::write(&file, configuration(&keys, "/one")).unwrap();
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = format!("http://{}", service.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in service.incoming().map_while(Result::ok) {
            let mut head = [0; 4_096];
            let length = (&stream).read(&mut head).unwrap();
            let is_guarded = head[..length].starts_with(b"GET /guarded HTTP/1.1");
            let told = if is_guarded { "hello" } else { "other" };
            write!(&stream, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\n{told}").unwrap();
        }
    });
    let serving = Serving::start(&["--config", file.to_str().unwrap()], &[("COGNITO_AUTHORIZER_UPSTREAM", &upstream)]);
    let url = format!("http://{}/guarded", serving.address);
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 401);
    let token = issuing.issue(&TestToken::id("petstore", "jane")).unwrap();
    let passed = reqwest::Client::new().get(&url).header("authorization", token).send().await.unwrap();
    assert_eq!(passed.text().await.unwrap(), "hello");
}

/// One command serves an app with its user pools. `.ci/walkthroughs` follows the walk-throughs with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_serves_the_user_pools_of_a_configuration_too() {
    let folder = fresh_folder("serve-local");
    let app = format!("{}/tests/apps/synthesized/m2m", env!("CARGO_MANIFEST_DIR"));
    let named = folder.join("named.toml");
    fs::write(&named, format!("[definition]\nfile = '{app}'\n")).unwrap();
    // The user pool of production, by its id.
    let plain = folder.join("plain.toml");
    let text = "[user_pools.pool]\nid = \"eu-west-1_Ab129faBb\"\n[authorizers.pool]\ntype = \"COGNITO_USER_POOLS\"\n\
                user_pools = [\"pool\"]\nany_app_client = true\n[[routes]]\nroute = \"GET /book\"\nscopes = [\"API/book.get\"]\n";
    fs::write(&plain, text).unwrap();
    let pool = folder.join("pool.json");
    let client = json!({"ClientId": "local", "ClientSecret": "local-secret", "AllowedOAuthScopes": ["API/book.get"]});
    let servers = json!([{"Identifier": "API", "Scopes": [{"ScopeName": "book.get", "ScopeDescription": "Books"}]}]);
    let text = json!({"UserPoolId": "eu-west-1_Ab129faBb", "AppClients": [client], "ResourceServers": servers});
    fs::write(&pool, text.to_string()).unwrap();
    let development = ["--local-user-pool", "--local-user-pool-listen", "127.0.0.1:0"];
    for (config, more) in [
        (app.as_str(), &[][..]),
        (named.to_str().unwrap(), &[]),
        (plain.to_str().unwrap(), &["--local-user-pool-config", pool.to_str().unwrap()]),
    ] {
        let printed = folder.join("printed");
        let stdout = fs::File::create(&printed).unwrap();
        let serving = Serving::start_printing(
            &[&["--config", config, "--stage", "prod"], &development[..], more].concat(),
            stdout,
        );
        let printed = fs::read_to_string(&printed).unwrap();
        let endpoint = printed.lines().find_map(|line| line.strip_prefix("endpoint  ")).unwrap();
        let after = |label: &str| {
            let value = printed.lines().find_map(|line| line.trim_start().strip_prefix(label));
            value.and_then(|value| value.split_whitespace().next())
        };
        let (client, secret) = (after("client  ").unwrap_or("local"), after("secret ").unwrap_or("local-secret"));
        let form = "grant_type=client_credentials&scope=API%2Fbook.get";
        let request = reqwest::Client::new().post(format!("{endpoint}/oauth2/token")).basic_auth(client, Some(secret));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        let token = answer["access_token"].as_str().unwrap();
        let ask = |target: &str| {
            let question = reqwest::Client::new().get(format!("http://{}/ext-authz{target}", serving.address));
            question.header("authorization", token)
        };
        assert_eq!(ask("/prod/book").send().await.unwrap().status(), 200, "{config}");
        // Without the stage, it is no path of the API.
        assert_eq!(ask("/book").send().await.unwrap().status(), 403, "{config}");
    }
    let alone = run(&[&["serve", "--config", plain.to_str().unwrap()], &development[..]].concat(), "");
    let told = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert!(alone.status.code() == Some(2) && told.contains("`--local-user-pool-config`"), "{told}");
}

/// Containers: another address, another host, a health check, and an end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_local_user_pool_runs_in_a_container() {
    let refused = run(&["local-user-pool", "--listen", "0.0.0.0:0"], "");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && told.contains("add `--listen-beyond-loopback`"), "{told}");
    let printed = fresh_folder("pool-container").join("printed");
    let mut pool = Command::new(command());
    pool.args([
        "local-user-pool",
        "--listen",
        "0.0.0.0:0",
        "--listen-beyond-loopback",
        "--base-url",
        "http://cognito:9229",
    ]);
    let log = fresh_folder("pool-container-log").join("log");
    pool.stdout(fs::File::create(&printed).unwrap()).stderr(fs::File::create(&log).unwrap());
    let mut pool = pool.spawn().unwrap();
    let port = loop {
        let text = fs::read_to_string(&log).unwrap();
        if let Some((_, rest)) = text.split_once("0.0.0.0:") {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            if rest.len() > digits.len() {
                break digits;
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let get = async |path: &str, host: &str| {
        let request = reqwest::Client::new().get(format!("http://127.0.0.1:{port}{path}")).header("host", host);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(get("/health", "localhost:9229").await, (200, "ok\n".to_owned()));
    assert_eq!(get("/health", "cognito:9229").await.0, 200);
    let (status, told) = get("/health", "other:9229").await;
    assert!(status == 421 && told.contains("`--base-url`") && !told.contains("cognito"), "{told}");
    assert!(fs::read_to_string(&log).unwrap().contains("a request for another host was rejected"));
    assert!(Command::new("kill").args(["-s", "TERM", &pool.id().to_string()]).status().unwrap().success());
    assert_eq!(pool.wait().unwrap().code(), Some(0));
    let document = fs::read_to_string(printed).unwrap();
    assert!(document.contains("endpoint  http://cognito:9229"), "{document}");
}
