//! See `src/jose_header.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cognito_authorizer_fuzz::jose_header(data));
