//! Spreads work that needs nothing but its items over the cores.

use std::num::NonZeroUsize;
use std::thread;

/// Threads at most: the database has work to do as well.
const THREADS: usize = 4;
/// Fewer items than this are not worth a thread.
const FEW: usize = 256;

/// Gives `work` the items in as many runs as there are threads, and what it makes of them in the items' order.
pub(crate) fn spread<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(THREADS);
    if threads == 1 || items.len() < FEW {
        return vec![work(items)];
    }
    let work = &work;
    thread::scope(|scope| {
        let running: Vec<_> =
            items.chunks(items.len().div_ceil(threads)).map(|run| scope.spawn(move || work(run))).collect();
        let joined = running.into_iter().map(|thread| match thread.join() {
            Ok(made) => made,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_comes_in_the_order_of_the_items() {
        for count in [0, 1, FEW - 1, FEW, 1_001] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> =
                spread(&items, |run| run.iter().map(|n| n * 2).collect::<Vec<_>>()).concat();
            assert_eq!(doubled, items.iter().map(|n| n * 2).collect::<Vec<_>>());
        }
    }
}
