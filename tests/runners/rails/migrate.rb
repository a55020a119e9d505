# SPDX-License-Identifier: PostgreSQL
require 'active_record'

ActiveRecord::Base.establish_connection(ENV.fetch('DATABASE_URL'))
ActiveRecord::Migration.verbose = false
Dir[File.join(__dir__, 'db', '*.rb')].each { |file| require file }
context = ActiveRecord::MigrationContext.new(File.join(__dir__, 'db'), ActiveRecord::SchemaMigration)
context.migrate
