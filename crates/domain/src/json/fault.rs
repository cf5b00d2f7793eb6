//! Why a text was refused, and where.

/// One rule that a message can break. [`Reason::code`] is what quarantine groups by, so codes never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    AmountDecimals,
    AmountOutOfRange,
    AmbiguousAllocation,
    DuplicateId,
    DuplicateKey,
    Empty,
    EmptyList,
    InvalidJson,
    InvalidUtf8,
    MessageTooLarge,
    MissingField,
    NoEnvelope,
    NoOffset,
    NotADate,
    NotADecimal,
    NotATime,
    NotFourDigits,
    NulCharacter,
    OrderOutOfRange,
    SameCustomer,
    TooDeep,
    TooLong,
    TooMany,
    TooManyNamed,
    UnknownCurrency,
    UnknownTimezone,
    UnknownVersion,
    UnknownWord,
    UnsupportedContent,
    WrongType,
}

impl Reason {
    pub(crate) fn code(self) -> &'static str {
        self.words().0
    }

    pub(crate) fn detail(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::AmountDecimals => ("amount_decimals", "more decimal places than allowed here"),
            Self::AmountOutOfRange => {
                ("amount_out_of_range", "more than 15 digits before the dot, or a sum too large to keep")
            }
            Self::AmbiguousAllocation => {
                ("ambiguous_allocation", "an allocation names exactly one of lineId, chargeId and other")
            }
            Self::DuplicateId => ("duplicate_id", "an id that must be unique in its list comes twice"),
            Self::DuplicateKey => ("duplicate_key", "a key comes twice in one object"),
            Self::Empty => ("empty", "an id or name is empty"),
            Self::EmptyList => ("empty_list", "a list that must name at least one names none"),
            Self::InvalidJson => ("invalid_json", "the text is not JSON from here on"),
            Self::InvalidUtf8 => ("invalid_utf8", "the bytes are not UTF-8"),
            Self::MessageTooLarge => ("message_too_large", "the message is larger than 4 MiB"),
            Self::MissingField => ("missing_field", "a required member is absent or null"),
            Self::NoEnvelope => ("no_envelope", "neither a structured nor a binary CloudEvents 1.0 event"),
            Self::NoOffset => ("no_offset", "a time without offset, and no time zone is known for it"),
            Self::NotADate => ("not_a_date", "not a date of the form YYYY-MM-DD"),
            Self::NotADecimal => ("not_a_decimal", "not a decimal number with a dot and without grouping"),
            Self::NotATime => ("not_a_time", "not an RFC 3339 time"),
            Self::NotFourDigits => ("not_four_digits", "exactly the last four digits may be given"),
            Self::NulCharacter => ("nul_character", "U+0000 is not allowed anywhere"),
            Self::OrderOutOfRange => ("revision_out_of_range", "a revision is an integer from 0 to 2^53"),
            Self::SameCustomer => ("same_customer", "from and into are the same customer"),
            Self::TooDeep => ("too_deep", "nested more than 16 deep"),
            Self::TooLong => {
                ("too_long", "a string over 1,024 characters, an id over 128, or a scheme over 64")
            }
            Self::TooMany => ("too_many_lines", "more than 10,000 lines"),
            Self::TooManyNamed => ("too_many_named", "more than 10,000 orders, or more than 1,000 aliases"),
            Self::UnknownCurrency => ("unknown_currency", "not a currency code of ISO 4217"),
            Self::UnknownTimezone => ("unknown_timezone", "not a time zone of the IANA database"),
            Self::UnknownVersion => ("unknown_specversion", "CloudEvents of another version than 1.0"),
            Self::UnknownWord => ("unknown_word", "not one of the words of this closed list"),
            Self::UnsupportedContent => ("unsupported_content", "the data is not JSON"),
            Self::WrongType => ("wrong_type", "another JSON type than this member has"),
        }
    }
}

/// A broken rule, and the JSON pointer (RFC 6901) of where it is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: Reason,
    pub(crate) pointer: String,
}
