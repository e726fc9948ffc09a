//! A configuration that replaces another one: what is kept, and what is rejected.
use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use cognito_authorizer::{
    configuration::Configuration,
    local_user_pool::{LocalUserPool, LocalUserPoolConfig, Outage},
    serve::{Policy, Reload, ReloadError, Server, ServerSettings},
};
use tokio::io::AsyncWriteExt;

use crate::{
    served::{Served, configuration, pool},
    support::{fresh_folder, resident_memory},
    wire::{connect, read_until},
};

const NEW_ROUTE: &str = "[[routes]]\nroute = \"GET /new\"\n";

async fn jwks(pool: &LocalUserPool) -> String {
    let url = format!("{}/{}/.well-known/jwks.json", pool.endpoint_url(), pool.user_pool().id());
    reqwest::get(url).await.unwrap().text().await.unwrap()
}

async fn status(served: &Served, target: &str) -> u16 {
    let token = served.token("pets/read");
    served.forward_auth("GET", target, &[("authorization", &token)]).await.status
}

#[tokio::test]
async fn keys_of_unchanged_user_pools_are_kept() {
    let served = Served::new("").await;
    served.policy.hydrate().await.unwrap();
    // Keys that were fetched again would be missing now.
    served.pool.set_outage(Some(Outage::Refuse));
    assert_eq!((status(&served, "/pets").await, status(&served, "/new").await), (200, 403));
    let changed = configuration(&served.pool, NEW_ROUTE);
    assert_eq!(served.server.reload(&changed).await.unwrap(), Reload::Replaced);
    assert_eq!(status(&served, "/pets").await, 200);
    // The new route wants an ID token or an access token, as the configuration says for all.
    assert_eq!(status(&served, "/new").await, 200);
    assert_eq!(served.server.reload(&changed).await.unwrap(), Reload::Unchanged);
}

/// Other settings for fetches may mean other keys: those of before are not taken for them.
#[tokio::test]
async fn keys_are_not_kept_under_other_settings() {
    let others = [
        "[keys]\nmax_age_seconds = 90000\n",
        "[keys]\nfetch_timeout_milliseconds = 700\n",
        "[danger]\nplain_http = true\n",
    ];
    for other in others {
        let served = Served::new("").await;
        served.policy.hydrate().await.unwrap();
        served.pool.set_outage(Some(Outage::Refuse));
        let error = served.server.reload(&configuration(&served.pool, other)).await.unwrap_err();
        assert!(matches!(error, ReloadError::Keys(_)), "{other}: {error}");
        assert_eq!(status(&served, "/pets").await, 200, "the previous policy stays");
    }
}

#[tokio::test]
async fn a_user_pool_without_keys_is_not_taken_unless_keys_are_missing_anyway() {
    let served = Served::new("").await;
    served.policy.hydrate().await.unwrap();
    let other = LocalUserPool::start(LocalUserPoolConfig::new("eu-west-1_Other"), "127.0.0.1:0".parse().unwrap());
    let other = other.await.unwrap();
    other.set_outage(Some(Outage::InternalServerError));
    let changed = configuration(&other, NEW_ROUTE);
    assert!(matches!(served.server.reload(&changed).await, Err(ReloadError::Keys(_))));
    assert_eq!((status(&served, "/pets").await, status(&served, "/new").await), (200, 403));

    let without_keys = Served::new("").await;
    without_keys.pool.set_outage(Some(Outage::Refuse));
    assert_eq!(without_keys.server.reload(&changed).await.unwrap(), Reload::Replaced);
}

#[tokio::test]
async fn a_changed_file_with_keys_is_read() {
    let (before, after) = (pool().await, pool().await);
    let file = fresh_folder("reloaded-keys").join("jwks.json");
    let with_file = |pool: &LocalUserPool| {
        let text = format!(
            "[user_pools.local]\nid = \"{}\"\nissuer = \"{}\"\njwks_file = '{}'\n[authorizers.pool]\n\
             type = \"COGNITO_USER_POOLS\"\nuser_pools = [\"local\"]\ntoken_use = \"either\"\n[[routes]]\nroute = \"GET /pets\"\n",
            pool.user_pool().id(),
            pool.issuer(),
            file.display()
        );
        Configuration::reader().read_toml(&text).unwrap()
    };
    fs::write(&file, jwks(&before).await).unwrap();
    let configuration = with_file(&before);
    let policy = Policy::new(&configuration).unwrap();
    let server = Server::start(policy, &"127.0.0.1:0".parse().unwrap(), ServerSettings::default()).await.unwrap();
    let token = before.issue(&cognito_authorizer::local_user_pool::TestToken::access("client", ["pets/read"])).unwrap();
    let ask = async || {
        let question = reqwest::Client::new().get(format!("http://{}/forward-auth", server.address()));
        let question = question.header("x-forwarded-method", "GET").header("x-forwarded-uri", "/pets");
        question.header("authorization", &token).send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask().await, 200);
    fs::write(&file, jwks(&after).await).unwrap();
    assert_eq!(server.reload(&configuration).await.unwrap(), Reload::Replaced);
    assert_eq!(ask().await, 401);
    fs::remove_file(&file).unwrap();
    assert!(matches!(server.reload(&configuration).await, Err(ReloadError::Configuration(_))));
    assert_eq!(ask().await, 401, "the previous policy stays");
}

/// No question fails while policies change, and nothing piles up. `benches/sidecar` does this a hundred times as often.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_reloads_during_ten_thousand_questions() {
    let served = Served::new("").await;
    served.policy.hydrate().await.unwrap();
    let token = served.token("pets/read");
    let asked = AtomicUsize::new(0);
    let question = format!("GET /ext-authz/pets HTTP/1.1\r\nhost: a\r\nauthorization: {token}\r\n\r\n");
    let asking = async || {
        let mut connection = connect(served.server.address()).await;
        while asked.fetch_add(1, Ordering::Relaxed) < 10_000 {
            connection.write_all(question.as_bytes()).await.unwrap();
            // A permission has no body.
            let told = read_until(&mut connection, "\r\n\r\n").await;
            assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
        }
    };
    let reloading = async {
        let configurations = [configuration(&served.pool, NEW_ROUTE), configuration(&served.pool, "")];
        let mut memory = 0;
        for number in 0..100 {
            assert_eq!(served.server.reload(&configurations[number % 2]).await.unwrap(), Reload::Replaced);
            while asked.load(Ordering::Relaxed) < 100 * number {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            if number == 20 {
                memory = resident_memory();
            }
        }
        resident_memory().saturating_sub(memory)
    };
    let (grown, (), (), ()) = tokio::join!(reloading, asking(), asking(), asking());
    assert!(grown < 20_000_000, "{grown} bytes more after 80 reloads");
}
