//! Chance that a seed and a number decide.

/// The finishing steps of SplitMix64 (Steele, Lea, Flood 2014). The n-th request has the same luck whichever client sent
/// it.
#[must_use]
pub fn chance(seed: u64, n: u64) -> u64 {
    let mut mixed = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = mixed.wrapping_add(seed.wrapping_mul(0xd134_2543_de82_ef95));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Whether the n-th request is among so many percent.
#[must_use]
pub fn hit(percent: u32, seed: u64, n: u64) -> bool {
    chance(seed, n) % 100 < percent.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_that_is_hit_is_the_share_that_was_asked_for() {
        for percent in [0, 1, 5, 20, 100] {
            for seed in 1..=5 {
                let hits = (0..100_000).filter(|n| hit(percent, seed, *n)).count();
                let asked = percent as usize * 1_000;
                assert!(hits.abs_diff(asked) < 500, "{hits} of {asked}, seed {seed}");
            }
        }
    }

    #[test]
    fn another_seed_hits_others() {
        let hits = |seed| (0..1_000).map(move |n| hit(20, seed, n));
        assert!(hits(1).eq(hits(1)));
        assert!(hits(1).ne(hits(2)));
    }
}
