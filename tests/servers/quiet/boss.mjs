// SPDX-License-Identifier: PostgreSQL
// pg-boss: "fill" makes its tables and two thousand jobs, "work" counts what a worker finds in four seconds.
import { PgBoss } from 'pg-boss';
const boss = new PgBoss({ connectionString: process.env.DATABASE_URL });
boss.on('error', (e) => console.error(e.message));
await boss.start();
await boss.createQueue('mail');
let n = 0;
if (process.argv[2] === 'fill') {
  await boss.insert('mail', Array.from({ length: 2000 }, (_, i) => ({ data: { to: `ada${i}@realcorp.example.org`, name: `Ada ${i}` } })));
  await boss.schedule('mail', '* * * * *', { to: 'all@realcorp.example.org' });
} else {
  await boss.work('mail', { batchSize: 100, pollingIntervalSeconds: 0.5 }, async (jobs) => { n += jobs.length; });
  await new Promise((r) => setTimeout(r, 4000));
  console.log(n);
}
await boss.stop({ graceful: false });
process.exit(0);
