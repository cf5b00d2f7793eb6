//! Believable orders of a retailer that does not exist, from a seed: for the demo, for measurements and for trying
//! an installation out. Nothing here reads a clock, a file or an environment; equal arguments give equal bytes.
//!
//! The records are the canonical form of the order stream: structured CloudEvents of `order.recorded.v1`,
//! `return.recorded.v1` and `refund.recorded.v1`, in rising order of their time.

mod basket;
mod calendar;
mod catalogue;
mod customers;
mod draw;
mod figures;
mod order;
mod payment;
mod records;
mod returns;
mod shops;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use chrono::NaiveDate;

use self::basket::World;
use self::catalogue::Catalogue;
use self::customers::Customers;
pub use self::records::{Records, Trickle};

/// One message of the order stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The message's key: the customer's id.
    pub key: String,
    /// The message's value.
    pub json: String,
}

/// What is to be generated.
#[derive(Clone, Debug)]
pub struct Sample {
    /// How many customers there are, at least one.
    pub customers: u64,
    /// How many orders they make. Revisions, returns, refunds and repeated messages come on top.
    pub orders: u64,
    /// Chooses everything that is left to chance.
    pub seed: u64,
    /// First day (UTC) of the period.
    pub start: NaiveDate,
    /// Length of the period, at least one day. What would happen after its end has not happened.
    pub days: u32,
    /// Customer ids of 20 and product names of 24 random characters, to search for in files and logs.
    pub random_ids: bool,
    /// Customers 005 and 006 are somebody in particular: one shares a card, one has gone quiet.
    pub personas: bool,
}

impl Sample {
    /// All records, by rising time.
    pub fn records(&self) -> Records {
        Records::new(self)
    }

    /// Orders at any time asked for, by the same customers, with numbers apart from those of [`Self::records`].
    pub fn trickle(&self) -> Trickle {
        Trickle::new(self)
    }

    fn world(&self) -> World {
        let customers = Customers {
            count: self.customers.max(1),
            seed: self.seed,
            random_ids: self.random_ids,
            personas: self.personas,
        };
        World { catalogue: Catalogue::new(self.seed, self.random_ids), customers }
    }
}

/// Writes all records, one a line: key, TAB, JSON.
///
/// # Errors
/// Those of `out`.
pub fn write(sample: &Sample, out: &mut impl Write) -> io::Result<()> {
    for record in sample.records() {
        out.write_all(record.key.as_bytes())?;
        out.write_all(b"\t")?;
        out.write_all(record.json.as_bytes())?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
