// SPDX-License-Identifier: PostgreSQL
import java.sql.DriverManager;
import org.testcontainers.containers.PostgreSQLContainer;
import org.testcontainers.utility.MountableFile;

public class Fixtures {
  public static void main(String[] args) throws Exception {
    // The mode: the container's user postgres has to read them, and decant's unmasked files are their owner's only.
    try (var db = new PostgreSQLContainer<>("postgres:16-alpine")
        .withCopyFileToContainer(MountableFile.forHostPath("fixtures", 0755), "/docker-entrypoint-initdb.d")) {
      db.start();
      try (var connection = DriverManager.getConnection(db.getJdbcUrl(), db.getUsername(), db.getPassword());
          var rows = connection.createStatement().executeQuery("SELECT count(*) FROM orders")) {
        rows.next();
        System.out.println("orders: " + rows.getInt(1));
      }
    }
  }
}
