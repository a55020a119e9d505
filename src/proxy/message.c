/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/message.h"

#include <assert.h>
#include <string.h>

enum {
    LENGTH = 4,
    MOST_OPENING = 10000, /* MAX_STARTUP_PACKET_LENGTH of the server */
    MOST = 0x7fffffff,
};

static uint32_t
number(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void
put_number(struct buf *out, uint32_t value)
{
    const char bytes[] = { (char)(value >> 24), (char)(value >> 16), (char)(value >> 8),
                           (char)value };
    buf_add(out, bytes, sizeof bytes);
}

static enum message_found
read_after(const char *data, size_t len, size_t before, size_t most, struct message *out)
{
    *out = (struct message){ 0 };
    if (len < before + LENGTH)
        return MESSAGE_PART;
    uint32_t length = number(data + before);
    if (length < LENGTH || length > most)
        return MESSAGE_BAD;
    out->type = before > 0 ? data[0] : '\0';
    out->body = data + before + LENGTH;
    out->len = length - LENGTH;
    out->whole = before + length;
    return len >= out->whole ? MESSAGE_WHOLE : MESSAGE_PART;
}

enum message_found
message_read(const char *data, size_t len, struct message *out)
{
    assert(out != NULL);
    return read_after(data, len, 1, MOST, out);
}

enum message_found
message_read_opening(const char *data, size_t len, struct message *out)
{
    assert(out != NULL);
    enum message_found found = read_after(data, len, 0, MOST_OPENING, out);
    return found == MESSAGE_WHOLE && out->len < 4 ? MESSAGE_BAD : found;
}

uint32_t
message_code(const struct message *message)
{
    assert(message->len >= 4);
    return number(message->body);
}

const char *
message_string(const struct message *message, size_t *at)
{
    assert(message != NULL && at != NULL);
    if (*at >= message->len)
        return NULL;
    const char *found = message->body + *at;
    const char *end = memchr(found, '\0', message->len - *at);
    if (end == NULL)
        return NULL;
    *at = (size_t)(end + 1 - message->body);
    return found;
}

const char *
message_parameter(const struct message *message, const char *name)
{
    assert(name != NULL);
    size_t at = 4;
    for (;;) {
        const char *key = message_string(message, &at);
        const char *value = key != NULL && *key != '\0' ? message_string(message, &at) : NULL;
        if (value == NULL || strcmp(key, name) == 0)
            return value;
    }
}

const char *
message_field(const struct message *message, char field)
{
    assert(field != '\0');
    size_t at = 0;
    while (at < message->len && message->body[at] != '\0') {
        char name = message->body[at++];
        const char *value = message_string(message, &at);
        if (value == NULL || name == field)
            return value;
    }
    return NULL;
}

int
message_row(const struct message *message, struct buf *cells, int most)
{
    assert(cells != NULL);
    if (message->len < 2)
        return -1;
    int n = (unsigned char)message->body[0] << 8 | (unsigned char)message->body[1];
    size_t at = 2;
    if (n > most)
        return -1;
    for (int i = 0; i < n; i++) {
        if (message->len - at < LENGTH)
            return -1;
        uint32_t len = number(message->body + at);
        at += LENGTH;
        if (len != UINT32_MAX && len > message->len - at)
            return -1;
        if (len != UINT32_MAX) {
            buf_add(cells, message->body + at, len);
            at += len;
        }
        buf_putc(cells, '\0');
    }
    return n;
}

/* ---- writing */

static void
put_head(struct buf *out, char type, size_t len)
{
    assert(len <= MOST - LENGTH);
    buf_putc(out, type);
    put_number(out, (uint32_t)len + LENGTH);
}

static void
put_string(struct buf *out, const char *text)
{
    buf_add(out, text, strlen(text) + 1);
}

void
message_put(struct buf *out, char type, const void *body, size_t len)
{
    assert(out != NULL);
    put_head(out, type, len);
    if (len > 0)
        buf_add(out, body, len);
}

void
message_put_parse(struct buf *out, const char *name, const char *sql, size_t len)
{
    assert(name != NULL && sql != NULL);
    put_head(out, 'P', strlen(name) + 1 + len + 1 + 2);
    put_string(out, name);
    buf_add(out, sql, len);
    buf_add(out, "\0\0", 3); /* its end, and no types of parameters */
}

void
message_put_bind(struct buf *out, const char *portal, const char *name)
{
    assert(portal != NULL && name != NULL);
    put_head(out, 'B', strlen(portal) + 1 + strlen(name) + 1 + 6);
    put_string(out, portal);
    put_string(out, name);
    buf_add(out, "\0\0\0\0\0", 6); /* no formats, no parameters, all results as text */
}

void
message_put_named(struct buf *out, char type, char kind, const char *name)
{
    assert(name != NULL);
    put_head(out, type, 1 + strlen(name) + 1);
    buf_putc(out, kind);
    put_string(out, name);
}

void
message_put_execute(struct buf *out, const char *portal)
{
    assert(portal != NULL);
    put_head(out, 'E', strlen(portal) + 1 + 4);
    put_string(out, portal);
    put_number(out, 0); /* all rows */
}

void
message_put_error(struct buf *out, const char *sqlstate, const char *text)
{
    assert(sqlstate != NULL && text != NULL);
    struct buf body = { 0 };
    const char *const fields[] = { "SFATAL", "VFATAL" };
    for (int i = 0; i < 2; i++)
        put_string(&body, fields[i]);
    buf_putc(&body, 'C');
    put_string(&body, sqlstate);
    buf_putc(&body, 'M');
    put_string(&body, text);
    buf_putc(&body, '\0');
    message_put(out, 'E', body.data, body.len);
    buf_deinit(&body);
}
