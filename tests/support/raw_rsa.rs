//! Raw RSA without padding: signatures over any block of octets, which no library makes.
//!
//! aws-lc-rs generates the key; the private part is read from PKCS#8 (RFC 5208, RFC 8017 A.1.2). The arithmetic is not
//! constant-time, because the keys protect nothing.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use num_bigint::BigUint;
use serde_json::{Value, json};

/// A private key with its CRT values, which make signing four times faster (RFC 8017 §5.1.2, 2b).
pub struct RawKey {
    /// The same key for signatures that a library can make.
    pub pair: KeyPair,
    pub n: BigUint,
    pub e: BigUint,
    p: BigUint,
    q: BigUint,
    d_p: BigUint,
    d_q: BigUint,
    q_inverse: BigUint,
}

impl RawKey {
    /// Generates a key of 2,048 bits.
    pub fn generate() -> Self {
        let der: Pkcs8V1Der<'_> = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
        Self::from_pkcs8(der.as_ref())
    }

    pub fn from_pkcs8(der: &[u8]) -> Self {
        let [_, _, wrapped] = &elements(elements(der)[0])[..] else { panic!("PrivateKeyInfo") };
        let numbers = elements(elements(wrapped)[0]);
        let number = |place: usize| BigUint::from_bytes_be(numbers[place]);
        let (n, e, p, q) = (number(1), number(2), number(4), number(5));
        let (d_p, d_q, q_inverse) = (number(6), number(7), number(8));
        Self { pair: KeyPair::from_pkcs8(der).unwrap(), n, e, p, q, d_p, d_q, q_inverse }
    }

    /// Returns the modulus, big-endian.
    pub fn modulus(&self) -> Vec<u8> {
        self.n.to_bytes_be()
    }

    /// Returns the length of the modulus, and of a signature, in octets.
    pub fn size(&self) -> usize {
        usize::try_from(self.n.bits().div_ceil(8)).unwrap()
    }

    pub fn jwk(&self, kid: &str, algorithm: &str) -> Value {
        let octets = |number: &BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        json!({"kty": "RSA", "kid": kid, "alg": algorithm, "n": octets(&self.n), "e": octets(&self.e)})
    }

    /// Raises the block to the power of the private exponent: the signature of any block (RFC 8017 §5.2.1). The block must be
    /// less than the modulus.
    pub fn power(&self, block: &[u8]) -> Vec<u8> {
        let message = BigUint::from_bytes_be(block);
        assert!(message < self.n, "the block is too large");
        let of_p = message.modpow(&self.d_p, &self.p);
        let of_q = message.modpow(&self.d_q, &self.q);
        let h = ((of_p + &self.p * 2_u8 - &of_q % &self.p) * &self.q_inverse) % &self.p;
        self.octets(&(of_q + h * &self.q))
    }

    /// Encodes a number with the length of a signature.
    pub fn octets(&self, number: &BigUint) -> Vec<u8> {
        let octets = number.to_bytes_be();
        [vec![0; self.size().checked_sub(octets.len()).expect("not so large")], octets].concat()
    }

    /// Pads any octets as EMSA-PKCS1-v1_5 does (RFC 8017 §9.2): `00 01 ff … ff 00`, then the octets.
    pub fn padded(&self, digest_info: &[u8]) -> Vec<u8> {
        let fill = self.size() - 3 - digest_info.len();
        [&[0, 1][..], &vec![0xff; fill], &[0], digest_info].concat()
    }
}

/// Returns the contents of consecutive DER values.
fn elements(mut der: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let [_, length, rest @ ..] = der {
        let octets = usize::from(length & 0x7f);
        let (length, rest) = if *length < 0x80 {
            (octets, rest)
        } else {
            let (length, rest) = rest.split_at(octets);
            (length.iter().fold(0, |value, octet| value << 8 | usize::from(*octet)), rest)
        };
        let (content, rest) = rest.split_at(length);
        found.push(content);
        der = rest;
    }
    found
}
