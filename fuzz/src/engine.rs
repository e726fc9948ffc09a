//! An authorizer with a clock and a key source that do as they are told, on a runtime of its own.

use std::{
    cell::RefCell,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use cognito_authorizer::{Authorizer, AuthorizerBuilder, AuthorizerLayer, UserPool, clock::ManualClock};
use http::{Request, Response};
use tokio::{runtime::Runtime, task::yield_now};

use super::{
    key_source::Source,
    requests::send,
    tokens::{ISSUERS, POOL_IDS, now},
};

/// All of it together, for two user pools of one issuer each.
pub struct Engine {
    pub authorizer: Authorizer,
    pub layer: AuthorizerLayer,
    pub clock: ManualClock,
    pub source: Source,
    /// What waits for its answer, in the order in which it was sent.
    waiting: RefCell<Vec<Waiting>>,
    runtime: Runtime,
}

/// A request, by what it is called, and its answer on the way.
struct Waiting {
    name: u8,
    is_new: bool,
    response: Pin<Box<dyn Future<Output = Response<Bytes>>>>,
}

/// The answer to a request.
pub struct Answered {
    pub name: u8,
    /// Whether it was sent in this step, so that it did not wait before.
    pub is_new: bool,
    pub response: Response<Bytes>,
}

impl Engine {
    pub fn new(settings: impl FnOnce(AuthorizerBuilder) -> AuthorizerBuilder) -> Self {
        let clock = ManualClock::new(now());
        let source = Source::new(clock.clone());
        let builder = Authorizer::builder().clock(clock.clone()).key_source(source.clone());
        let builder = POOL_IDS.iter().zip(ISSUERS).fold(builder, |builder, (id, issuer)| {
            builder.user_pool(id.parse::<UserPool>().unwrap().with_issuer(issuer))
        });
        let authorizer = settings(builder).build().unwrap();
        let layer = authorizer.layer().scopes(["pets/read"]).unwrap();
        // Time that nobody waits in passes at once.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        Self { authorizer, layer, clock, source, waiting: RefCell::default(), runtime }
    }

    /// Sends a request in the next step.
    pub fn send(&self, name: u8, token: &str) {
        let request = Request::builder().header("authorization", token).body(()).unwrap();
        let layer = self.layer.clone();
        let response = Box::pin(async move { send(&layer, request).await });
        self.waiting.borrow_mut().push(Waiting { name, is_new: true, response });
    }

    /// Drops the request that has waited longest.
    pub fn drop_first(&self) {
        if !self.waiting.borrow().is_empty() {
            drop(self.waiting.borrow_mut().remove(0));
        }
    }

    /// What waits for its answer.
    pub fn waiting(&self) -> Vec<u8> {
        self.waiting.borrow().iter().map(|waiting| waiting.name).collect()
    }

    /// Does something, and whatever follows from it in no time. With the answers that came.
    pub fn step<T>(&self, then: impl FnOnce() -> T) -> (T, Vec<Answered>) {
        self.runtime.block_on(async {
            let output = then();
            let mut answered = Vec::new();
            self.turn(&mut answered).await;
            self.waiting.borrow_mut().iter_mut().for_each(|waiting| waiting.is_new = false);
            (output, answered)
        })
    }

    /// Does something, and lets as much time pass as all fetches need to come to their end, those that are held too: then
    /// nobody waits any more.
    pub fn wait<T>(&self, then: impl Future<Output = T>) -> (T, Vec<Answered>) {
        self.runtime.block_on(async {
            let mut answered = Vec::new();
            // What is sent now is judged before a fetch goes on.
            self.turn(&mut answered).await;
            let output = then.await;
            self.turn(&mut answered).await;
            while (0..2).any(|user_pool| self.source.is_asked(user_pool)) {
                tokio::time::sleep(Duration::from_secs(1)).await;
                self.turn(&mut answered).await;
            }
            assert!(self.waiting.borrow().is_empty(), "a request waits, and no fetch is under way");
            (output, answered)
        })
    }

    /// Polls what waits, and fetches in between: one turn starts a fetch, and the next ends it.
    async fn turn(&self, answered: &mut Vec<Answered>) {
        for _ in 0..8 {
            poll_fn(|_| {
                self.waiting.borrow_mut().retain_mut(|waiting| {
                    match waiting.response.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                        Poll::Pending => true,
                        Poll::Ready(response) => {
                            answered.push(Answered { name: waiting.name, is_new: waiting.is_new, response });
                            false
                        }
                    }
                });
                Poll::Ready(())
            })
            .await;
            yield_now().await;
        }
    }
}
