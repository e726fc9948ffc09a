//! Tests requests on runtimes that lack a feature: the layer does not panic, and responds as if the keys cannot be fetched.
//!
//! SECURITY: a request never panics, whatever polls its future.
use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use cognito_authorizer::{Authorizer, RejectionKind as No};
use tokio::runtime::Builder;

use crate::support::{
    keys::{self, ScriptedKeys},
    requests::{reason, scoped},
    tokens::*,
};

/// Polls a future on this thread, without any runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let (waker, mut future) = (Waker::from(Arc::new(Unpark(thread::current()))), pin!(future));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park_timeout(Duration::from_secs(10)),
        }
    }
}

/// Returns why the last fetch of the first issuer failed.
fn failure(authorizer: &Authorizer) -> String {
    authorizer.key_status().into_iter().find(|status| status.issuer.name() == ISSUER).unwrap().failure.unwrap()
}

#[test]
fn a_runtime_without_timers_fails_the_fetch_and_says_so() {
    let keys = ScriptedKeys::new();
    let authorizer = keys::builder(&keys).build().unwrap();
    Builder::new_current_thread().build().unwrap().block_on(async {
        let rejection = reason(&scoped(&authorizer), &Token::access().sign()).await;
        assert_eq!(rejection, Some(No::KeysUnavailable));
        assert!(failure(&authorizer).contains("`enable_time()`"), "{}", failure(&authorizer));
        let error = keys::builder(&keys).build().unwrap().hydrate().await.unwrap_err().to_string();
        assert!(error.contains("`enable_time()`"), "{error}");
    });
    assert_eq!(keys.fetches(), 0, "no source is asked without a time-out");
}

#[test]
fn an_executor_without_runtime_fails_the_fetch_and_says_so() {
    let keys = ScriptedKeys::new();
    let authorizer = keys::builder(&keys).build().unwrap();
    let rejection = block_on(reason(&scoped(&authorizer), &Token::access().sign()));
    assert_eq!(rejection, Some(No::KeysUnavailable));
    assert!(failure(&authorizer).contains("tokio runtime"), "{}", failure(&authorizer));
    let error = block_on(keys::builder(&keys).build().unwrap().hydrate()).unwrap_err().to_string();
    assert!(error.contains("tokio runtime"), "{error}");
    assert_eq!(keys.fetches(), 0);
}

#[test]
fn an_executor_without_runtime_can_wait_for_a_fetch_of_another_one() {
    let (keys, runtime) = (ScriptedKeys::new(), Builder::new_multi_thread().enable_all().build().unwrap());
    let authorizer = keys::builder(&keys).build().unwrap();
    keys.hold();
    let _entered = runtime.enter();
    assert!(!authorizer.is_ready(), "a fetch starts in the background");
    let waiting = thread::spawn({
        let (layer, token) = (scoped(&authorizer), Token::access().sign());
        move || block_on(reason(&layer, &token))
    });
    runtime.block_on(crate::support::soon(|| keys.fetches() > 0));
    keys.release();
    assert_eq!(waiting.join().unwrap(), None);
}

/// A request stops waiting when the fetch ends, and the fetch ends with its runtime.
#[test]
fn a_runtime_that_ends_ends_the_wait() {
    let (keys, runtime) = (ScriptedKeys::new(), Builder::new_multi_thread().enable_all().build().unwrap());
    let authorizer = keys::builder(&keys).build().unwrap();
    keys.hold();
    let _guard = runtime.enter();
    assert!(!authorizer.is_ready());
    drop(_guard);
    let waiting = thread::spawn({
        let (layer, token) = (scoped(&authorizer), Token::access().sign());
        move || block_on(reason(&layer, &token))
    });
    runtime.block_on(crate::support::soon(|| keys.fetches() > 0));
    runtime.shutdown_timeout(Duration::from_secs(5));
    assert_eq!(waiting.join().unwrap(), Some(No::KeysUnavailable));
}
