//! Pages to read: what is reproduced, what is defended against, what others say of the same tokens, what can be measured,
//! and how a service is tested.

#[doc = include_str!("behaviour.md")]
pub mod behaviour {}

#[doc = include_str!("attacks.md")]
pub mod attacks {}

#[doc = include_str!("threat_model.md")]
pub mod threat_model {}

#[doc = include_str!("second_opinions.md")]
pub mod second_opinions {}

#[doc = include_str!("metrics.md")]
pub mod metrics {}

#[doc = include_str!("testing.md")]
pub mod testing {}
