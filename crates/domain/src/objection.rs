//! What a customer can object to (GDPR Art. 21). An objection is a right: it stands until the customer lifts it.

use std::fmt;
use std::str::FromStr;

use crate::config_object::{Id, Processing};

/// A way on which a customer can be contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// E-mail.
    Email,
    /// Telephone.
    Phone,
    /// Short messages.
    Sms,
    /// Letters.
    Post,
    /// Notices of the retailer's app.
    App,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Email, Self::Phone, Self::Sms, Self::Post, Self::App];

    /// The word stored and shown to apps.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Sms => "sms",
            Self::Post => "post",
            Self::App => "app",
        }
    }

    /// Reads [`Channel::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

/// What an objection is about; as text `marketing`, `channel/email`, `purpose/p7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// All direct marketing (Art. 21(2)).
    Marketing,
    /// Being contacted on one way.
    Channel(Channel),
    /// One purpose (Art. 21(1)).
    Purpose(Id),
}

/// A text that names nothing that can be objected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be marketing, channel/email, channel/phone, channel/sms, channel/post, channel/app or purpose/ID"
)]
pub struct NoSubject;

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Marketing => f.write_str("marketing"),
            Self::Channel(channel) => write!(f, "channel/{}", channel.name()),
            Self::Purpose(id) => write!(f, "purpose/{id}"),
        }
    }
}

impl FromStr for Subject {
    type Err = NoSubject;

    fn from_str(text: &str) -> Result<Self, NoSubject> {
        match text.split_once('/') {
            None if text == "marketing" => Ok(Self::Marketing),
            Some(("channel", name)) => Channel::from_name(name).map(Self::Channel).ok_or(NoSubject),
            Some(("purpose", id)) => Id::new(id).map(Self::Purpose).map_err(|_| NoSubject),
            _ => Err(NoSubject),
        }
    }
}

/// Purposes of DPV that are direct marketing: an objection to marketing covers them.
const MARKETING: [&str; 8] = [
    "Marketing",
    "DirectMarketing",
    "SocialMediaMarketing",
    "Advertising",
    "PersonalisedAdvertising",
    "TargetedAdvertising",
    "PublicRelations",
    "SellProductsToDataSubject",
];

/// Lawful bases that leave the customer no choice: contract, law, vital interests (GDPR Art. 6(1)(b) to (d)).
const WITHOUT_CHOICE: [&str; 3] = ["eu-gdpr:A6-1-b", "eu-gdpr:A6-1-c", "eu-gdpr:A6-1-d"];

impl Processing {
    /// Whether an objection to marketing covers it.
    pub fn is_marketing(&self) -> bool {
        self.purpose.rsplit_once('#').is_some_and(|(_, term)| MARKETING.contains(&term))
    }

    /// Whether the customer can say no to it.
    pub fn is_optional(&self) -> bool {
        !WITHOUT_CHOICE.contains(&self.lawful_basis.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_one_spelling() {
        for text in ["marketing", "channel/email", "channel/app", "purpose/p7"] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        for text in ["", "Marketing", "marketing/", "channel/fax", "purpose/diabetes", "purpose", "x/p7"] {
            assert_eq!(text.parse::<Subject>(), Err(NoSubject), "{text}");
        }
    }
}
