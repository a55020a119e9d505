// SPDX-License-Identifier: PostgreSQL
import java.nio.file.Path;
import java.sql.DriverManager;
import liquibase.Liquibase;
import liquibase.database.DatabaseFactory;
import liquibase.database.jvm.JdbcConnection;
import liquibase.resource.DirectoryResourceAccessor;

class Liquibase_ {
    public static void main(String[] args) throws Exception {
        var database = DatabaseFactory.getInstance().findCorrectDatabaseImplementation(new JdbcConnection(DriverManager.getConnection(System.getenv("JDBC"))));
        new Liquibase("changes.sql", new DirectoryResourceAccessor(Path.of("java")), database).update("");
    }
}
