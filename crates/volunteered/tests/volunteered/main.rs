//! What customers volunteer, held to its promises on each database.

#[cfg(test)]
mod answering;
#[cfg(test)]
mod beside;
#[cfg(test)]
mod darkness;
#[cfg(test)]
#[path = "../../../store/tests/contract/database.rs"]
mod database;
#[cfg(test)]
mod grants;
#[cfg(test)]
mod handing;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod model;
#[cfg(test)]
mod races;
#[cfg(test)]
mod realm;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod restored;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod several;
#[cfg(test)]
mod telling;
#[cfg(test)]
mod time;

/// Runs each check on each database.
macro_rules! promises {
    ($($module:ident { $($check:ident)+ })+) => {
        #[cfg(test)]
        mod on_sqlite {$(
            mod $module {$(
                #[test]
                fn $check() {
                    crate::realm::on(crate::database::Database::sqlite(), |realm| {
                        Box::pin(crate::$module::$check(realm))
                    });
                }
            )+}
        )+}

        #[cfg(test)]
        mod on_postgres {$(
            mod $module {$(
                #[test]
                fn $check() {
                    if let Some(database) = crate::database::Database::postgres() {
                        crate::realm::on(database, |realm| Box::pin(crate::$module::$check(realm)));
                    }
                }
            )+}
        )+}
    };
}

promises! {
    rights {
        a_right_is_answered_within_its_time
        only_its_customer_takes_a_right_back
        an_objection_outlives_an_erasure
        whoever_is_back_can_lift_at_once
        what_is_kept_of_one_name_holds_for_all
        a_right_is_one_customer_s_by_each_name
    }
    answering {
        what_is_shown_is_asked_for_once
        a_yes_is_a_consent_an_item_and_what_was_promised
        a_yes_to_what_was_not_seen_is_none
        a_no_and_a_later_are_different_things
        a_value_that_is_not_asked_for_is_refused
        a_changed_ask_changes_nothing_that_was_agreed
        everything_promised_for_an_item_is_forgone_with_it
        a_yes_is_to_the_value_that_was_seen
        what_an_app_sends_waits_for_the_customer
        an_app_touches_only_what_it_sent
        what_is_taken_back_is_gone
        a_correction_erases_what_was_there
        the_staff_can_end_a_consent
    }
    darkness {
        going_dark_closes_everything_at_once
        starting_again_brings_nothing_back
        a_process_that_died_after_the_commit_is_finished
        an_erasure_leaves_no_row
    }
    handing {
        what_is_handed_out_has_an_entry
        what_is_taken_back_is_a_tombstone
        an_objection_withholds_and_gives_back
        what_was_fetched_is_paid
        only_what_was_fetched_can_be_used
        a_fault_names_the_use_that_has_it
        whoever_is_erased_stops_no_page
        a_decision_names_its_reason
    }
    histories { every_history_is_that_of_the_model }
    races { nothing_is_permitted_after_the_answer }
    receipts { a_consent_has_a_receipt }
    restored { an_older_database_brings_nothing_back }
    several {
        a_consent_by_another_name_can_be_taken_back
        the_latest_decision_holds_for_every_name
        what_waits_under_another_name_is_confirmed_there
        an_objection_is_by_every_name
        going_dark_is_by_every_name
    }
    telling {
        systems_are_told_of_what_happened
        nobody_is_told_where_nobody_is_to_be
        everything_that_stands_can_be_told_again
        who_is_behind_a_pseudonym_can_be_asked
        a_system_that_had_fetched_confirms
        an_answer_can_come_before_it_is_noted_that_it_was_asked_for
        of_who_is_erased_everything_goes_and_is_confirmed
    }
    time {
        a_consent_ends_when_it_was_to_end
        a_request_lapses_with_its_ask
        customers_are_reminded_once
        what_is_not_given_in_time_is_overdue
    }
}
