# SPDX-License-Identifier: PostgreSQL
# What ActiveRecord makes of its profile; TAP on stdout.
require "bigdecimal"
require "stringio"
require "active_record"

def fact(name, ok, detail = nil)
  puts "# #{detail.inspect}" unless ok
  puts "#{ok ? 'ok' : 'not ok'} - ActiveRecord: #{name}"
end

(ActiveRecord.respond_to?(:default_timezone=) ? ActiveRecord : ActiveRecord::Base).default_timezone = :utc
open_copy = ->(path) { ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: path) }
open_copy.call(ARGV[0])
class Row < ActiveRecord::Base
  self.table_name = "readers_rows"
end
whole = Time.utc(2024, 5, 1, 10)
{
  "a timestamp of a whole second" => [{ at: whole }, [1]],
  "one with a fraction" => [{ at: whole + Rational(123, 1000) }, [2]],
  "one with a zone" => [{ zoned: whole }, [1]],
  "timestamps from a second on" => [{ at: whole.. }, [1, 2, 3]],
  "a date" => [{ day: Date.new(2024, 2, 29) }, [2]],
  "a time" => [{ wakes: "07:30:00" }, [1]],
  "a uuid" => [{ key: "00000000-0000-0000-0000-0000000000ab" }, [1]],
  "a decimal" => [{ amount: BigDecimal("10.10") }, [2]],
  "a double" => [{ ratio: 0.5 }, [2]],
  "a flag" => [{ yes: true }, [1]]
}.each do |what, (condition, wanted)|
  got = Row.where(condition).order(:id).pluck(:id)
  fact "finds #{what}", got == wanted, got
end
second = Row.find(2)
read = [second.at, second.day, second.amount, second.yes, second.tags, second.doc]
fact "reads each type", read == [whole + Rational(123, 1000), Date.new(2024, 2, 29), BigDecimal("10.10"), false, [], {}], read
Row.create!(id: 9, name: "new", at: whole, zoned: whole, day: whole.to_date, wakes: "10:00", key: "9", amount: 1.25, ratio: 1.5, yes: true, tags: ["n"], doc: { n: 1 })
fact "inserts a row, and finds it by its time", Row.where(wakes: "10:00").pluck(:id) == [9]
ARGV[1..].zip(%w[shop odd]).each do |path, name|
  connection = open_copy.call(path).connection
  trouble = []
  (connection.tables - ['Odd Schema__Odd "Table".x']).each do |table| # a quote in a name is none that it can read
    model = Class.new(ActiveRecord::Base) { self.table_name = table; self.inheritance_column = nil; def self.dangerous_attribute_method?(_) = false }
    begin
      connection.select_all("SELECT * FROM #{connection.quote_table_name(table)}").to_a
      model.limit(3).to_a
    rescue StandardError => e
      trouble << "#{table}: #{e.message}"
    end
  end
  fact "reads every table of #{name}", trouble.empty? && connection.tables.size > 10, trouble.first(5)
  next unless name == "shop"
  schema = StringIO.new
  takes_pool = Gem::Version.new(ActiveRecord::VERSION::STRING) >= Gem::Version.new("7.2")
  ActiveRecord::SchemaDumper.dump(takes_pool ? ActiveRecord::Base.connection_pool : connection, schema)
  fact "writes schema.rb of #{name} whole", !schema.string.include?("Could not dump"), schema.string[/Could not dump.*/]
end
