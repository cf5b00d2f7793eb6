//! When orders happen: through the day as people shop, in an order that never goes back.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;

/// How much is bought in each hour of the day (UTC).
const HOURS: [u64; 24] =
    [2, 1, 1, 1, 2, 6, 18, 34, 46, 54, 58, 56, 50, 46, 50, 58, 66, 64, 48, 28, 16, 12, 8, 4];

/// Seconds of one day.
pub const DAY: i64 = 86_400;

/// The period over which a number of orders is spread.
#[derive(Debug)]
pub struct Calendar {
    start: i64,
    days: u64,
    orders: u64,
}

impl Calendar {
    /// `orders` orders over `days` days from midnight (UTC) of `start`.
    pub fn new(start: NaiveDate, days: u32, orders: u64) -> Self {
        let start = start.and_time(NaiveTime::MIN).and_utc().timestamp();
        Self { start, days: u64::from(days.max(1)), orders }
    }

    /// Unix seconds at which the period ends.
    pub fn end(&self) -> i64 {
        self.start + DAY * i64::try_from(self.days).unwrap_or(0)
    }

    /// Unix seconds of the order `index`; `jitter` is any 32 bits. Never before that of `index` − 1.
    pub fn order_time(&self, index: u64, jitter: u32) -> i64 {
        let orders = u128::from(self.orders.max(1));
        let days = u128::from(self.days);
        let day = u128::from(index) * days / orders;
        let first = (day * orders).div_ceil(days);
        let next = ((day + 1) * orders).div_ceil(days);
        let place = ((u128::from(index) - first) << 32) + u128::from(jitter);
        let total = u128::from(HOURS.iter().sum::<u64>());
        // A share of the day's shopping, with 32 binary places, walked along the hours.
        let mut share = place * total / (next - first).max(1);
        let mut seconds = 0;
        for hour in HOURS {
            let weight = u128::from(hour) << 32;
            if share < weight {
                seconds += share * 3600 / weight;
                break;
            }
            share -= weight;
            seconds += 3600;
        }
        self.start + i64::try_from(day).unwrap_or(0) * DAY + i64::try_from(seconds).unwrap_or(0)
    }
}

/// The clock on the wall in `zone` at Unix second `at`, and its offset.
pub fn local(at: i64, zone: Tz) -> (NaiveDateTime, FixedOffset) {
    let utc = DateTime::from_timestamp(at, 0).unwrap_or_default().naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix();
    (utc + offset, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_back_and_stays_inside() {
        let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        for (days, orders) in [(30, 10_000), (365, 100), (1, 7), (3, 1)] {
            let calendar = Calendar::new(start, days, orders);
            let times: Vec<i64> = (0..orders)
                .flat_map(|index| [calendar.order_time(index, 0), calendar.order_time(index, u32::MAX)])
                .collect();
            assert!(times.is_sorted());
            assert!(times.first() >= Some(&calendar.start) && times.last() < Some(&calendar.end()));
        }
    }
}
