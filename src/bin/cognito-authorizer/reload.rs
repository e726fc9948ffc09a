//! Reads the configuration of a running server again: on SIGHUP, and when it has changed.

use std::{convert::Infallible, sync::Arc, time::Duration};

use cognito_authorizer::{
    UserPool,
    serve::{Reload, Server},
};
use tokio::time;

use crate::{configuration::File, serve::TlsArguments, signals::Hangup};

/// How often the configuration is compared with the one in use. It is read as a whole, so every file that it names is
/// noticed, and so are links that Kubernetes swaps.
const PERIOD: Duration = Duration::from_secs(5);

/// What is read again, and the server that it is for.
pub(crate) struct Reloading<'s> {
    pub(crate) file: Arc<File>,
    /// The user pools in place of those of AWS.
    pub(crate) user_pools: Vec<UserPool>,
    pub(crate) tls: TlsArguments,
    pub(crate) server: &'s Server,
}

/// Reloads until the future is dropped.
pub(crate) async fn run(reloading: Reloading<'_>, mut hangup: Hangup) -> Infallible {
    let (mut reported, mut certificate) = (None, None);
    loop {
        let was_asked = tokio::select! {
            () = hangup.wait() => true,
            () = time::sleep(PERIOD) => false,
        };
        let outcome = reload(&reloading).await;
        match &outcome {
            Ok(Reload::Unchanged) if was_asked => tracing::info!("the configuration has not changed"),
            Ok(Reload::Unchanged) => {}
            Ok(_) => tracing::info!("the configuration has changed and is in use"),
            Err(error) => report(was_asked, reported.as_ref(), error, "the configuration"),
        }
        reported = outcome.err();
        let outcome = reloading.tls.certificate().map_err(|error| error.to_string());
        match &outcome {
            Ok(Some(new)) if reloading.server.replace_certificate(new.clone()) => {
                tracing::info!("the certificate has changed and is in use");
            }
            Ok(_) => {}
            Err(error) => report(was_asked, certificate.as_ref(), error, "the certificate"),
        }
        certificate = outcome.err();
    }
}

/// Reports an error. One that stays is reported once.
fn report(was_asked: bool, previous: Option<&String>, error: &String, what: &str) {
    if was_asked || previous != Some(error) {
        tracing::error!(%error, "{what} cannot be used, so the previous one stays in use");
    }
}

async fn reload(reloading: &Reloading<'_>) -> Result<Reload, String> {
    let (file, user_pools) = (Arc::clone(&reloading.file), reloading.user_pools.clone());
    let read = tokio::task::spawn_blocking(move || file.configuration_with(&user_pools));
    let configuration = read.await.map_err(|error| error.to_string())??;
    reloading.server.reload(&configuration).await.map_err(|error| error.to_string())
}
