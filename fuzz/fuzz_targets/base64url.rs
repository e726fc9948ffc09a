//! See `src/base64url.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cognito_authorizer_fuzz::base64url(data));
