//! Pages to read: what is reproduced, and what is defended against.

#[doc = include_str!("behaviour.md")]
pub mod behaviour {}

#[doc = include_str!("attacks.md")]
pub mod attacks {}

#[doc = include_str!("metrics.md")]
pub mod metrics {}
