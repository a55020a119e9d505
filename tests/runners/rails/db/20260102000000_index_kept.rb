# SPDX-License-Identifier: PostgreSQL
class IndexKept < ActiveRecord::Migration[6.1]
  disable_ddl_transaction!

  def change
    add_index :t, :kept, algorithm: :concurrently
  end
end
