//! From messages to what customers are served, through the whole of ingest on each database.

#[cfg(test)]
mod batches;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod checking;
#[cfg(test)]
#[path = "../../../store/tests/contract/database.rs"]
mod database;
#[cfg(test)]
mod forgetting;
#[cfg(test)]
mod housekeeping;
#[cfg(test)]
mod identities;
#[cfg(test)]
mod meeting;
#[cfg(test)]
mod past;
#[cfg(test)]
mod quarantined;
#[cfg(test)]
mod realm;
