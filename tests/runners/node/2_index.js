// SPDX-License-Identifier: PostgreSQL
exports.up = (pgm) => {
  pgm.noTransaction();
  pgm.createIndex('t', 'kept', { name: 't_kept', concurrently: true });
};
