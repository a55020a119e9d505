// SPDX-License-Identifier: PostgreSQL
// sqlx on its profile; TAP on stdout.
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use sqlx::{sqlite::SqlitePoolOptions, Row, SqlitePool};
use uuid::fmt::Hyphenated;

fn fact(name: &str, ok: bool, detail: String) {
    if !ok {
        println!("# {detail}");
    }
    println!("{} - sqlx: {name}", if ok { "ok" } else { "not ok" });
}

async fn found<'q, T>(db: &SqlitePool, sql: &'q str, value: T) -> Vec<i64>
where
    T: 'q + Send + sqlx::Encode<'q, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    sqlx::query_scalar(sql).bind(value).fetch_all(db).await.unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let open = |path: &String| SqlitePoolOptions::new().max_connections(1).connect_lazy(&format!("sqlite:{path}")).unwrap();
    let db = open(&paths[0]);
    let rows = sqlx::query("SELECT * FROM readers_rows ORDER BY id").fetch_all(&db).await.unwrap();
    let at: Vec<_> = rows.iter().map(|r| r.try_get::<NaiveDateTime, _>("at").map(|t| t.to_string())).collect();
    fact("reads times of day", at[1].as_deref().ok() == Some("2024-05-01 10:00:00.123"), format!("{at:?}"));
    let zoned: Vec<_> = rows.iter().map(|r| r.try_get::<DateTime<Utc>, _>("zoned").map(|t| t.timestamp_millis())).collect();
    fact("reads times in a zone", zoned[1].as_ref().ok() == Some(&1714557600123), format!("{zoned:?}"));
    let amounts: Vec<_> = rows.iter().map(|r| r.try_get::<f64, _>("amount")).collect();
    fact("reads whole and other decimals", amounts.iter().all(|a| a.is_ok()), format!("{amounts:?}"));
    let rest: Vec<_> = rows.iter().map(|r| (r.try_get::<NaiveDate, _>("day").is_ok(), r.try_get::<NaiveTime, _>("wakes").is_ok(), r.try_get::<bool, _>("yes").is_ok(),
        r.try_get::<Hyphenated, _>("key").is_ok(), r.try_get::<serde_json::Value, _>("tags").is_ok(), r.try_get::<serde_json::Value, _>("doc").is_ok())).collect();
    fact("reads dates, hours, flags, uuids, lists and documents", rest.iter().all(|r| *r == (true, true, true, true, true, true)), format!("{rest:?}"));
    let second = NaiveDate::from_ymd_opt(2024, 5, 1).unwrap().and_hms_opt(10, 0, 0).unwrap();
    let fraction = NaiveDate::from_ymd_opt(2024, 5, 1).unwrap().and_hms_milli_opt(10, 0, 0, 123).unwrap();
    for (what, got, wanted) in [
        ("a whole second", found(&db, "SELECT id FROM readers_rows WHERE at = ?", second).await, vec![1]),
        ("a fraction", found(&db, "SELECT id FROM readers_rows WHERE at = ?", fraction).await, vec![2]),
        ("a range of times", found(&db, "SELECT id FROM readers_rows WHERE at > ?", fraction).await, vec![3]),
        ("a date", found(&db, "SELECT id FROM readers_rows WHERE day = ?", NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()).await, vec![2]),
        ("an hour", found(&db, "SELECT id FROM readers_rows WHERE wakes = ?", NaiveTime::from_hms_opt(7, 30, 0).unwrap()).await, vec![1]),
        ("a uuid", found(&db, "SELECT id FROM readers_rows WHERE key = ?", uuid::Uuid::from_u128(0xab).hyphenated()).await, vec![1]),
        ("a decimal", found(&db, "SELECT id FROM readers_rows WHERE amount = ?", 10.1f64).await, vec![2]),
        ("a flag", found(&db, "SELECT id FROM readers_rows WHERE yes = ?", true).await, vec![1]),
    ] {
        fact(&format!("finds {what}"), got == wanted, format!("{got:?}"));
    }
    let done = sqlx::query("INSERT INTO readers_rows SELECT 4, name, ?, zoned, day, wakes, 'x', amount, ratio, yes, tags, doc FROM readers_rows WHERE id = 1")
        .bind(second).execute(&db).await.unwrap();
    let twice = found(&db, "SELECT id FROM readers_rows WHERE at = ?", second).await;
    fact("writes what it finds beside ours", done.rows_affected() == 1 && twice.len() == 2, format!("{twice:?}"));
    let shop = open(&paths[1]);
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetch_all(&shop).await.unwrap();
    for name in &names {
        sqlx::query(&format!("SELECT * FROM \"{name}\"")).fetch_all(&shop).await.unwrap();
    }
    fact("reads every table of the shop", names.len() > 10, format!("{names:?}"));
}
