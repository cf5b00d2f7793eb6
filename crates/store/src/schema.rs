//! The one schema of both databases, by hand: the column vocabulary of the design.
#![expect(missing_docs, reason = "columns are explained where they are made: in migrations/")]

diesel::table! {
    customers (person) {
        person -> Binary,
        customer_index -> Binary,
        customer_id -> Binary,
        customer_epoch -> BigInt,
        change_seq -> BigInt,
        created_at -> Timestamp,
        home -> Nullable<Binary>,
        home_since -> Nullable<BigInt>,
        not_before -> Nullable<Timestamp>,
        hidden_categories -> Text,
        veil_seq -> BigInt,
    }
}

diesel::table! {
    objects (object_id) {
        object_id -> Binary,
        kind -> Integer,
        purchase_id -> Binary,
        person -> Nullable<Binary>,
        purchased_at -> Nullable<Timestamp>,
        order_kind -> Nullable<Integer>,
        order_value -> Nullable<BigInt>,
        digest -> Nullable<Binary>,
        claim -> Nullable<Binary>,
        claim_value -> Nullable<BigInt>,
        mark -> Nullable<Integer>,
        revision -> Nullable<BigInt>,
    }
}

diesel::table! {
    purchases (person, purchased_at, purchase_id) {
        person -> Binary,
        purchased_at -> Timestamp,
        purchase_id -> Binary,
        local_date -> Date,
        change_seq -> BigInt,
        channel -> Text,
        status -> Text,
        currency -> Text,
        grand_total -> BigInt,
        refunded -> BigInt,
        store_index -> Nullable<Binary>,
        shared -> Bool,
        document -> Binary,
        change_kind -> Integer,
        shown_seq -> BigInt,
        joined_seq -> Nullable<BigInt>,
        hidden -> Bool,
    }
}

diesel::table! {
    unlinked (purchase_id) {
        purchase_id -> Binary,
        waiting -> Bool,
        since -> Timestamp,
        document -> Binary,
    }
}

diesel::table! {
    identities (name) {
        name -> Text,
        acts -> BigInt,
    }
}

diesel::table! {
    aliases (alias_id) {
        alias_id -> Binary,
        from_person -> Nullable<Binary>,
        into_person -> Nullable<Binary>,
        active -> Bool,
        order_kind -> Integer,
        order_value -> BigInt,
        digest -> Binary,
    }
}

diesel::table! {
    links (object_id) {
        object_id -> Binary,
        person -> Nullable<Binary>,
        linked -> Bool,
        order_kind -> Integer,
        order_value -> BigInt,
        digest -> Binary,
    }
}

diesel::table! {
    suppression (customer_index) {
        customer_index -> Binary,
        erased_at -> Timestamp,
        order_kind -> Integer,
        order_value -> BigInt,
        digest -> Binary,
    }
}

diesel::table! {
    destructions (person) {
        person -> Binary,
        since -> Timestamp,
        entered -> Bool,
        actor_kind -> Text,
        actor_ref -> Nullable<Text>,
        record -> Nullable<Binary>,
        display -> Nullable<Text>,
        customer_index -> Nullable<Binary>,
        name -> Nullable<Binary>,
    }
}

diesel::table! {
    erasure_requests (record) {
        record -> Binary,
        person -> Binary,
        requested_by -> Text,
        reason -> Binary,
        requested_at -> Timestamp,
    }
}

diesel::table! {
    holds (person) {
        person -> Binary,
        name -> Nullable<Binary>,
        map -> Binary,
        records -> Binary,
        erased_at -> Timestamp,
        ends_at -> Timestamp,
    }
}

diesel::table! {
    verifications (person) {
        person -> Binary,
        erased_at -> Timestamp,
        due_at -> Timestamp,
        indexes -> Binary,
        records -> Binary,
    }
}

diesel::table! {
    tombstones (person, change_seq) {
        person -> Binary,
        change_seq -> BigInt,
        purchase_id -> Binary,
        kind -> Integer,
        revision -> BigInt,
        local_date -> Date,
        shared -> Bool,
        shown_seq -> BigInt,
        joined_seq -> Nullable<BigInt>,
        recorded_at -> Timestamp,
    }
}

diesel::table! {
    announcements (number) {
        number -> BigInt,
        newest -> BigInt,
        persons -> Binary,
    }
}

diesel::table! {
    quarantine (source, partition_no, message_offset) {
        source -> Text,
        partition_no -> Integer,
        message_offset -> BigInt,
        reason -> Text,
        pointer -> Text,
        detail -> Text,
        customer_index -> Nullable<Binary>,
        order_index -> Nullable<Binary>,
        month -> Text,
        message -> Binary,
        recorded_at -> Timestamp,
    }
}

