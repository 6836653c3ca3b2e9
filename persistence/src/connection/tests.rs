use super::*;

#[derive(QueryableByName)]
struct Pragmas {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    foreign_keys: i32,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    synchronous: i32,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    secure_delete: i32,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    timeout: i32,
    #[diesel(sql_type = diesel::sql_types::Text)]
    journal_mode: String,
}

#[test]
fn every_connection_of_the_pool_is_set_up() {
    let directory = tempfile::TempDir::new().unwrap();
    let url = format!("sqlite:{}", directory.path().join("calsos.db").display());
    let (_, pool) = open(&url).unwrap();
    let mut connections: Vec<_> = (0..POOL_SIZE).map(|_| pool.get().unwrap()).collect();
    for connection in &mut connections {
        let pragmas: Pragmas = diesel::sql_query(
            "SELECT * FROM pragma_foreign_keys, pragma_synchronous, pragma_secure_delete, \
                 pragma_busy_timeout, pragma_journal_mode",
        )
        .get_result(&mut **connection)
        .unwrap();
        assert_eq!((pragmas.foreign_keys, pragmas.synchronous, pragmas.timeout), (1, 2, 30_000));
        assert_eq!((pragmas.secure_delete, pragmas.journal_mode.as_str()), (1, "wal"));
        diesel::sql_query("INSERT INTO calpads VALUES (9, 0, 1, '', 0)")
            .execute(&mut **connection)
            .expect_err("no release has the number 9");
    }
}
