//! See `src/token_cache.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cognito_authorizer_fuzz::token_cache(data));
