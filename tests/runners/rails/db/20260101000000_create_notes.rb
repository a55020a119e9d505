# SPDX-License-Identifier: PostgreSQL
class CreateNotes < ActiveRecord::Migration[6.1]
  def change
    create_table(:notes) { |t| t.text :body; t.references :t, foreign_key: { to_table: :t }, type: :bigint }
    add_column :t, :flag, :boolean, default: false
    execute "INSERT INTO notes (body) SELECT 'b' || g FROM generate_series(1, 50) g"
  end
end
