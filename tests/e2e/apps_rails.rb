# SPDX-License-Identifier: PostgreSQL
# What a Rails application asks of its copy first: apps_rails.rb COPY WORK. TAP on stdout.
require "bigdecimal"
require "stringio"
require "fileutils"
require "active_record"
require "active_record/tasks/database_tasks"

def fact(name, ok, detail = nil)
  puts "# #{detail.inspect}" unless ok
  puts "#{ok ? 'ok' : 'not ok'} - rails: #{name}"
end

copy, work = ARGV
ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: copy)
connection = ActiveRecord::Base.connection
versions = connection.select_values("SELECT version FROM schema_migrations ORDER BY 1")
folder = File.join(work, "migrate") # as the application has them, and one that is new
FileUtils.mkdir_p(folder)
(versions + ["20991231235959"]).each do |v|
  File.write(File.join(folder, "#{v}_step_#{v}.rb"), "class Step#{v} < ActiveRecord::Migration[6.1]\n  def change; add_column :posts, :extra_#{v}, :string; end\nend\n")
end
tasks = ActiveRecord::Tasks::DatabaseTasks
tasks.migrations_paths = [folder]
ActiveRecord::Migrator.migrations_paths = [folder]
# what db:migrate:status does
out, $stdout = $stdout, StringIO.new
tasks.migrate_status
said, $stdout = $stdout.string, out
up, down = said.scan(/^ *up /).size, said.scan(/^ *down /).size
fact "db:migrate:status knows every migration", up == versions.size && up > 100 && down == 1 && !said.include?("NO FILE"), [up, down, versions.size]
fact "the environment is that of developers", ActiveRecord::InternalMetadata[:environment] == "development", ActiveRecord::InternalMetadata[:environment]
ENV["VERBOSE"] = "false"
tasks.migrate
fact "db:migrate runs what is new alone", connection.column_exists?(:posts, :extra_20991231235959) && !connection.column_exists?(:posts, "extra_#{versions.last}")

trouble = []
models = (connection.tables - %w[schema_migrations ar_internal_metadata]).to_h do |table|
  model = Class.new(ActiveRecord::Base) { self.table_name = table; self.inheritance_column = nil; def self.dangerous_attribute_method?(_) = false }
  Object.const_set("Of#{table.split('_').map(&:capitalize).join}", model)
  begin
    key = model.primary_key
    first = model.first
    trouble << "#{table}: empty" if first.nil?
    trouble << "#{table}: not found again" if key && first && model.find(first[key]) != first
    model.where.not(created_at: nil).order(created_at: :desc).limit(3).to_a if model.column_names.include?("created_at")
  rescue StandardError => e
    trouble << "#{table}: #{e.message}"
  end
  [table, model]
end
fact "a query of every model", trouble.empty? && models.size > 12, trouble
dangling = models.flat_map do |table, model|
  model.column_names.grep(/_type\z/).filter_map do |type|
    id = type.sub(/_type\z/, "_id")
    next unless model.column_names.include?(id)
    model.where.not(id => nil).distinct.pluck(type, id).count do |kind, number|
      there = models[kind.to_s.gsub("::", "").gsub(/(?<=[a-z])([A-Z])/, '_\1').downcase + "s"]
      there && !there.exists?(number.to_i)
    end.then { |n| n.zero? ? nil : "#{table}.#{type}: #{n}" }
  end
end
fact "what a type and a number refer to is there", dangling.empty?, dangling
