// SPDX-License-Identifier: PostgreSQL
// Diesel on its profile; TAP on stdout.
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::prelude::*;

diesel::table! {
    readers_rows (id) {
        id -> BigInt, name -> Text, at -> Timestamp, zoned -> TimestamptzSqlite, day -> Date, wakes -> Time, key -> Text, amount -> Double, ratio -> Double,
        yes -> Bool, tags -> Text, doc -> Text,
    }
}
use crate::readers_rows::dsl::*;

type Line = (i64, String, NaiveDateTime, DateTime<Utc>, NaiveDate, NaiveTime, String, f64, f64, bool, String, String);

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text, column_name = "name")]
    called: String,
}

fn fact(what: &str, ok: bool, detail: String) {
    if !ok {
        println!("# {detail}");
    }
    println!("{} - Diesel: {what}", if ok { "ok" } else { "not ok" });
}

fn main() {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let db = &mut SqliteConnection::establish(&paths[0]).unwrap();
    let rows = readers_rows.order(id).load::<Line>(db);
    fact("reads every type", rows.is_ok(), format!("{:?}", rows.as_ref().err()));
    let rows = rows.unwrap_or_default();
    fact("reads a fraction in UTC", rows.len() == 3 && rows[1].3.timestamp_millis() == 1714557600123 && rows[1].2.to_string() == "2024-05-01 10:00:00.123", format!("{rows:?}"));
    fact("reads a list", rows.len() == 3 && rows[0].10 == "[\"red\", \"blue\"]", format!("{rows:?}"));
    let day_of = NaiveDate::from_ymd_opt(2024, 5, 1).unwrap();
    let second = day_of.and_hms_opt(10, 0, 0).unwrap();
    let fraction = day_of.and_hms_milli_opt(10, 0, 0, 123).unwrap();
    let ids = readers_rows.select(id);
    for (what, got, wanted) in [
        ("a whole second", ids.filter(at.eq(second)).load::<i64>(db), vec![1]),
        ("a fraction", ids.filter(at.eq(fraction)).load::<i64>(db), vec![2]),
        ("a fraction in a zone", ids.filter(zoned.eq(fraction.and_utc())).load::<i64>(db), vec![2]),
        ("a range of times", ids.filter(at.gt(fraction)).load::<i64>(db), vec![3]),
        ("a date", ids.filter(day.eq(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap())).load::<i64>(db), vec![2]),
        ("an hour", ids.filter(wakes.eq(NaiveTime::from_hms_opt(7, 30, 0).unwrap())).load::<i64>(db), vec![1]),
        ("a uuid", ids.filter(key.eq("00000000-0000-0000-0000-0000000000ab")).load::<i64>(db), vec![1]),
        ("a decimal", ids.filter(amount.eq(10.1)).load::<i64>(db), vec![2]),
        ("a flag", ids.filter(yes.eq(true)).load::<i64>(db), vec![1]),
    ] {
        fact(&format!("finds {what}"), got.as_ref().ok() == Some(&wanted), format!("{got:?}"));
    }
    let written = diesel::insert_into(readers_rows)
        .values((id.eq(4), name.eq("new"), at.eq(second), zoned.eq(second.and_utc()), day.eq(day_of), wakes.eq(NaiveTime::from_hms_opt(1, 0, 0).unwrap()), key.eq("x"),
            amount.eq(1.0), ratio.eq(1.0), yes.eq(true), tags.eq("[]"), doc.eq("{}")))
        .execute(db);
    let both = ids.filter(zoned.eq(second.and_utc())).order(id).load::<i64>(db);
    fact("writes what it finds beside ours", written.is_ok() && both.as_ref().ok() == Some(&vec![1, 4]), format!("{written:?} {both:?}"));
    let shop = &mut SqliteConnection::establish(&paths[1]).unwrap();
    let names = diesel::sql_query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").load::<Name>(shop).unwrap();
    let read = names.iter().filter(|n| diesel::sql_query(format!("SELECT * FROM \"{}\"", n.called)).execute(shop).is_ok()).count();
    fact("reads every table of the shop", read > 10 && read == names.len(), format!("{read} of {}", names.len()));
}
