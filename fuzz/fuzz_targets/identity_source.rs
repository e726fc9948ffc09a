//! See `src/identity_source.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cognito_authorizer_fuzz::identity_source(data));
