//! What the tests share: keys, tokens of any kind, and a key source that does as it is told.
//!
//! Nothing here comes from the crate's own local user pool: the tests are a second opinion about it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod keys;
pub mod log;
pub mod requests;
pub mod tokens;
