//! The tables, as the migrations make them.

diesel::table! {
    release (number) {
        number -> Integer,
        id -> Text,
        kind -> Text,
        year -> Nullable<Integer>,
        file_date -> Nullable<Text>,
        statewide -> Bool,
        file_name -> Text,
        sha256 -> Text,
        byte_length -> BigInt,
        rows_kept -> BigInt,
        leas_named -> BigInt,
        imported_at -> Text,
        imported_by -> Text,
        report -> Text,
        beside -> Nullable<Text>,
    }
}

diesel::table! {
    release_file (release) {
        release -> Integer,
        compression -> Text,
        bytes -> Binary,
    }
}

diesel::table! {
    release_county (release, charters, county) {
        release -> Integer,
        charters -> Bool,
        county -> SmallInt,
    }
}

diesel::table! {
    performance_lea (release, cds) {
        release -> Integer,
        cds -> Text,
        first_place -> Integer,
        last_place -> Integer,
    }
}

diesel::table! {
    performance (release, place) {
        release -> Integer,
        place -> Integer,
        file_row -> BigInt,
        cds -> Text,
        student_group -> Text,
        status -> Nullable<Integer>,
        change -> Nullable<Integer>,
        prior_status -> Nullable<Integer>,
        status_level -> Nullable<SmallInt>,
        change_level -> Nullable<SmallInt>,
        color -> Nullable<SmallInt>,
        box_number -> Nullable<Integer>,
        numerator -> Nullable<BigInt>,
        denominator -> Nullable<BigInt>,
        prior_numerator -> Nullable<BigInt>,
        prior_denominator -> Nullable<BigInt>,
        accountability_met -> Nullable<Bool>,
        size_met -> Nullable<Bool>,
        small_denominator -> Nullable<Bool>,
        not_certified -> Nullable<Bool>,
        data_error -> Nullable<Bool>,
        participation_capped -> Nullable<Bool>,
        high_school_cuts -> Nullable<Bool>,
        table_type -> Nullable<Text>,
        alternative_school -> Nullable<Bool>,
    }
}

diesel::table! {
    local_rating (release, place) {
        release -> Integer,
        place -> Integer,
        file_row -> BigInt,
        cds -> Text,
        rating -> Text,
    }
}

diesel::table! {
    published (release, place) {
        release -> Integer,
        place -> Integer,
        file_row -> BigInt,
        cds -> Text,
        group_count -> Nullable<BigInt>,
        status -> Text,
        ec52072 -> Nullable<Bool>,
        ec52071f -> Nullable<Bool>,
    }
}

diesel::table! {
    published_group (release, place, student_group) {
        release -> Integer,
        place -> Integer,
        student_group -> Text,
        listed -> Bool,
        letter -> Nullable<Text>,
    }
}

diesel::table! {
    published_earlier_status (release, place, year) {
        release -> Integer,
        place -> Integer,
        year -> Integer,
        status -> Text,
    }
}

diesel::table! {
    published_method (release, place, method) {
        release -> Integer,
        place -> Integer,
        method -> SmallInt,
        met -> Bool,
    }
}

diesel::table! {
    calpads (release, place) {
        release -> Integer,
        place -> Integer,
        file_row -> BigInt,
        cds -> Text,
        certified -> Bool,
    }
}

diesel::table! {
    succession (release, place) {
        release -> Integer,
        place -> Integer,
        file_row -> BigInt,
        predecessor -> Text,
        successor -> Text,
        kind -> Text,
        effective -> Text,
        source -> Text,
    }
}

diesel::table! {
    lea (cds) {
        cds -> Text,
        id -> Text,
        first_release -> Integer,
    }
}

diesel::table! {
    lea_mention (release, place) {
        release -> Integer,
        place -> Integer,
        cds -> Text,
        lea_type -> Text,
        name -> Text,
        county_name -> Text,
        city -> Nullable<Text>,
        grade_span -> Nullable<Text>,
    }
}

diesel::table! {
    edition (hash) {
        hash -> Text,
        year -> Integer,
        content -> Text,
    }
}

diesel::table! {
    run (number) {
        number -> Integer,
        id -> Text,
        made_at -> Text,
        made_by -> Text,
        program_version -> Text,
        answer_count -> BigInt,
    }
}

