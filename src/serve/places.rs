//! How many connections a server holds, and which of them are idle.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    clock::{Clock, SystemClock},
    limits::{MAX_SERVE_CONNECTIONS, MAX_SERVE_CONNECTIONS_OF_ADDRESS},
};

/// The places for connections.
#[derive(Clone, Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    of_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A place, which is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    of_address: Option<(IpAddr, Arc<Mutex<HashMap<IpAddr, usize>>>)>,
}

impl Places {
    pub(super) fn new() -> Self {
        let most =
            open_files().map_or(MAX_SERVE_CONNECTIONS, |files| (files.saturating_sub(RESERVED_FILES) / 2).max(16));
        Self { free: Arc::new(Semaphore::new(most.min(MAX_SERVE_CONNECTIONS))), of_address: Arc::default() }
    }

    /// Waits for a place.
    pub(super) async fn next(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// Takes a place for a client; `None` if its address has too many. Trusted peers have no address here.
    pub(super) fn take(&self, permit: OwnedSemaphorePermit, address: Option<IpAddr>) -> Option<Place> {
        let Some(address) = address else { return Some(Place { _permit: permit, of_address: None }) };
        let mut all = self.of_address.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.entry(address).or_default();
        if *own >= MAX_SERVE_CONNECTIONS_OF_ADDRESS {
            return None;
        }
        *own += 1;
        drop(all);
        Some(Place { _permit: permit, of_address: Some((address, Arc::clone(&self.of_address))) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((address, all)) = &self.of_address else { return };
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        let left = all.get(address).map_or(0, |own| own.saturating_sub(1));
        if left == 0 {
            all.remove(address);
        } else {
            all.insert(*address, left);
        }
    }
}

/// Open files that are no connections of clients: listeners, fetches of keys, files of the configuration.
const RESERVED_FILES: usize = 64;

/// Returns how many files this process may open, where the system says so.
fn open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

/// The requests under way on a connection.
#[derive(Debug)]
pub(super) struct Activity {
    under_way: AtomicUsize,
    /// When the last request ended, in milliseconds of the clock.
    last: AtomicU64,
    clock: SystemClock,
}

/// A request under way, until it is dropped with its response.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Activity>);

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { under_way: AtomicUsize::new(0), last: AtomicU64::new(0), clock: SystemClock::new() })
    }

    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::AcqRel);
        UnderWay(Arc::clone(self))
    }

    /// Waits until no request has been under way for this long.
    pub(super) async fn idle_for(&self, most: Duration) {
        loop {
            tokio::time::sleep(most / 4).await;
            let quiet = self.now().saturating_sub(self.last.load(Ordering::Acquire));
            if self.under_way.load(Ordering::Acquire) == 0 && u128::from(quiet) >= most.as_millis() {
                return;
            }
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.last.store(self.0.now(), Ordering::Release);
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_has_some_places_and_gets_them_back() {
        let places = Places::new();
        let address = Some("192.0.2.7".parse().unwrap());
        let mut taken = Vec::new();
        for _ in 0..MAX_SERVE_CONNECTIONS_OF_ADDRESS {
            taken.push(places.take(places.next().await.unwrap(), address).unwrap());
        }
        assert!(places.take(places.next().await.unwrap(), address).is_none());
        assert!(places.take(places.next().await.unwrap(), Some("192.0.2.8".parse().unwrap())).is_some());
        assert!(places.take(places.next().await.unwrap(), None).is_some());
        taken.pop();
        assert!(places.take(places.next().await.unwrap(), address).is_some());
        drop(taken);
        assert!(places.of_address.lock().unwrap().is_empty());
    }

    #[test]
    fn places_are_fewer_than_open_files() {
        let files = open_files();
        assert!(!cfg!(target_os = "linux") || files.is_some_and(|files| files > 64), "{files:?}");
    }
}
