//! Random numbers from a seed, and texts that are found again.

/// SplitMix64 (Steele, Lea and Flood 2014): enough for drawing cases, and fast.
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % end.max(1)
    }

    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        first + i64::try_from(self.below(usize::try_from(last - first + 1).unwrap())).unwrap()
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// A text that occurs nowhere else.
pub type Marker = u32;

/// As it is sent.
pub fn text(marker: Marker) -> String {
    format!("Zq{marker:06}z")
}

/// The markers in a text, by number.
pub fn found(text: &str, count: Marker) -> Vec<bool> {
    let mut found = vec![false; usize::try_from(count).unwrap()];
    for (place, _) in text.match_indices("Zq") {
        let number: usize = text[place + 2..place + 8].parse().unwrap();
        found[number] = true;
    }
    found
}
