/* SPDX-License-Identifier: PostgreSQL */
#include "propose/bookkeeping.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

/* As the tools' own sources create them, 2026. Of tables of one name the one with more columns
 * stands first. */
static const struct bookkeeping known[] = {
    { .table = "ar_internal_metadata",
      .columns = { "key", "value" },
      .tool = "Rails",
      .profile = "rails",
      .value_column = "value",
      .condition = "key = 'environment'",
      .value = "development" },
    { .table = "schema_migrations", .columns = { "version" }, .tool = "Rails and others" },
    { .table = "data_migrations", .columns = { "version" }, .tool = "data_migrate" },
    { .table = "django_migrations",
      .columns = { "app", "name", "applied" },
      .tool = "Django",
      .profile = "django" },
    { .table = "django_content_type",
      .columns = { "app_label", "model" },
      .tool = "Django",
      .profile = "django" },
    { .table = "auth_permission",
      .columns = { "codename", "content_type_id" },
      .tool = "Django",
      .profile = "django" },
    { .table = "south_migrationhistory",
      .columns = { "migration" },
      .tool = "South",
      .profile = "django" },
    { .table = "aerich", .columns = { "version", "app" }, .tool = "Aerich", .profile = "go" },
    { .table = "alembic_version",
      .columns = { "version_num" },
      .tool = "Alembic",
      .profile = "sqlalchemy" },
    { .table = "_yoyo_migration", .columns = { "migration_hash" }, .tool = "yoyo" },
    { .table = "_yoyo_log", .columns = { "migration_hash" }, .tool = "yoyo" },
    { .table = "_yoyo_version", .columns = { "version" }, .tool = "yoyo" },
    { .table = "yoyo_lock", .columns = { "locked" }, .tool = "yoyo" },
    { .table = "flyway_schema_history",
      .columns = { "installed_rank" },
      .tool = "Flyway",
      .profile = "jdbc" },
    { .table = "schema_version",
      .columns = { "installed_rank" },
      .tool = "Flyway",
      .profile = "jdbc" },
    { .table = "schema_version", .columns = { "version" }, .tool = "pgmigrate, tern" },
    { .table = "databasechangelog",
      .columns = { "orderexecuted", "md5sum" },
      .tool = "Liquibase",
      .profile = "jdbc",
      .identity = "author" },
    { .table = "databasechangeloglock",
      .columns = { "locked" },
      .tool = "Liquibase",
      .profile = "jdbc" },
    { .table = "_prisma_migrations",
      .columns = { "checksum", "migration_name" },
      .tool = "Prisma",
      .profile = "prisma" },
    { .table = "knex_migrations", .columns = { "name", "batch" }, .tool = "Knex" },
    { .table = "knex_migrations_lock", .columns = { "is_locked" }, .tool = "Knex" },
    { .table = "migrations",
      .columns = { "timestamp", "name" },
      .tool = "TypeORM",
      .profile = "typeorm" },
    { .table = "typeorm_metadata",
      .columns = { "type", "name", "value" },
      .tool = "TypeORM",
      .profile = "typeorm" },
    { .table = "migrations", .columns = { "migration", "batch" }, .tool = "Laravel" },
    { .table = "migrations", .columns = { "name", "run_on" }, .tool = "db-migrate" },
    { .table = "migrations", .columns = { "hash", "previous_hash" }, .tool = "graphile-migrate" },
    { .table = "mikro_orm_migrations",
      .columns = { "executed_at" },
      .tool = "MikroORM",
      .profile = "typeorm" },
    { .table = "__drizzle_migrations",
      .columns = { "hash" },
      .tool = "Drizzle",
      .profile = "drizzle" },
    { .table = "sequelizemeta", .columns = { "name" }, .tool = "Sequelize" },
    { .table = "sequelizedata", .columns = { "name" }, .tool = "Sequelize" },
    { .table = "pgmigrations", .columns = { "name", "run_on" }, .tool = "node-pg-migrate" },
    { .table = "__efmigrationshistory",
      .columns = { "migrationid", "productversion" },
      .tool = "Entity Framework" },
    { .table = "__migrationhistory", .columns = { "migrationid" }, .tool = "Entity Framework" },
    { .table = "versioninfo", .columns = { "version", "appliedon" }, .tool = "FluentMigrator" },
    { .table = "schemaversions", .columns = { "scriptname" }, .tool = "DbUp" },
    { .table = "goose_db_version", .columns = { "version_id" }, .tool = "goose", .profile = "go" },
    { .table = "gorp_migrations",
      .columns = { "applied_at" },
      .tool = "sql-migrate",
      .profile = "go" },
    { .table = "bun_migrations", .columns = { "group_id" }, .tool = "bun", .profile = "go" },
    { .table = "bun_migration_locks", .columns = { "table_name" }, .tool = "bun", .profile = "go" },
    { .table = "atlas_schema_revisions", .columns = { "version", "hash" }, .tool = "Atlas" },
    { .table = "__diesel_schema_migrations",
      .columns = { "version" },
      .tool = "Diesel",
      .profile = "diesel" },
    { .table = "_sqlx_migrations",
      .columns = { "version", "checksum" },
      .tool = "sqlx",
      .profile = "sqlx" },
    { .table = "seaql_migrations", .columns = { "version" }, .tool = "SeaORM", .profile = "sqlx" },
    { .table = "refinery_schema_history", .columns = { "version" }, .tool = "refinery" },
    { .table = "doctrine_migration_versions", .columns = { "version" }, .tool = "Doctrine" },
    { .table = "migration_versions", .columns = { "version" }, .tool = "Doctrine" },
    { .table = "phinxlog", .columns = { "version", "migration_name" }, .tool = "Phinx" },
    { .table = "changelog", .columns = { "id", "applied_at" }, .tool = "MyBatis Migrations" },
    { .table = "changes",
      .columns = { "change_id", "planned_at", "committed_at" },
      .tool = "sqitch" },
    { .table = "dependencies", .columns = { "change_id", "dependency_id" }, .tool = "sqitch" },
    { .table = "events", .columns = { "change_id", "committed_at" }, .tool = "sqitch" },
    { .table = "projects", .columns = { "project", "creator_email", "uri" }, .tool = "sqitch" },
    { .table = "releases", .columns = { "installer_email", "version" }, .tool = "sqitch" },
    { .table = "tags", .columns = { "tag_id", "committed_at", "change_id" }, .tool = "sqitch" },
    { .table = "schema_versions", .columns = { "version" }, .tool = "a tool of migrations" },
    { .table = "schema_migration", .columns = { "version" }, .tool = "a tool of migrations" },
    { .table = "schema_history", .columns = { "version" }, .tool = "a tool of migrations" },
    { .table = "schema_info", .columns = { "version" }, .tool = "Sequel" },
    { .table = "db_version", .columns = { "version" }, .tool = "a tool of migrations" },
    { .table = "migration_history", .columns = { "version" }, .tool = "a tool of migrations" },
    { .table = "migration_model",
      .columns = { "version", "update_time" },
      .tool = "Keycloak",
      .profile = "jdbc" },
    { .table = "act_ge_property",
      .columns = { "name_", "value_" },
      .tool = "Camunda",
      .profile = "jdbc" },
    { .table = "act_ge_schema_log",
      .columns = { "version_" },
      .tool = "Camunda",
      .profile = "jdbc" },
};

static bool
has_column(const struct table *table, const char *name)
{
    for (int i = 0; i < table->ncolumns; i++)
        if (strcasecmp(table->columns[i].name, name) == 0)
            return true;
    return false;
}

const struct bookkeeping *
bookkeeping_of(const struct table *table)
{
    assert(table != NULL);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        bool is = strcasecmp(known[i].table, table->name) == 0;
        for (int k = 0; is && known[i].columns[k] != NULL; k++)
            is = has_column(table, known[i].columns[k]);
        if (is)
            return &known[i];
    }
    return NULL;
}
