//! RSA without padding, by hand: what a forger of paddings needs, and what no library hands out.
//!
//! In: a private key as PKCS #8, and a message as long as its modulus. Out: message^d mod n. Slow, and not constant in
//! time: for the keys of tests.
#![allow(clippy::as_conversions, reason = "halves of products")]

/// Big numbers are limbs, the lowest first.
pub struct RawKey {
    modulus: Vec<u64>,
    exponent: Vec<u64>,
    /// −1/n mod 2^64.
    inverse: u64,
}

impl RawKey {
    /// RFC 5208 §5, RFC 8017 §A.1.2.
    pub fn from_pkcs8(der: &[u8]) -> Self {
        let (info, _) = element(der);
        let (_version, rest) = element(info);
        let (_algorithm, rest) = element(rest);
        let (key, _) = element(rest);
        let (numbers, _) = element(key);
        let (_version, rest) = element(numbers);
        let (modulus, rest) = element(rest);
        let (_public_exponent, rest) = element(rest);
        let (exponent, _) = element(rest);
        let (modulus, exponent) = (limbs(modulus), limbs(exponent));
        let lowest = modulus[0];
        // Each step doubles the number of bits that are right.
        let inverse = (0..6).fold(lowest, |x, _| x.wrapping_mul(2_u64.wrapping_sub(lowest.wrapping_mul(x))));
        Self { modulus, exponent, inverse: inverse.wrapping_neg() }
    }

    /// The modulus, big-endian.
    pub fn modulus(&self) -> Vec<u8> {
        bytes(&self.modulus)
    }

    /// The message to the power of the private exponent, modulo n.
    pub fn power(&self, message: &[u8]) -> Vec<u8> {
        let mut message = limbs(message);
        message.resize(self.modulus.len(), 0);
        let one: Vec<u64> = (0..self.modulus.len()).map(|place| u64::from(place == 0)).collect();
        // 2^(2·64·limbs) mod n takes numbers into Montgomery's form.
        let mut into = one.clone();
        for _ in 0..2 * 64 * self.modulus.len() {
            let carry = into.last().unwrap() >> 63;
            let doubled: Vec<u64> =
                (0..into.len()).map(|i| into[i] << 1 | if i == 0 { 0 } else { into[i - 1] >> 63 }).collect();
            into = self.reduced(doubled, carry);
        }
        let base = self.product(&message, &into);
        let mut power = self.product(&one, &into);
        for limb in self.exponent.iter().rev() {
            for bit in (0..64).rev() {
                power = self.product(&power, &power);
                if limb >> bit & 1 == 1 {
                    power = self.product(&power, &base);
                }
            }
        }
        bytes(&self.product(&power, &one))
    }

    /// a·b/2^(64·limbs) mod n (Montgomery's product).
    fn product(&self, a: &[u64], b: &[u64]) -> Vec<u64> {
        let count = self.modulus.len();
        let mut sum = vec![0; count + 2];
        for a in a {
            let high = add_product(&mut sum, *a, b);
            let (top, over) = sum[count].overflowing_add(high);
            sum[count] = top;
            sum[count + 1] = u64::from(over);
            let times = sum[0].wrapping_mul(self.inverse);
            let high = add_product(&mut sum, times, &self.modulus);
            let (top, over) = sum[count].overflowing_add(high);
            sum[count] = top;
            sum[count + 1] += u64::from(over);
            sum.remove(0);
            sum.push(0);
        }
        let carry = sum[count];
        sum.truncate(count);
        self.reduced(sum, carry)
    }

    /// The number, or the number less the modulus.
    fn reduced(&self, number: Vec<u64>, carry: u64) -> Vec<u64> {
        let mut borrow = false;
        let less: Vec<u64> = number
            .iter()
            .zip(&self.modulus)
            .map(|(a, b)| {
                let (difference, under) = a.overflowing_sub(*b);
                let (difference, under_again) = difference.overflowing_sub(u64::from(borrow));
                borrow = under || under_again;
                difference
            })
            .collect();
        if borrow && carry == 0 { number } else { less }
    }
}

/// Adds a·b, and gives what is to be added behind the limbs of b.
fn add_product(sum: &mut [u64], a: u64, b: &[u64]) -> u64 {
    let mut carry = 0;
    for (sum, b) in sum.iter_mut().zip(b) {
        let product = u128::from(a) * u128::from(*b) + u128::from(*sum) + carry;
        *sum = product as u64;
        carry = product >> 64;
    }
    carry as u64
}

/// The content of a DER element, and what follows it.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, start) = match der[1] {
        short @ ..0x80 => (usize::from(short), 2),
        long => {
            let octets = usize::from(long & 0x7f);
            (der[2..2 + octets].iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), 2 + octets)
        }
    };
    (&der[start..start + length], &der[start + length..])
}

fn limbs(big_endian: &[u8]) -> Vec<u64> {
    let limb = |octets: &[u8]| octets.iter().fold(0, |limb, octet| limb << 8 | u64::from(*octet));
    let mut limbs: Vec<u64> = big_endian.rchunks(8).map(limb).collect();
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
    limbs
}

fn bytes(limbs: &[u64]) -> Vec<u8> {
    limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect()
}