diesel::table! {
    run_release (run, release) {
        run -> Integer,
        release -> Integer,
    }
}

diesel::table! {
    run_edition (run, year) {
        run -> Integer,
        year -> Integer,
        hash -> Text,
    }
}

diesel::table! {
    answer_body (hash) {
        hash -> Binary,
        content -> Binary,
        compression -> Text,
        byte_length -> BigInt,
        summary -> Nullable<Text>,
        seal -> Binary,
    }
}

diesel::table! {
    facts_body (hash) {
        hash -> Binary,
        format -> SmallInt,
        byte_length -> BigInt,
        content -> Binary,
        seal -> Binary,
    }
}

diesel::table! {
    run_facts (run, cds) {
        run -> Integer,
        cds -> Text,
        facts_hash -> Binary,
    }
}

diesel::table! {
    answer (run, year, cds) {
        run -> Integer,
        year -> Integer,
        cds -> Text,
        county -> SmallInt,
        lea_type -> Text,
        eligible_level -> Nullable<SmallInt>,
        label -> Nullable<Text>,
        provisional -> Bool,
        body_hash -> Binary,
    }
}

diesel::table! {
    current_run (only_row) {
        only_row -> SmallInt,
        run -> Integer,
    }
}

diesel::table! {
    release_kept (release) {
        release -> Integer,
        sha256 -> Text,
        byte_length -> BigInt,
    }
}

diesel::table! {
    directory (release, place) {
        release -> Integer,
        place -> Integer,
        file_row -> BigInt,
        cds -> Text,
        agency -> Text,
        status -> Text,
        name -> Text,
        county_name -> Text,
        city -> Nullable<Text>,
        grade_span -> Nullable<Text>,
        opened -> Nullable<Text>,
        closed -> Nullable<Text>,
        charter_number -> Nullable<Text>,
        funding -> Nullable<Text>,
        doc -> Nullable<Text>,
        doc_name -> Nullable<Text>,
        nces_district -> Nullable<Text>,
        nces_school -> Nullable<Text>,
    }
}

diesel::table! {
    charter_list (release, place) {
        release -> Integer,
        place -> Integer,
        file_row -> BigInt,
        cds -> Text,
        status -> Nullable<Text>,
        ec47607 -> Nullable<Bool>,
    }
}

diesel::table! {
    charter_list_group (release, place, prior, student_group) {
        release -> Integer,
        place -> Integer,
        prior -> Bool,
        student_group -> Text,
        listed -> Bool,
        letter -> Nullable<Text>,
    }
}

diesel::table! {
    geographic_lead (release, place) {
        release -> Integer,
        place -> Integer,
        file_row -> BigInt,
        county -> SmallInt,
        agency -> Text,
        held_from -> Nullable<Text>,
        held_until -> Nullable<Text>,
        source -> Text,
    }
}

diesel::table! {
    charter_location (release, place) {
        release -> Integer,
        place -> Integer,
        file_row -> BigInt,
        cds -> Text,
        county -> SmallInt,
        held_from -> Nullable<Text>,
        held_until -> Nullable<Text>,
        source -> Text,
    }
}

diesel::table! {
    nces_id (release, place) {
        release -> Integer,
        place -> Integer,
        file_row -> BigInt,
        cds -> Text,
        district -> Text,
        school -> Nullable<Text>,
    }
}

diesel::table! {
    publication (sequence) {
        sequence -> Integer,
        release -> Integer,
        public_at -> Nullable<Text>,
        set_at -> Text,
        set_by -> Text,
    }
}

diesel::table! {
    withdrawal (sequence) {
        sequence -> Integer,
        release -> Integer,
        withdrawn -> Bool,
        reason -> Text,
        set_at -> Text,
        set_by -> Text,
    }
}

diesel::table! {
    moment (only_row) {
        only_row -> SmallInt,
        last -> Text,
    }
}

diesel::table! {
    client (id) {
        id -> Text,
        name -> Text,
        secret_hash -> Text,
        scopes -> Text,
        agency -> Text,
        created_at -> Text,
        created_by -> Text,
        changed_at -> Text,
        secret_changed_at -> Text,
        disabled_at -> Nullable<Text>,
    }
}

