/* SPDX-License-Identifier: PostgreSQL */
/* Any bytes as a value of any type: the first byte chooses a scalar, the second what is built of
 * it. What is rendered is rendered alike twice, and as a cell of SQLite too. */
#include <assert.h>
#include <string.h>

#include "load/sqlite_type.h"
#include "row/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FORMS = 5 };

static void
render_cell(const struct type *type, const struct decant_value *value,
            const struct sqlite_profile *profile, enum sqlite_odd odd)
{
    const struct column source = { .name = "c", .type = type, .type_name = "t", .typmod = -1 };
    struct sqlite_column column = { .source = &source,
                                    .name = "c",
                                    .profile = profile,
                                    .odd = odd,
                                    .style = { .money_scale = 2 },
                                    .check_utf8 = true };
    for (int i = 0; i < 2; i++) {
        struct cell cell = { 0 };
        if (sqlite_cell(&column, value, &cell) != CELL_DOES_NOT_FIT)
            break;
        assert(!column.as_text);
        column.as_text = true;
    }
    buf_deinit(&column.text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct text_style style = { .money_scale = 2 };
    if (size < 2)
        return 0;
    const struct type scalar = { .kind = TYPE_SCALAR, .scalar = data[0] % SCALAR_COUNT };
    const struct type range = { .kind = TYPE_RANGE, .element = &scalar };
    const struct type types[FORMS] = {
        scalar,
        { .kind = TYPE_ARRAY, .element = &scalar, .delimiter = ',' },
        range,
        { .kind = TYPE_MULTIRANGE, .element = &range },
        { .kind = TYPE_ARRAY, .element = &range, .delimiter = ',' },
    };
    const struct type *type = &types[data[1] % FORMS];
    if (!type_is_decodable(type))
        return 0;
    struct decant_value value = { .data = data + 2, .len = (int32_t)(size - 2) };
    struct buf once = { 0 }, twice = { 0 };
    bool ok = codec_text(type, &value, &style, &once);
    assert(codec_text(type, &value, &style, &twice) == ok);
    assert(!ok || strcmp(buf_str(&once), buf_str(&twice)) == 0);
    if (type->kind == TYPE_ARRAY) {
        bool bounds;
        buf_reset(&once);
        codec_array_json(type, &value, &style, &once, &bounds);
    }
    for (int profile = 0; profile < nsqlite_profiles; profile++)
        render_cell(type, &value, &sqlite_profiles[profile], (enum sqlite_odd)(profile % 3));
    buf_deinit(&once);
    buf_deinit(&twice);
    return 0;
}
