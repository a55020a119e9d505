// SPDX-License-Identifier: PostgreSQL
import org.flywaydb.core.Flyway;

class Flyway_ {
    public static void main(String[] args) {
        Flyway.configure().dataSource(System.getenv("JDBC"), null, null).locations("filesystem:java/flyway").baselineOnMigrate(true)
            .baselineVersion("0").load().migrate();
    }
}
