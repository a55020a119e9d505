#include "load/sink.h"
const struct sink_ops sink_postgres = { .name = "postgres" };
const char *
sink_postgres_manifest(const struct pg_conn *conn, struct arena *arena)
{
    (void)conn;
    (void)arena;
    return "";
}
