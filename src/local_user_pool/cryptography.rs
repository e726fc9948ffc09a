//! Keys, secrets and random values: the only module of the local user pool that uses the cryptographic library.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest,
    encoding::AsDer,
    hmac,
    rand::{SecureRandom, SystemRandom},
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::{Deserialize, Serialize};

use super::LocalUserPoolError;

/// An RSA-2048 key with its key id. It is stored as PKCS #8; `Debug` does not show the private key.
#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "StoredKey", into = "StoredKey")]
pub(super) struct SigningKey(Arc<NamedKey>);

struct NamedKey {
    key_id: String,
    key_pair: KeyPair,
    pkcs8: String,
}

/// A key as it is stored in a file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct StoredKey {
    key_id: String,
    /// PKCS #8 in base64.
    private_key: String,
}

impl SigningKey {
    /// Generates a key. Its id is standard base64, as Cognito's are, so it may contain `/`, `+` and `=`.
    pub(super) fn generate() -> Result<Self, LocalUserPoolError> {
        let key_pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| LocalUserPoolError::Key)?;
        let pkcs8 = key_pair.as_der().map_err(|_| LocalUserPoolError::Key)?;
        let pkcs8 = STANDARD.encode(pkcs8.as_ref());
        Ok(Self(Arc::new(NamedKey { key_id: STANDARD.encode(random::<32>()?), key_pair, pkcs8 })))
    }

    pub(super) fn key_id(&self) -> &str {
        &self.0.key_id
    }

    /// Returns `n` of the JWK.
    pub(super) fn modulus(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.key_pair.public_key().modulus().big_endian_without_leading_zero())
    }

    /// Returns `e` of the JWK.
    pub(super) fn exponent(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.key_pair.public_key().exponent().big_endian_without_leading_zero())
    }

    /// Returns an RS256 signature in base64url.
    pub(super) fn sign(&self, signing_input: &str) -> Result<String, LocalUserPoolError> {
        let key_pair = &self.0.key_pair;
        let mut signature = vec![0; key_pair.public_modulus_len()];
        key_pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signing_input.as_bytes(), &mut signature)
            .map_err(|_| LocalUserPoolError::Key)?;
        Ok(URL_SAFE_NO_PAD.encode(signature))
    }

    /// Whether this key made the signature.
    pub(super) fn has_signed(&self, signing_input: &str, signature: &str) -> bool {
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.0.key_pair.public_key());
        let signature = URL_SAFE_NO_PAD.decode(signature);
        signature.is_ok_and(|signature| public.verify(signing_input.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("key_id", &self.0.key_id).finish_non_exhaustive()
    }
}

impl From<SigningKey> for StoredKey {
    fn from(key: SigningKey) -> Self {
        Self { key_id: key.0.key_id.clone(), private_key: key.0.pkcs8.clone() }
    }
}

impl TryFrom<StoredKey> for SigningKey {
    type Error = &'static str;

    fn try_from(stored: StoredKey) -> Result<Self, Self::Error> {
        let pkcs8 = STANDARD.decode(&stored.private_key).map_err(|_| "a private key is not base64")?;
        let key_pair = KeyPair::from_pkcs8(&pkcs8).map_err(|_| "a private key is not an RSA key in PKCS #8")?;
        Ok(Self(Arc::new(NamedKey { key_id: stored.key_id, key_pair, pkcs8: stored.private_key })))
    }
}

/// Compares two secrets in a time that does not depend on where they differ.
pub(super) fn secrets_equal(a: &str, b: &str) -> bool {
    verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

/// Returns the expected `SECRET_HASH`: HMAC-SHA256 over user name and app client id, in base64.
pub(super) fn secret_hash(client_secret: &str, username: &str, client_id: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, client_secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("{username}{client_id}").as_bytes()))
}

/// Returns the fingerprint that a secret token is stored under: its SHA-256 digest in base64url.
pub(super) fn fingerprint(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.as_bytes()))
}

/// Returns the first 16 bytes of the SHA-256 digest of a text.
pub(super) fn digest(text: &str) -> [u8; 16] {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

/// Returns cryptographically secure random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N], LocalUserPoolError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| LocalUserPoolError::Key)?;
    Ok(bytes)
}

/// Returns a new random UUID.
pub(super) fn uuid() -> Result<String, LocalUserPoolError> {
    Ok(uuid::Builder::from_random_bytes(random()?).into_uuid().to_string())
}

/// Returns an unpredictable opaque string, such as a refresh token.
pub(super) fn opaque() -> Result<String, LocalUserPoolError> {
    Ok(URL_SAFE_NO_PAD.encode(random::<64>()?))
}

/// Returns `length` unpredictable characters: lower-case letters and digits.
pub(super) fn random_name(length: usize) -> Result<String, LocalUserPoolError> {
    let mut name = String::with_capacity(length);
    while name.len() < length {
        let letters = random::<64>()?.into_iter().filter_map(|byte| match byte {
            // 7 × 36 = 252: rejecting larger bytes makes all characters equally likely.
            0..252 => char::from_digit(u32::from(byte % 36), 36),
            252.. => None,
        });
        name.extend(letters.take(length - name.len()));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// HMAC-SHA256 as Python's `hmac` and `base64` make it.
    #[test]
    fn a_secret_hash_is_what_another_library_makes() {
        assert_eq!(secret_hash("secret", "janedoe", "petstore"), "UkyGiHIeHdMq3X5HrrLZ3eHgU4acKl1qtGKPsYKkRf4=");
    }

    #[test]
    fn a_key_comes_back_from_its_stored_form() {
        let key = SigningKey::generate().unwrap();
        let signature = key.sign("a.b").unwrap();
        let stored = serde_json::to_string(&key).unwrap();
        let again: SigningKey = serde_json::from_str(&stored).unwrap();
        assert_eq!(again.key_id(), key.key_id());
        assert!(again.has_signed("a.b", &signature));
        assert!(
            !again.has_signed("a.c", &signature) && !again.has_signed("a.b", "") && !again.has_signed("a.b", "AAAA")
        );
        assert!(!SigningKey::generate().unwrap().has_signed("a.b", &signature));
        let error = serde_json::from_str::<SigningKey>(r#"{"KeyId":"a","PrivateKey":"AAAA"}"#).unwrap_err();
        assert!(!error.to_string().contains("AAAA"), "{error}");
        assert!(!format!("{key:?}").contains("PrivateKey"));
    }

    #[test]
    fn names_are_as_long_as_asked_and_never_the_same() {
        let names = [1, 26, 51, 200].map(|length| (length, random_name(length).unwrap()));
        for (length, name) in &names {
            assert_eq!(name.len(), *length);
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{name}");
        }
        assert_ne!(random_name(26).unwrap(), names[1].1);
    }
}