diesel::table! {
    signing_key (kid) {
        kid -> Text,
        algorithm -> Text,
        private_key -> Binary,
        public_key -> Binary,
        created_at -> Text,
        created_by -> Text,
        retired_at -> Nullable<Text>,
        served_until -> Nullable<Text>,
    }
}

diesel::table! {
    audit (sequence) {
        sequence -> BigInt,
        at -> Text,
        request_id -> Nullable<Text>,
        actor -> Text,
        issuer -> Nullable<Text>,
        agency -> Nullable<Text>,
        scopes -> Nullable<Text>,
        address -> Nullable<Text>,
        operation -> Text,
        target -> Text,
        outcome -> Text,
        status -> Nullable<SmallInt>,
        code -> Nullable<Text>,
        detail -> Text,
    }
}

diesel::table! {
    feed_item (year, cds) {
        year -> Integer,
        cds -> Text,
        public_hash -> Nullable<Binary>,
        full_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    feed_event (sequence) {
        sequence -> BigInt,
        year -> Integer,
        cds -> Text,
        county -> SmallInt,
        public_change -> Nullable<Text>,
        full_change -> Nullable<Text>,
        at -> Text,
    }
}

diesel::table! {
    job (sequence) {
        sequence -> BigInt,
        id -> Text,
        kind -> Text,
        state -> Text,
        actor -> Text,
        issuer -> Text,
        agency -> Text,
        request -> Text,
        idempotency_key -> Nullable<Text>,
        request_hash -> Nullable<Text>,
        created_at -> Text,
        started_at -> Nullable<Text>,
        finished_at -> Nullable<Text>,
        stage -> Text,
        progress_done -> Nullable<BigInt>,
        progress_total -> Nullable<BigInt>,
        attempt -> Integer,
        died -> Integer,
        worker -> Nullable<Text>,
        lease_until -> Nullable<Text>,
        release -> Nullable<Integer>,
        run -> Nullable<Integer>,
        repeated -> Bool,
        code -> Nullable<Text>,
        detail -> Nullable<Text>,
        result -> Nullable<Text>,
    }
}

diesel::table! {
    feed_state (only_row) {
        only_row -> SmallInt,
        feed -> Text,
        newest -> BigInt,
        public_pruned -> BigInt,
        full_pruned -> BigInt,
        told -> Text,
        told_as_of -> Text,
    }
}

diesel::table! {
    seal (subject, number) {
        subject -> Text,
        number -> Integer,
        sha256 -> Binary,
    }
}

diesel::table! {
    job_part (job, part) {
        job -> BigInt,
        part -> Integer,
        bytes -> Binary,
    }
}

diesel::table! {
    support_record (sequence) {
        sequence -> Integer,
        id -> Text,
        kind -> Text,
        cds -> Nullable<Text>,
        county -> Nullable<SmallInt>,
    }
}

diesel::table! {
    support_version (sequence) {
        sequence -> Integer,
        record -> Integer,
        version -> Integer,
        what -> Text,
        state -> Text,
        content -> Text,
        reason -> Nullable<Text>,
        at -> Text,
        by_client -> Text,
        by_issuer -> Nullable<Text>,
        by_agency -> Nullable<Text>,
        idempotency_key -> Nullable<Text>,
        request_hash -> Nullable<Text>,
    }
}

diesel::joinable!(answer -> answer_body (body_hash));
diesel::joinable!(run_edition -> edition (hash));
diesel::joinable!(run_facts -> facts_body (facts_hash));
diesel::joinable!(current_run -> run (run));
diesel::joinable!(directory -> release (release));
diesel::joinable!(lea_mention -> release (release));
diesel::joinable!(support_version -> support_record (record));
diesel::allow_tables_to_appear_in_same_query!(answer, answer_body);
diesel::allow_tables_to_appear_in_same_query!(run_edition, edition);
diesel::allow_tables_to_appear_in_same_query!(run_facts, facts_body);
diesel::allow_tables_to_appear_in_same_query!(current_run, run);
diesel::allow_tables_to_appear_in_same_query!(directory, release);
diesel::allow_tables_to_appear_in_same_query!(lea_mention, release);
diesel::allow_tables_to_appear_in_same_query!(support_version, support_record);
