//! Every function of the store, held to the same contract on each database. A check is given a [`realm::Realm`] and
//! does not know on which one it runs.

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod announcements;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod apps;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod config_objects;
#[cfg(test)]
mod connection;
#[cfg(test)]
mod consents;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod dark;
#[cfg(test)]
mod database;
#[cfg(test)]
mod days;
#[cfg(test)]
mod document;
#[cfg(test)]
mod entries;
#[cfg(test)]
mod examinations;
#[cfg(test)]
mod exchanges;
#[cfg(test)]
mod forgetting;
#[cfg(test)]
mod grants;
#[cfg(test)]
mod hiding;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod identities;
#[cfg(test)]
mod items;
#[cfg(test)]
mod kept_objections;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod leases;
#[cfg(test)]
mod objections;
#[cfg(test)]
mod objects;
#[cfg(test)]
mod offsets;
#[cfg(test)]
mod outbox;
#[cfg(test)]
mod own;
#[cfg(test)]
mod people;
#[cfg(test)]
mod propagations;
#[cfg(test)]
mod pseudonyms;
#[cfg(test)]
mod purchases;
#[cfg(test)]
mod quarantine;
#[cfg(test)]
mod realm;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod standings;
#[cfg(test)]
mod system_tokens;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod unlinked;

/// Runs each check on each database.
macro_rules! contract {
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

contract! {
    addresses { an_address_is_sealed_replaced_and_removed }
    announcements {
        news_are_read_once
        numbers_have_no_holes_and_come_in_the_order_of_commits
        who_fell_behind_is_told_so
    }
    answers { an_answer_is_read_as_it_was_written }
    consents {
        a_consent_is_read_as_it_was_written
        consents_are_found_by_what_time_does_to_them
    }
    dark { who_has_gone_dark_is_known_until_they_return }
    exchanges { an_exchange_is_read_as_it_was_written }
    items {
        an_item_is_read_as_it_was_written
        items_have_places_that_outlive_them
        who_fetched_and_used_an_item_is_known
    }
    objections { an_objection_stands_until_it_is_lifted }
    kept_objections { a_kept_objection_is_found_by_its_mark_alone }
    rights { a_right_is_read_as_it_was_written }
    outbox {
        messages_are_claimed_in_order_by_one_at_a_time
        what_fails_waits_and_keeps_its_record_waiting
        a_tombstone_comes_again_as_nothing
        of_who_is_forgotten_only_tombstones_stay
    }
    pseudonyms { a_pseudonym_stands_for_somebody_until_they_are_forgotten }
    propagations {
        nobody_is_told_before_the_tombstone_is_sent
        a_system_is_told_once_and_answers_once
        what_is_not_answered_in_time_is_noted_once
        an_answer_is_owed_when_its_person_is_forgotten
    }
    examinations { the_last_look_counts it_is_told_how_safe_a_commit_is }
    apps { an_app_is_read_as_it_was_written }
    changes {
        a_page_holds_every_row_between_two_numbers
        what_moves_on_comes_with_its_later_number
        the_last_parting_counts
    }
    codes { one_of_many_redeems_a_code one_of_many_spends_an_id }
    config_objects {
        a_version_is_published_once
        what_is_published_never_changes
        what_is_in_use_is_the_latest_unless_retired
        artefacts_are_stored_once
    }
    connection {
        a_mistyped_url_makes_no_file
        what_fails_leaves_nothing
        a_moment_sees_nothing_of_what_comes_after
        a_write_that_met_another_is_repeated
        what_the_database_refuses_is_told_apart
        bytes_and_words_come_back_as_they_went
    }
    coverage { the_oldest_live_partition_counts the_past_is_loading_until_its_end }
    days { days_and_shops_are_counted_over_all_customers }
    document { a_document_opens_in_its_own_row_alone }
    entries {
        numbers_have_no_holes_whoever_writes
        entries_are_append_only
        nothing_but_forgetting_changes_an_entry
        what_is_forgotten_stays_in_the_log
        a_record_knows_its_person_and_its_last_entry
        a_record_s_entries_are_paged_newest_first
        the_latest_entries_of_a_record_come_first
        an_entry_is_found_by_its_id
        the_head_keeps_others_out
        entries_of_a_time_come_in_order
    }
    forgetting {
        an_erasure_is_read_as_it_was_noted
        a_request_waits_until_its_customer_goes
        a_hold_is_placed_once_and_ends
        records_lose_their_map_and_their_entries_their_words
        an_ended_grant_forgets_its_customer
        what_cannot_be_read_goes_with_its_customer
        a_look_finds_what_is_left_and_nothing_else
        every_table_is_looked_at
    }
    grants {
        a_grant_is_read_as_it_was_written
        grants_end_by_their_time_and_move_their_epoch
        a_grant_is_changed
        an_app_could_use_its_grants_in_their_time
    }
    hiding {
        what_is_hidden_stays_hidden_when_histories_meet
        a_history_is_the_home_s_and_counts_there
        hidden_categories_are_sorted_ids
        a_purchase_is_hidden_and_shown_again
        a_customer_pages_through_their_own_purchases
        what_joined_since_is_counted_as_it_would_be_shown
    }
    identities {
        statements_are_found_by_whom_they_are_about
        one_act_at_a_time_changes_who_is_who
        links_are_found_by_order_and_by_person
        a_history_has_its_members
        who_was_erased_begins_anew_behind_that_time
        a_later_erasure_stands
        what_is_left_of_an_erasure_is_done_once
        objects_keep_whom_they_name_and_why_they_are_gone
        tombstones_go_with_their_person
    }
    keys {
        the_wrong_master_key_opens_nothing
        a_person_s_keys_are_made_once_and_shared
        a_named_key_is_one_for_all_processes
        what_a_destroyed_key_sealed_is_gone
        evidence_outlives_what_was_erased
        a_new_key_takes_the_place_of_what_was_volunteered
        sealed_bytes_are_bound_to_their_place
        indexes_tell_things_apart
    }
    leases { a_lease_has_one_owner }
    objects {
        what_was_there_is_given_back_and_kept
        overlapping_claims_wait_for_each_other
        an_object_is_rewritten_whole
    }
    offsets {
        a_zombie_moves_nothing
        a_partition_is_paused_and_resumed
        what_is_read_to_its_end_stays_fresh
        the_past_is_loading_until_its_end
        the_first_order_kind_stands
    }
    own {
        a_customer_s_own_purchases_are_paged_and_narrowed
        days_come_to_what_their_purchases_come_to
        shops_and_channels_are_those_of_one_customer
    }
    people {
        the_same_new_customers_become_one_person_each
        a_customer_is_found_by_index_and_named_by_key
        changes_add_up_from_many_threads
        changes_of_somebody_gone_are_refused
        a_customer_is_held_by_one_act_at_a_time
    }
    purchases {
        pages_are_those_of_a_plain_model
        what_joined_is_counted_through_a_filter
        a_purchase_is_found_through_its_filter
        a_purchase_is_taken_out_once
    }
    quarantine { a_message_is_kept_once groups_and_lists old_ones_go }
    requests { a_request_is_bound_and_finished }
    rotation {
        keys_are_wrapped_anew_while_others_make_them
        what_was_destroyed_meanwhile_stays_so
        a_rotation_that_was_broken_off_is_done_again
        a_new_master_key_is_found_by_those_who_run
        a_copy_of_the_keystore_opens
    }
    sessions { a_session_ends_by_time_or_by_hand a_login_comes_back_once }
    standings { what_a_seal_looks_at }
    idempotency { a_request_is_remembered_for_its_time nothing_of_the_erased_is_remembered }
    system_tokens { a_token_lives_until_its_end_or_its_revocation }
    tokens { a_refresh_token_dies_with_its_children facts_are_those_of_token_grant_app_and_customer }
    unlinked { documents_are_replaced_and_taken_out what_is_too_old_goes_and_its_order_stays }
}
