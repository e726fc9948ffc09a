//! Reads the configuration of a running server again: on SIGHUP, and when it has changed.

use std::{convert::Infallible, sync::Arc, time::Duration};

use cognito_authorizer::serve::{Reload, Server};
use tokio::time;

use crate::{configuration::File, signals::Hangup};

/// How often the configuration is compared with the one in use. It is read as a whole, so every file that it names is
/// noticed, and so are links that Kubernetes swaps.
const PERIOD: Duration = Duration::from_secs(5);

/// Reloads until the future is dropped.
pub(crate) async fn run(file: Arc<File>, server: &Server, mut hangup: Hangup) -> Infallible {
    let mut reported = None;
    loop {
        let was_asked = tokio::select! {
            () = hangup.wait() => true,
            () = time::sleep(PERIOD) => false,
        };
        let outcome = reload(&file, server).await;
        match &outcome {
            Ok(Reload::Unchanged) if was_asked => tracing::info!("the configuration has not changed"),
            Ok(Reload::Unchanged) => {}
            Ok(_) => tracing::info!("the configuration has changed and is in use"),
            // A file that stays wrong is reported once.
            Err(error) if was_asked || reported.as_ref() != Some(error) => {
                tracing::error!(%error, "the configuration cannot be used, so the previous one stays in use");
            }
            Err(_) => {}
        }
        reported = outcome.err();
    }
}

async fn reload(file: &Arc<File>, server: &Server) -> Result<Reload, String> {
    let file = Arc::clone(file);
    let read = tokio::task::spawn_blocking(move || file.configuration());
    let configuration = read.await.map_err(|error| error.to_string())??;
    server.reload(&configuration).await.map_err(|error| error.to_string())
}
