//! Where the server listens, whom it believes, and how it ends.
use std::{
    io::{Read, Write},
    time::Duration,
};

use cognito_authorizer::serve::{Listen, Operations, Policy, Server, ServerSettings};
use serde_json::Value;

use crate::{
    served::{Served, configuration, pool},
    support::fresh_folder,
};

async fn get(address: &Listen, path: &str) -> (u16, String) {
    let Listen::Tcp(address) = address else { panic!("{address}") };
    let response = reqwest::get(format!("http://{address}{path}")).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn operations_tell_whether_the_server_is_ready() {
    let served = Served::new("").await;
    let listen = "127.0.0.1:0".parse().unwrap();
    let metrics = std::sync::Arc::new(|| "decisions 7\n".to_owned());
    let operations = Operations::start(&served.server, &listen, Some(metrics)).await.unwrap();
    let at = operations.address().clone();
    assert_eq!(get(&at, "/livez").await, (200, "ok\n".to_owned()));
    let (status, told) = get(&at, "/readyz").await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, &told["ready"], &told["issuers"][0]["state"]), (503, &false.into(), &"missing".into()));
    served.policy.hydrate().await.unwrap();
    let (status, told) = get(&at, "/readyz").await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, &told["ready"], &told["issuers"][0]["state"]), (200, &true.into(), &"fresh".into()));
    assert_eq!(get(&at, "/metrics").await, (200, "decisions 7\n".to_owned()));
    assert_eq!(get(&at, "/ask").await.0, 404);
    assert_eq!(served.ask(reqwest::Method::GET, "/readyz", &[]).await.status, 404, "not for proxies");
    operations.stop().await;
}

/// A policy that replaces another one decides from the next question on.
#[tokio::test]
async fn a_policy_is_replaced() {
    let served = Served::new("").await;
    assert_eq!(served.forward_auth("GET", "/open", &[]).await.status, 200);
    assert_eq!(served.forward_auth("GET", "/new", &[]).await.status, 403);
    let changed = configuration(&served.pool, "[[routes]]\nroute = \"GET /new\"\nauthorization = \"NONE\"\n");
    served.server.replace_policy(Policy::new(&changed).unwrap());
    assert_eq!(served.forward_auth("GET", "/new", &[]).await.status, 200);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unix_socket_is_served_and_replaced() {
    use std::os::unix::net::UnixStream;

    let path = fresh_folder("socket").join("authorizer.sock");
    // Somebody's server was killed.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let listen: Listen = format!("unix:{}", path.display()).parse().unwrap();
    let pool = pool().await;
    let policy = Policy::new(&configuration(&pool, "")).unwrap();
    let server = Server::start(policy.clone(), &listen, ServerSettings::default()).await.unwrap();
    // One that lives is not replaced, and neither is a file.
    assert!(Server::start(policy.clone(), &listen, ServerSettings::default()).await.is_err());
    let file = path.with_extension("txt");
    std::fs::write(&file, "mine").unwrap();
    let as_file = Listen::Unix(file.clone());
    assert!(Server::start(policy, &as_file, ServerSettings::default()).await.is_err() && file.exists());

    let answer = tokio::task::spawn_blocking({
        let path = path.clone();
        move || {
            let mut stream = UnixStream::connect(path).unwrap();
            let question = "GET /forward-auth HTTP/1.1\r\nhost: a\r\nx-forwarded-method: GET\r\nx-forwarded-uri: /open\r\n\
                            connection: close\r\n\r\n";
            stream.write_all(question.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        }
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    server.stop().await;
    assert!(!path.exists());
}

/// A server that replaces another one may start before the other ends.
#[cfg(unix)]
#[tokio::test]
async fn a_socket_of_another_server_is_not_removed() {
    let path = fresh_folder("sockets").join("authorizer.sock");
    let listen: Listen = format!("unix:{}", path.display()).parse().unwrap();
    let pool = pool().await;
    let policy = Policy::new(&configuration(&pool, "")).unwrap();
    let first = Server::start(policy.clone(), &listen, ServerSettings::default()).await.unwrap();
    std::fs::rename(&path, path.with_extension("old")).unwrap();
    let second = Server::start(policy, &listen, ServerSettings::default()).await.unwrap();
    first.stop().await;
    assert!(path.exists());
    second.stop().await;
    assert!(!path.exists());
}

/// A question that waits for keys is answered before the server ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_waits_for_questions_under_way() {
    let served = Served::new("").await;
    let token = served.token("pets/read");
    let address = served.address();
    let (pool, server) = (served.pool, served.server);
    pool.set_outage(Some(cognito_authorizer::local_user_pool::Outage::Hang));
    let question = tokio::spawn(async move {
        let request = reqwest::Client::new().get(format!("{address}/ext-authz/pets")).header("authorization", token);
        request.send().await.unwrap().status().as_u16()
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let end = tokio::spawn(server.stop());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!end.is_finished());
    let status = question.await.unwrap();
    assert_eq!(status, 500, "the keys never came");
    end.await.unwrap();
}
