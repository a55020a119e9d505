// SPDX-License-Identifier: PostgreSQL
// Graphile Worker: the same.
import { makeWorkerUtils, run } from 'graphile-worker';
const connectionString = process.env.DATABASE_URL;
if (process.argv[2] === 'fill') {
  const utils = await makeWorkerUtils({ connectionString });
  await utils.migrate();
  for (let i = 0; i < 500; i++) await utils.addJob('mail', { to: `ada${i}@realcorp.example.org`, name: `Ada ${i}` });
  await utils.release();
} else {
  let n = 0;
  const runner = await run({ connectionString, concurrency: 10, noHandleSignals: true, pollInterval: 500, logger: undefined, taskList: { mail: async () => { n++; } } });
  await new Promise((r) => setTimeout(r, 4000));
  console.log(n);
  await runner.stop();
}
process.exit(0);
