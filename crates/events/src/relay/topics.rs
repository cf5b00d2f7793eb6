//! How the topics are set up in Kafka.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// How long Kafka may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A topic as Kafka has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How many partitions it has.
    pub partitions: usize,
    /// Its settings, by Kafka's names.
    pub settings: BTreeMap<String, String>,
}

/// Asks Kafka how a topic is set up; `None` where there is none of that name.
///
/// # Errors
/// Kafka's; it is not reachable, or does not tell.
pub async fn look(
    brokers: &str,
    properties: &BTreeMap<String, String>,
    topic: &str,
) -> Result<Option<Found>, KafkaError> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    for (name, value) in properties {
        config.set(name, value);
    }
    let client: AdminClient<DefaultClientContext> = config.create()?;
    let metadata = client.inner().fetch_metadata(Some(topic), PATIENCE)?;
    let partitions =
        metadata.topics().iter().find(|one| one.name() == topic).map_or(0, |one| one.partitions().len());
    if partitions == 0 {
        return Ok(None);
    }
    let options = AdminOptions::new().request_timeout(Some(PATIENCE));
    let described = client.describe_configs(&[ResourceSpecifier::Topic(topic)], &options).await?;
    let described = match described.into_iter().next() {
        Some(Ok(described)) => described,
        Some(Err(RDKafkaErrorCode::UnknownTopicOrPartition)) | None => return Ok(None),
        Some(Err(code)) => return Err(KafkaError::AdminOp(code)),
    };
    let told = described.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?)));
    Ok(Some(Found { partitions, settings: told.collect() }))
}
