//! Shared test support: keys, tokens, a controllable key source, a client of the Cognito API, the examples as child processes,
//! and captured logs and metrics.
//!
//! Nothing here uses the crate's own local user pool, so that the tests check it independently.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod cognito;
pub mod corpus;
pub mod counting;
pub mod definitions;
pub mod examples;
pub mod guarded;
pub mod hostile_load;
pub mod keys;
pub mod log;
pub mod metrics;
pub mod raw_rsa;
pub mod requests;
pub mod server;
pub mod strict;
pub mod tokens;

/// Waits until a condition is true, up to a time limit.
pub async fn soon(mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), wait).await.expect("it did not come to pass");
}

/// Returns the resident memory of this process in bytes, or 0 if it is unknown.
pub fn resident_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap_or_default() * 1_024
}

/// Returns an empty folder of this name.
pub fn fresh_folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Returns the path of an app of `tests/apps`.
pub fn app(name: &str) -> std::path::PathBuf {
    let synthesized = if name.contains('/') { "" } else { "synthesized/" };
    std::path::PathBuf::from(format!("{}/tests/apps/{synthesized}{name}", env!("CARGO_MANIFEST_DIR")))
}

/// Writes JSON to a file of this name, and returns its path.
pub fn written(folder: &std::path::Path, name: &str, content: &serde_json::Value) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content.to_string()).unwrap();
    path
}
