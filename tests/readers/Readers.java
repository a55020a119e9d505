// SPDX-License-Identifier: PostgreSQL
// sqlite-jdbc on its profile; TAP on stdout.
import java.sql.*;
import java.util.*;

public class Readers {
    static void fact(String name, boolean ok, Object detail) {
        if (!ok) System.out.println("# " + detail);
        System.out.println((ok ? "ok" : "not ok") + " - sqlite-jdbc: " + name);
    }

    public static void main(String[] args) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        try (Connection db = DriverManager.getConnection("jdbc:sqlite:" + args[0] + "?date_class=TEXT")) {
            ResultSet r = db.createStatement().executeQuery("SELECT * FROM readers_rows WHERE id = 2");
            r.next();
            fact("reads a timestamp to the millisecond", r.getTimestamp("at").equals(Timestamp.valueOf("2024-05-01 10:00:00.123")), r.getTimestamp("at"));
            fact("reads a date", r.getDate("day").toString().equals("2024-02-29"), r.getDate("day"));
            fact("reads a time", r.getTime("wakes").toString().equals("23:59:59"), r.getTime("wakes"));
            fact("reads a decimal", r.getBigDecimal("amount").doubleValue() == 10.10, r.getBigDecimal("amount"));
            fact("reads a flag", !r.getBoolean("yes"), r.getBoolean("yes"));
            Object[][] searches = {
                {"a whole second", "at", Timestamp.valueOf("2024-05-01 10:00:00"), 1},
                {"a fraction", "zoned", Timestamp.valueOf("2024-05-01 10:00:00.123"), 2},
                {"a date", "day", java.sql.Date.valueOf("2024-02-29"), 2},
                {"a uuid", "key", "00000000-0000-0000-0000-0000000000ab", 1},
                {"a decimal", "amount", 10.10, 2}};
            for (Object[] s : searches) {
                PreparedStatement q = db.prepareStatement("SELECT id FROM readers_rows WHERE \"" + s[1] + "\" = ?");
                if (s[2] instanceof Timestamp t) q.setTimestamp(1, t);
                else if (s[2] instanceof java.sql.Date d) q.setDate(1, d);
                else q.setObject(1, s[2]);
                ResultSet found = q.executeQuery();
                boolean has = found.next();
                fact("finds " + s[0], has && found.getInt(1) == (int) s[3], has);
            }
        }
        int tables = 0;
        String trouble = null;
        try (Connection db = DriverManager.getConnection("jdbc:sqlite:" + args[1] + "?date_class=TEXT")) {
            ResultSet names = db.getMetaData().getTables(null, null, "%", new String[] {"TABLE"});
            while (names.next()) {
                String name = names.getString("TABLE_NAME");
                tables++;
                ResultSet r = db.createStatement().executeQuery("SELECT * FROM \"" + name + "\"");
                ResultSetMetaData about = r.getMetaData();
                try {
                    while (r.next())
                        for (int i = 1; i <= about.getColumnCount(); i++)
                            switch (about.getColumnTypeName(i)) {
                                case "DATETIME" -> r.getTimestamp(i);
                                case "DATE" -> r.getDate(i);
                                case "TIME" -> r.getTime(i);
                                default -> r.getObject(i);
                            }
                } catch (SQLException e) {
                    trouble = name + ": " + e.getMessage();
                }
            }
        }
        fact("reads every table of the shop", tables > 10 && trouble == null, trouble);
    }
}
