//! The closed catalogue: every type that an entry can have, in one table.

/// What an entry is about, as the catalogue groups its types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// What decisions rest on, and which apps there are. No person stands behind these entries.
    Configuration,
    /// A customer's instruction to give an app data.
    Grant,
    /// A customer's consent to one purpose.
    Consent,
    /// What a customer told the retailer.
    Volunteered,
    /// What was promised in return.
    Value,
    /// Objections, corrections, erasures, and who a person is.
    Rights,
    /// Telling those who hold copies.
    Propagation,
    /// What left, and who looked.
    Access,
    /// The ledger about itself.
    Operation,
}

/// In which log entries of a type stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Home {
    /// The consent log.
    Consent,
    /// The access log.
    Access,
    /// Whichever of the two it is about.
    Either,
}

/// A line of the catalogue.
struct Line {
    name: &'static str,
    family: Family,
    home: Home,
    decides: bool,
}

/// Makes the enum from one table: variant, name, home, and whether it decides.
macro_rules! catalogue {
    ($($family:ident: { $($(#[$doc:meta])* $variant:ident = $name:literal, $home:ident, $decides:literal;)* })*) => {
        /// The types an entry can have. The catalogue is closed: there is no other.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EntryType {
            $($($(#[$doc])* $variant,)*)*
        }

        impl EntryType {
            /// All of them, in the order of the catalogue.
            pub const ALL: &[Self] = &[$($(Self::$variant,)*)*];

            fn line(self) -> Line {
                match self {
                    $($(Self::$variant => Line {
                        name: $name,
                        family: Family::$family,
                        home: Home::$home,
                        decides: $decides,
                    },)*)*
                }
            }
        }
    };
}

impl EntryType {
    /// The name in the catalogue.
    pub fn name(self) -> &'static str {
        self.line().name
    }

    /// The family it belongs to.
    pub fn family(self) -> Family {
        self.line().family
    }

    /// The log in which it stands.
    pub fn home(self) -> Home {
        self.line().home
    }

    /// Whether an entry of this type decides something about a person, and so may not lack a legal basis.
    pub fn is_decision(self) -> bool {
        self.line().decides
    }

    /// Reads [`EntryType::name`]; nothing for a name that the catalogue does not have.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|entry_type| entry_type.name() == name)
    }

    /// Whether an entry of this type says that data left. It stands in the access log and rests on no configuration.
    pub fn is_disclosure(self) -> bool {
        matches!(self, Self::DisclosureApp | Self::DisclosureDownload | Self::DisclosureStaff)
    }
}

catalogue! {
    Configuration: {
        /// An object that decisions can rest on was published.
        ConfigPublished = "config.published", Consent, false;
        /// An object was taken out of use; what rests on it stands.
        ConfigRetired = "config.retired", Consent, false;
        /// An app was registered.
        AppRegistered = "app.registered", Consent, false;
        /// An app's registration changed, or somebody approved it.
        AppChanged = "app.changed", Consent, false;
        /// An app was not let in.
        AppRefused = "app.refused", Consent, false;
        /// An app was stopped.
        AppSuspended = "app.suspended", Consent, false;
        /// A stopped app may go on.
        AppReinstated = "app.reinstated", Consent, false;
    }
    Grant: {
        /// A consent page was first shown.
        GrantRequested = "grant.requested", Consent, false;
        /// The customer said yes.
        GrantGiven = "grant.given", Consent, true;
        /// The customer changed what a grant lets out.
        GrantAmended = "grant.amended", Consent, true;
        /// The customer said no.
        GrantRefused = "grant.refused", Consent, true;
        /// The customer stopped it for a while.
        GrantPaused = "grant.paused", Consent, true;
        /// The customer let a paused grant go on.
        GrantResumed = "grant.resumed", Consent, true;
        /// The code was never redeemed.
        GrantLapsed = "grant.lapsed", Consent, true;
        /// A grant for a single use was used.
        GrantFulfilled = "grant.fulfilled", Consent, true;
        /// The customer stopped sharing.
        GrantWithdrawn = "grant.withdrawn", Consent, true;
        /// The app ended its own grant.
        GrantEnded = "grant.ended", Consent, true;
        /// The retailer ended the grant, with a reason.
        GrantRevoked = "grant.revoked", Consent, true;
        /// The agreed duration is over.
        GrantExpired = "grant.expired", Consent, true;
        /// The customer was told that the grant still stands.
        GrantReminded = "grant.reminded", Consent, false;
        /// The app was asked to delete what it has.
        GrantDeletionAsked = "grant.deletion_asked", Consent, false;
        /// The app said whether it did.
        GrantDeletionAnswered = "grant.deletion_answered", Consent, false;
    }
    Consent: {
        /// An ask was first shown.
        ConsentRequested = "consent.requested", Consent, false;
        /// The customer said yes.
        ConsentGiven = "consent.given", Consent, true;
        /// The customer said no.
        ConsentRefused = "consent.refused", Consent, true;
        /// The customer wants to be asked later.
        ConsentDeferred = "consent.deferred", Consent, true;
        /// Nobody answered in time.
        ConsentLapsed = "consent.lapsed", Consent, true;
        /// The customer said yes again.
        ConsentRenewed = "consent.renewed", Consent, true;
        /// The customer changed what they agreed to.
        ConsentAmended = "consent.amended", Consent, true;
        /// The customer took it back.
        ConsentWithdrawn = "consent.withdrawn", Consent, true;
        /// The retailer ended it, with a reason.
        ConsentRevoked = "consent.revoked", Consent, true;
        /// It turned out never to have been valid.
        ConsentInvalidated = "consent.invalidated", Consent, true;
        /// Its time is over.
        ConsentExpired = "consent.expired", Consent, true;
        /// The customer was told that it still stands.
        ConsentReminded = "consent.reminded", Consent, false;
    }
    Volunteered: {
        /// The customer told something.
        VolunteeredSubmitted = "volunteered.submitted", Consent, true;
        /// The customer corrected it.
        VolunteeredCorrected = "volunteered.corrected", Consent, true;
        /// The customer took it back.
        VolunteeredWithdrawn = "volunteered.withdrawn", Consent, true;
        /// It is kept no longer.
        VolunteeredExpired = "volunteered.expired", Consent, true;
        /// A system of the retailer was handed it.
        VolunteeredFetched = "volunteered.fetched", Consent, false;
        /// A system of the retailer reported that it used it.
        VolunteeredUsed = "volunteered.used", Consent, false;
    }
    Value: {
        /// Something was promised in return.
        ValuePromised = "value.promised", Consent, false;
        /// What was promised is to be given now.
        ValueDue = "value.due", Consent, false;
        /// It was given.
        ValueDelivered = "value.delivered", Consent, false;
        /// It was not given in time.
        ValueOverdue = "value.overdue", Consent, false;
        /// It is no longer owed: what it was for was never fetched.
        ValueForgone = "value.forgone", Consent, false;
    }
    Rights: {
        /// The customer objected.
        ObjectionRaised = "objection.raised", Consent, true;
        /// The customer no longer objects.
        ObjectionLifted = "objection.lifted", Consent, true;
        /// The customer asked for a correction.
        RectificationRequested = "rectification.requested", Consent, true;
        /// The retailer answered that.
        RectificationAnswered = "rectification.answered", Consent, true;
        /// The customer asked for everything about them.
        AccessRequested = "access.requested", Consent, true;
        /// The retailer answered that.
        AccessAnswered = "access.answered", Consent, true;
        /// Somebody who may asked to erase a customer.
        ErasureRequested = "erasure.requested", Consent, true;
        /// What was to be erased is gone.
        ErasureCompleted = "erasure.completed", Consent, true;
        /// A separate pass looked everywhere and found nothing left.
        ErasureVerified = "erasure.verified", Consent, false;
        /// The customer hid something from every app.
        RestrictionSet = "restriction.set", Consent, true;
        /// The customer showed again what was hidden from every app.
        RestrictionLifted = "restriction.lifted", Consent, true;
        /// The customer stopped telling the retailer.
        PersonGoneDark = "person.gone_dark", Consent, true;
        /// The customer started again.
        PersonReturned = "person.returned", Consent, true;
        /// Two customers turned out to be one.
        PersonMerged = "person.merged", Consent, false;
        /// One customer turned out to be two.
        PersonSplit = "person.split", Consent, false;
    }
    Propagation: {
        /// Somebody who holds a copy was told.
        PropagationSent = "propagation.sent", Consent, false;
        /// They confirmed that they acted on it.
        PropagationAcknowledged = "propagation.acknowledged", Consent, false;
        /// They did not confirm in time.
        PropagationOverdue = "propagation.overdue", Consent, false;
        /// The customer was sent a receipt.
        ReceiptSent = "receipt.sent", Consent, false;
    }
    Access: {
        /// Data left to an app.
        DisclosureApp = "disclosure.app", Access, false;
        /// Data left to the customer as a file.
        DisclosureDownload = "disclosure.download", Access, false;
        /// Data was shown to a member of staff.
        DisclosureStaff = "disclosure.staff", Access, false;
        /// A member of staff searched; those found are entries of their own.
        StaffSearched = "staff.searched", Access, false;
        /// A member of staff was not let in.
        StaffDenied = "staff.denied", Access, false;
        /// A member of staff went past a block, which is reviewed.
        StaffBreakGlass = "staff.break_glass", Access, false;
        /// Somebody reviewed what the staff looked at.
        StaffReviewed = "staff.reviewed", Access, false;
        /// A member of staff may do more, or less.
        StaffRoleChanged = "staff.role_changed", Access, false;
        /// Evidence was asked for.
        ExportRequested = "export.requested", Access, false;
        /// A second person allowed it.
        ExportApproved = "export.approved", Access, false;
        /// A second person did not.
        ExportDenied = "export.denied", Access, false;
        /// The evidence was made.
        ExportGenerated = "export.generated", Access, false;
        /// What would be destroyed is kept for a case.
        HoldPlaced = "hold.placed", Access, false;
        /// It is kept no longer.
        HoldReleased = "hold.released", Access, false;
    }
    Operation: {
        /// The size of a log at a time that its checkpoint says nothing of.
        CheckpointPublished = "checkpoint.published", Either, false;
        /// A key has a successor.
        KeyRotated = "key.rotated", Either, false;
        /// A key is gone, and what it sealed with it.
        KeyDestroyed = "key.destroyed", Either, false;
        /// A generation of a log begins.
        LogOpened = "log.opened", Either, false;
        /// A restored database was accepted.
        RestoreAccepted = "restore.accepted", Either, false;
        /// Data came into wrong hands.
        BreachRecorded = "breach.recorded", Either, false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the design, word for word.
    const DESIGN: &[(Family, &str)] = &[
        (
            Family::Configuration,
            "config.published config.retired app.registered app.changed app.refused app.suspended app.reinstated",
        ),
        (
            Family::Grant,
            "grant.requested grant.given grant.amended grant.refused grant.paused grant.resumed grant.lapsed \
             grant.fulfilled grant.withdrawn grant.ended grant.revoked grant.expired grant.reminded \
             grant.deletion_asked grant.deletion_answered",
        ),
        (
            Family::Consent,
            "consent.requested consent.given consent.refused consent.deferred consent.lapsed consent.renewed \
             consent.amended consent.withdrawn consent.revoked consent.invalidated consent.expired \
             consent.reminded",
        ),
        (
            Family::Volunteered,
            "volunteered.submitted volunteered.corrected volunteered.withdrawn volunteered.expired \
             volunteered.fetched volunteered.used",
        ),
        (Family::Value, "value.promised value.due value.delivered value.overdue value.forgone"),
        (
            Family::Rights,
            "objection.raised objection.lifted rectification.requested rectification.answered access.requested \
             access.answered erasure.requested erasure.completed erasure.verified restriction.set \
             restriction.lifted person.gone_dark person.returned person.merged person.split",
        ),
        (Family::Propagation, "propagation.sent propagation.acknowledged propagation.overdue receipt.sent"),
        (
            Family::Access,
            "disclosure.app disclosure.download disclosure.staff staff.searched staff.denied staff.break_glass \
             staff.reviewed staff.role_changed export.requested export.approved export.denied export.generated \
             hold.placed hold.released",
        ),
        (
            Family::Operation,
            "checkpoint.published key.rotated key.destroyed log.opened restore.accepted breach.recorded",
        ),
    ];

    #[test]
    fn the_catalogue_is_that_of_the_design() {
        let designed: Vec<(Family, &str)> = DESIGN
            .iter()
            .flat_map(|(family, names)| names.split_whitespace().map(|name| (*family, name)))
            .collect();
        let ours: Vec<(Family, &str)> =
            EntryType::ALL.iter().map(|entry_type| (entry_type.family(), entry_type.name())).collect();
        assert_eq!(ours, designed);
        for entry_type in EntryType::ALL {
            assert_eq!(EntryType::from_name(entry_type.name()), Some(*entry_type));
            let is_access = entry_type.family() == Family::Access;
            assert_eq!(entry_type.home() == Home::Access, is_access, "{}", entry_type.name());
            assert!(!entry_type.is_disclosure() || is_access);
        }
    }

    #[test]
    fn an_unknown_type_is_refused() {
        for name in
            ["", "grant", "grant.", "Grant.given", "grant.given ", "consent.terminated", "config.changed"]
        {
            assert_eq!(EntryType::from_name(name), None, "{name:?}");
        }
    }

    #[test]
    fn what_decides_is_what_rests_on_a_basis() {
        for family in
            [Family::Configuration, Family::Value, Family::Propagation, Family::Access, Family::Operation]
        {
            let mut types = EntryType::ALL.iter().filter(|entry_type| entry_type.family() == family);
            assert!(types.all(|entry_type| !entry_type.is_decision()), "{family:?}");
        }
        let undecided: Vec<&str> = EntryType::ALL
            .iter()
            .filter(|entry_type| {
                matches!(
                    entry_type.family(),
                    Family::Grant | Family::Consent | Family::Volunteered | Family::Rights
                )
            })
            .filter(|entry_type| !entry_type.is_decision())
            .map(|entry_type| entry_type.name())
            .collect();
        let expected = "grant.requested grant.reminded grant.deletion_asked grant.deletion_answered \
            consent.requested consent.reminded volunteered.fetched volunteered.used erasure.verified \
            person.merged person.split";
        assert_eq!(undecided, expected.split_whitespace().collect::<Vec<_>>());
    }
}
