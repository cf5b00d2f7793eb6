//! The ledger held to its promises on each database: what is appended, what opens, what is sealed and when no more.

#[cfg(test)]
mod appending;
#[cfg(test)]
mod asof;
#[cfg(test)]
mod attacks;
#[cfg(test)]
#[path = "../../../store/tests/contract/database.rs"]
mod database;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod publishing;
#[cfg(test)]
mod realm;
#[cfg(test)]
mod restoring;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod tree;
#[cfg(test)]
mod withdrawing;

/// Runs each check on each database.
macro_rules! promises {
    ($($module:ident { $($check:ident)+ })+) => {
        #[cfg(test)]
        mod on_sqlite {$(
            mod $module {$(
                #[test]
                fn $check() {
                    crate::$module::$check(&crate::realm::Realm::new(crate::database::Database::sqlite()));
                }
            )+}
        )+}

        #[cfg(test)]
        mod on_postgres {$(
            mod $module {$(
                #[test]
                fn $check() {
                    if let Some(database) = crate::database::Database::postgres() {
                        crate::$module::$check(&crate::realm::Realm::new(database));
                    }
                }
            )+}
        )+}
    };
}

promises! {
    appending {
        each_record_is_a_chain
        chains_and_numbers_hold_whoever_appends
        a_decision_without_a_basis_is_refused
    }
    opening {
        an_entry_opens_to_what_was_written
        no_byte_can_be_changed
        parts_cannot_be_exchanged
        who_holds_the_key_cannot_rewrite
        what_was_forgotten_is_told_apart
    }
    asof {
        twenty_changes_stand_as_the_table_says
        what_left_in_between_is_told
        a_question_of_one_record_is_answered_with_nothing_too
        what_was_erased_is_never_made_up
        whoever_looks_is_written_down
        some_questions_are_refused
    }
    attacks {
        a_bit_of_a_payload
        a_bit_of_a_header
        a_bit_of_a_headers_salt
        a_bit_of_a_payloads_salt
        a_word_of_a_payload
        a_bit_of_a_leaf
        a_column_of_a_row
        a_bit_of_a_tile
        a_root_or_a_signature
        two_entries_change_places
        a_middle_entry_goes
        the_tail_is_cut
        an_old_backup_is_put_back
        a_second_key
        a_forged_proof
        an_entry_of_an_unknown_type
        a_stalled_leader
        what_was_forgotten_is_no_attack
    }
    tree {
        checkpoints_follow_what_is_appended
        once_an_hour_an_entry_says_how_large_each_log_is
        a_process_that_dies_is_followed_by_another
        a_database_that_was_put_back_is_noticed
    }
    publishing {
        objects_get_versions_and_entries
        either_all_is_published_or_nothing
        who_publishes_at_once_gets_the_next_versions
        decisions_rest_on_what_is_published
        what_is_retired_is_named_no_more
        each_entry_opens_with_the_key_that_sealed_it
        what_belongs_in_the_access_log_is_refused
    }
    restoring {
        a_withdrawal_stays
    }
    sealing {
        every_refusal_is_told_apart_and_writes_nothing
        a_grant_holds_to_its_last_microsecond
        a_batch_is_one_entry_a_grant
        more_than_can_wait_are_refused
    }
    withdrawing { nothing_is_sealed_after_a_withdrawal }
}
