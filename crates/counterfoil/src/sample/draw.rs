//! Numbers drawn from a seed: one stream for each thing drawn, so that any of them can be drawn again alone.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A source of numbers that depends on nothing but its seed and its stream.
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream `stream` of `seed`. Equal arguments give equal numbers on every machine.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Any 32 bits.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number from 0 to `bound` − 1; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // Multiplying instead of dividing is enough here: bounds are far below 2³², so the bias is too.
        (u64::from(self.0.next_u32()) * bound) >> 32
    }

    /// A number from `from` to `to`, both included.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        let span = u64::try_from(to - from).unwrap_or(0) + 1;
        from + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// True in `percent` of a hundred cases.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.permille(percent * 10)
    }

    /// True in `permille` of a thousand cases.
    pub fn permille(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// One of `choices`, each as likely as the others; nothing only when there are none.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let length = u64::try_from(choices.len()).unwrap_or(0);
        usize::try_from(self.below(length)).ok().and_then(|at| choices.get(at))
    }

    /// A word of `length` random lower-case letters and digits, for searches that must find nothing by chance.
    pub fn word(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
        (0..length).filter_map(|_| self.pick(LETTERS).copied()).map(char::from).collect()
    }
}
