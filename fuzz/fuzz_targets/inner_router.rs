//! See `src/inner_router.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cognito_authorizer_fuzz::inner_router(data));