diesel::table! {
    ingest_offsets (topic, partition_no) {
        topic -> Text,
        partition_no -> Integer,
        next_offset -> BigInt,
        owner_epoch -> BigInt,
        started_at -> BigInt,
        paused -> Nullable<Text>,
        is_history -> Bool,
        end_offset -> Nullable<BigInt>,
        fresh_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    ingest_sources (source) {
        source -> Text,
        order_kind -> Integer,
    }
}

diesel::table! {
    ledger_heads (log) {
        log -> Text,
        size -> BigInt,
    }
}

diesel::table! {
    entries (log, seq) {
        log -> Text,
        seq -> BigInt,
        entry_id -> Binary,
        record -> Binary,
        recorded_at -> Timestamp,
        sealed_by -> Integer,
        commitment -> Binary,
        header -> Nullable<Binary>,
        payload -> Nullable<Binary>,
    }
}

diesel::table! {
    ledger_trees (log, generation) {
        log -> Text,
        generation -> Integer,
        origin -> Text,
        vkey -> Text,
        first_seq -> BigInt,
        integrated -> BigInt,
        lease_epoch -> BigInt,
        opened_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
        kept -> Nullable<BigInt>,
        stated_at -> Timestamp,
        stated_size -> BigInt,
    }
}

diesel::table! {
    checkpoints (log, generation, size) {
        log -> Text,
        generation -> Integer,
        size -> BigInt,
        note -> Text,
        signed_at -> Timestamp,
    }
}

diesel::table! {
    owed_entries (subject, kind) {
        subject -> Binary,
        kind -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    records (record) {
        record -> Binary,
        person -> Nullable<Binary>,
        commitment -> Nullable<Binary>,
    }
}

diesel::table! {
    config_objects (kind, id, version) {
        kind -> Text,
        id -> Text,
        version -> Integer,
        hash -> Text,
        document -> Binary,
        published_at -> Timestamp,
        retired_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    artefacts (hash) {
        hash -> Text,
        media_type -> Text,
        bytes -> Binary,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        owner -> Text,
        lease_epoch -> BigInt,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    apps (client_id) {
        client_id -> Binary,
        name -> Text,
        operator -> Text,
        redirect_uris -> Text,
        scope -> Text,
        auth_method -> Text,
        jwks -> Text,
        max_duration -> Text,
        window_from -> Nullable<Date>,
        state -> Text,
        state_reason -> Nullable<Text>,
        approvals -> Text,
        app_epoch -> BigInt,
        created_at -> Timestamp,
        address -> Nullable<Text>,
        contact -> Nullable<Text>,
        purposes -> Nullable<Text>,
    }
}

diesel::table! {
    grants (grant_id) {
        grant_id -> Binary,
        person -> Binary,
        client_id -> Binary,
        record -> Binary,
        details -> Text,
        state -> Text,
        version -> Integer,
        grant_epoch -> BigInt,
        given_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        ended_by -> Nullable<Text>,
        ended_reason -> Nullable<Text>,
        agreed_seq -> BigInt,
        carve_outs -> Text,
        changed_seq -> BigInt,
        resync -> Bool,
    }
}

diesel::table! {
    consents (consent_id) {
        consent_id -> Binary,
        person -> Binary,
        purpose -> Text,
        record -> Binary,
        state -> Text,
        version -> BigInt,
        config -> Text,
        purpose_hash -> Text,
        ask -> Nullable<Text>,
        requested_at -> Timestamp,
        given_at -> Nullable<Timestamp>,
        expires_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        reminded_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    items (item_id) {
        item_id -> Binary,
        person -> Binary,
        consent_id -> Binary,
        purpose -> Text,
        ask -> Text,
        ask_version -> Integer,
        ask_hash -> Text,
        record -> Binary,
        state -> Text,
        version -> BigInt,
        value -> Nullable<Binary>,
        client_id -> Nullable<Binary>,
        grant_id -> Nullable<Binary>,
        submitted_at -> Timestamp,
        ends_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    item_places (item_id) {
        item_id -> Binary,
        person -> Nullable<Binary>,
        purpose -> Text,
        seq -> BigInt,
    }
}

diesel::table! {
    fetches (item_id, client_id) {
        item_id -> Binary,
        client_id -> Binary,
        person -> Binary,
        first_at -> Timestamp,
        last_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    uses (item_id, client_id) {
        item_id -> Binary,
        client_id -> Binary,
        person -> Binary,
        first_at -> Timestamp,
        last_at -> Timestamp,
        times -> BigInt,
    }
}

diesel::table! {
    exchanges (exchange_id) {
        exchange_id -> Binary,
        person -> Binary,
        item_id -> Binary,
        ask -> Text,
        ask_version -> Integer,
        record -> Binary,
        state -> Text,
        amount -> Text,
        unit -> Text,
        is_money -> Bool,
        promised_at -> Timestamp,
        due_at -> Timestamp,
        delivered_at -> Nullable<Timestamp>,
        reference -> Nullable<Text>,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    answers (person, ask, version) {
        person -> Binary,
        ask -> Text,
        version -> Integer,
        hash -> Text,
        purpose -> Text,
        state -> Text,
        shown_at -> Timestamp,
        answered_at -> Nullable<Timestamp>,
        closed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    objections (person, subject) {
        person -> Binary,
        subject -> Text,
        record -> Binary,
        raised_at -> Timestamp,
    }
}

diesel::table! {
    rights (right_id) {
        right_id -> Binary,
        person -> Binary,
        record -> Binary,
        kind -> Text,
        state -> Text,
        opened_at -> Timestamp,
        due_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
        detail -> Binary,
        answer -> Nullable<Binary>,
    }
}

diesel::table! {
    kept_objections (mark) {
        mark -> Binary,
        kept_at -> Timestamp,
    }
}

diesel::table! {
    dark (person) {
        person -> Binary,
        since -> Timestamp,
        quiet_until -> Timestamp,
        record -> Binary,
        key_gone -> Bool,
    }
}

diesel::table! {
    outbox (number) {
        number -> BigInt,
        topic -> Text,
        pseudonym -> Binary,
        person -> Nullable<Binary>,
        record -> Binary,
        version -> BigInt,
        body -> Nullable<Binary>,
        is_tombstone -> Bool,
        claimed_by -> Nullable<Text>,
        claimed_until -> Nullable<Timestamp>,
        tries -> Integer,
        put_at -> Timestamp,
        due_at -> Timestamp,
    }
}

diesel::table! {
    pseudonyms (pseudonym) {
        pseudonym -> Binary,
        topic -> Text,
        person -> Binary,
    }
}

diesel::table! {
    propagations (propagation_id, client_id) {
        propagation_id -> Binary,
        client_id -> Binary,
        person -> Nullable<Binary>,
        record -> Binary,
        cause -> Binary,
        told_at -> Nullable<Timestamp>,
        due_at -> Nullable<Timestamp>,
        answered_at -> Nullable<Timestamp>,
        outcome -> Nullable<Text>,
        overdue_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    examinations (name) {
        name -> Text,
        at -> Timestamp,
        faults -> BigInt,
    }
}

diesel::table! {
    pushed_requests (request_hash) {
        request_hash -> Binary,
        client_id -> Binary,
        record -> Binary,
        parameters -> Text,
        jkt -> Nullable<Text>,
        person -> Nullable<Binary>,
        finished -> Bool,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    codes (code_hash) {
        code_hash -> Binary,
        grant_id -> Binary,
        client_id -> Binary,
        redirect_uri -> Text,
        code_challenge -> Text,
        jkt -> Nullable<Text>,
        redeemed -> Bool,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    tokens (token_hash) {
        token_hash -> Binary,
        kind -> Text,
        grant_id -> Binary,
        client_id -> Binary,
        scope -> Text,
        jkt -> Text,
        parent -> Nullable<Binary>,
        issued_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    system_tokens (token_hash) {
        token_hash -> Binary,
        client_id -> Binary,
        jkt -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    idempotency (key_hash) {
        key_hash -> Binary,
        request_mac -> Binary,
        person -> Nullable<Binary>,
        answer -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    used_ids (id_hash) {
        id_hash -> Binary,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    sessions (session_hash) {
        session_hash -> Binary,
        person -> Binary,
        signed_in_at -> Timestamp,
        expires_at -> Timestamp,
        staff -> Nullable<Binary>,
    }
}

diesel::table! {
    addresses (person) {
        person -> Binary,
        address -> Binary,
    }
}

diesel::table! {
    logins (state_hash) {
        state_hash -> Binary,
        secrets -> Binary,
        return_to -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    person_keys (person) {
        person -> Binary,
        purchases -> Nullable<Binary>,
        volunteered -> Nullable<Binary>,
        evidence -> Nullable<Binary>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    named_keys (name) {
        name -> Text,
        wrapped -> Binary,
        created_at -> Timestamp,
    }
}

diesel::table! {
    masters (name) {
        name -> Text,
        master_id -> Binary,
    }
}

diesel::table! {
    owed_receipts (record) {
        record -> Binary,
        seq -> BigInt,
        due_at -> Timestamp,
        tries -> Integer,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    apps,
    codes,
    customers,
    fetches,
    grants,
    objects,
    outbox,
    propagations,
    pushed_requests,
    tokens,
    unlinked,
    uses
);
