//! The API through its real routes, with real tokens and proofs, on a database of its own.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod app;
#[cfg(test)]
mod auditing;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod choices;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod polls;
#[cfg(test)]
mod realm;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod shop;
