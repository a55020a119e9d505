// SPDX-License-Identifier: PostgreSQL
exports.up = (pgm) => {
  pgm.createTable('notes', { id: 'id', body: { type: 'text', notNull: true } });
  pgm.sql("INSERT INTO notes (body) SELECT 'b' || g FROM generate_series(1, 50) g");
  pgm.addColumns('t', { flag: { type: 'boolean', default: false } });
};
