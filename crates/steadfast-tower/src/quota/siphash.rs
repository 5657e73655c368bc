//! SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of which nobody learns the input without the key.
//!
//! The standard library's hashers either cannot be given a key or promise nothing about their algorithm, and this one
//! has to give the same number in every version, because the numbers are kept in files.

/// Hashes bytes with a key of 128 bits.
pub(super) fn hash(key: [u64; 2], bytes: &[u8]) -> u64 {
    let mut state = [
        key[0] ^ 0x736f_6d65_7073_6575,
        key[1] ^ 0x646f_7261_6e64_6f6d,
        key[0] ^ 0x6c79_6765_6e65_7261,
        key[1] ^ 0x7465_6462_7974_6573,
    ];
    let mut compress = |word: u64| {
        state[3] ^= word;
        round(&mut state);
        round(&mut state);
        state[0] ^= word;
    };
    let words = bytes.chunks_exact(8);
    let rest = words.remainder();
    for word in words {
        compress(little_endian(word));
    }
    // The last word has the length in its highest byte.
    compress(little_endian(rest) | (bytes.len() as u64) << 56);
    state[2] ^= 0xff;
    for _ in 0..4 {
        round(&mut state);
    }
    state[0] ^ state[1] ^ state[2] ^ state[3]
}

fn little_endian(bytes: &[u8]) -> u64 {
    let bytes = bytes.iter().rev();
    bytes.fold(0, |word, byte| word << 8 | u64::from(*byte))
}

const fn round(state: &mut [u64; 4]) {
    let [a, b, c, d] = *state;
    let a = a.wrapping_add(b);
    let b = b.rotate_left(13) ^ a;
    let a = a.rotate_left(32);
    let c = c.wrapping_add(d);
    let d = d.rotate_left(16) ^ c;
    let a = a.wrapping_add(d);
    let d = d.rotate_left(21) ^ a;
    let c = c.wrapping_add(b);
    let b = b.rotate_left(17) ^ c;
    *state = [a, b, c.rotate_left(32), d];
}

#[cfg(test)]
mod tests {
    use std::hash::Hasher as _;

    use super::*;

    #[test]
    fn it_is_the_hash_of_the_paper() {
        let key = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
        let input: Vec<u8> = (0..15).collect();
        assert_eq!(hash(key, &input), 0xa129_ca61_49be_45e5);
    }

    #[test]
    #[expect(deprecated, reason = "another implementation to compare with")]
    fn it_is_the_hash_of_the_standard_library() {
        for length in 0..100 {
            let input: Vec<u8> = (0..length).map(|byte: u8| byte.wrapping_mul(37)).collect();
            let key = [0x0123_4567_89ab_cdef ^ u64::from(length), 77];
            let mut other = std::hash::SipHasher::new_with_keys(key[0], key[1]);
            other.write(&input);
            assert_eq!(hash(key, &input), other.finish());
        }
    }
}
