//! The user pools of an app: `--config cdk.out`.

use std::{error::Error, path::PathBuf};

use cognito_authorizer::{
    UserPool,
    api_definition::{AppUserPool, AppUserPools, DefinedAppClient},
    local_user_pool::LocalUserPool,
};

use super::Arguments;
/// Whether the paths are an app, and not the configuration of one user pool.
pub(super) fn is_app(paths: &[PathBuf]) -> bool {
    match paths {
        [] => false,
        [path] if !path.is_dir() => {
            // A template has resources; the configuration of a user pool has its id. Everything else is said when it is read.
            let text = std::fs::read_to_string(path).unwrap_or_default();
            !text.contains("\"UserPoolId\"") || text.contains("Resources")
        }
        _ => true,
    }
}

/// Reads the user pools of the app.
pub(super) fn user_pools(arguments: &Arguments) -> Result<AppUserPools, Box<dyn Error>> {
    let reader = arguments.app.reader(&arguments.variable);
    Ok(match &*arguments.config {
        [path] => reader.user_pools(path)?,
        several => reader.user_pools_of_files(several)?,
    })
}

/// The user pools, their app clients and users, and how a service accepts their tokens.
pub(super) fn described(app: &AppUserPools, pool: &LocalUserPool, arguments: &Arguments) -> String {
    let mut text = app_client_lines(app, pool);
    text += &how_to_trust(&pool.user_pools(), &arguments.config, arguments.app.stack());
    text
}

/// The user pools, with their app clients and users.
pub(crate) fn app_client_lines(app: &AppUserPools, pool: &LocalUserPool) -> String {
    let served = app.user_pools().iter().zip(pool.user_pools());
    served.map(|(own, served)| described_user_pool(own, &served, &pool.domain())).collect()
}

fn described_user_pool(own: &AppUserPool, served: &UserPool, domain: &str) -> String {
    let of_stack = if own.stack().is_empty() { String::new() } else { format!(" of stack {}", own.stack()) };
    let issuer = served.issuers().first().map(|issuer| issuer.name().to_owned()).unwrap_or_default();
    let mut text = format!("\nuser pool {}{of_stack}\n  id      {}\n  issuer  {issuer}\n", own.logical_id(), own.id());
    for client in own.app_clients() {
        text += &described_client(client, domain);
    }
    for (name, password) in own.users() {
        text += &format!("  user    {name}, password {password}\n");
    }
    text
}

fn described_client(client: &DefinedAppClient, domain: &str) -> String {
    let mut text = format!("  client  {} ({})\n", client.client_id(), client.logical_id());
    if let Some(secret) = client.secret() {
        text += &format!("          secret {secret}\n");
        if let Some(scope) = client.scopes().first() {
            let credentials = format!("{}:{secret}", client.client_id());
            let form = format!("grant_type=client_credentials&scope={scope}");
            text += &format!("          curl -s -u {credentials} -d '{form}' {domain}/oauth2/token\n");
        }
    }
    text
}

/// The lines of a configuration that lets a service accept the tokens of the local user pools.
fn how_to_trust(user_pools: &[UserPool], paths: &[PathBuf], stack: Option<&str>) -> String {
    let mut text = "\nPoint a service at them, in authorizer.toml:\n\n".to_owned();
    for (number, own) in user_pools.iter().enumerate() {
        let issuer = own.issuers().first().map(|issuer| (issuer.name().to_owned(), issuer.jwks_uri().to_owned()));
        let (issuer, keys) = issuer.unwrap_or_default();
        text += &format!("  [user_pools.local{}]\n  id = \"{}\"\n  issuer = \"{issuer}\"\n", number + 1, own.id());
        if !keys.starts_with(&issuer) {
            text += &format!("  jwks_uri = \"{keys}\"\n");
        }
        text += "\n";
    }
    let files: Vec<String> = paths.iter().map(|path| format!("\"{}\"", path.display())).collect();
    text += &match &*files {
        [file] => format!("  [definition]\n  file = {file}\n"),
        files => format!("  [definition]\n  files = [{}]\n", files.join(", ")),
    };
    text + &stack.map(|stack| format!("  stack = \"{stack}\"\n")).unwrap_or_default()
}
