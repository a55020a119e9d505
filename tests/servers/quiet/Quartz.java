// SPDX-License-Identifier: PostgreSQL
// Quartz with its jobs in the database, whose tables its own script made: the same.
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.quartz.*;
import org.quartz.impl.StdSchedulerFactory;

public class Quartz {
    static final AtomicInteger done = new AtomicInteger();

    public static class Mail implements Job {
        public void execute(JobExecutionContext context) { done.incrementAndGet(); }
    }

    public static void main(String[] args) throws Exception {
        Properties p = new Properties();
        p.put("org.quartz.scheduler.instanceName", "mail");
        p.put("org.quartz.threadPool.threadCount", "5");
        p.put("org.quartz.jobStore.class", "org.quartz.impl.jdbcjobstore.JobStoreTX");
        p.put("org.quartz.jobStore.driverDelegateClass", "org.quartz.impl.jdbcjobstore.PostgreSQLDelegate");
        p.put("org.quartz.jobStore.dataSource", "db");
        p.put("org.quartz.dataSource.db.driver", "org.postgresql.Driver");
        p.put("org.quartz.dataSource.db.URL", System.getenv("JDBC_URL"));
        p.put("org.quartz.dataSource.db.user", System.getenv("JDBC_USER"));
        p.put("org.quartz.dataSource.db.password", "x");
        p.put("org.quartz.dataSource.db.provider", "hikaricp");
        p.put("org.quartz.scheduler.skipUpdateCheck", "true");
        Scheduler scheduler = new StdSchedulerFactory(p).getScheduler();
        if (args[0].equals("fill")) {
            for (int i = 0; i < 50; i++)
                scheduler.scheduleJob(JobBuilder.newJob(Mail.class).withIdentity("mail" + i).usingJobData("to", "ada" + i + "@realcorp.example.org").build(),
                        TriggerBuilder.newTrigger().withIdentity("t" + i).withSchedule(SimpleScheduleBuilder.repeatSecondlyForever()).build());
        } else {
            scheduler.start();
            Thread.sleep(4000);
            System.out.println(done.get());
        }
        scheduler.shutdown(false);
        System.exit(0);
    }
}
