/* SPDX-License-Identifier: PostgreSQL */
#include "transform/transform.h"

struct bytes_params {
    int mode;
};

/* A PNG of one grey pixel: what shows images shows it. */
static const uint8_t pixel[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
    0x00, 0x3A, 0x7E, 0x9B, 0x55, 0x00, 0x00, 0x00, 0x0A, 0x49, 0x44, 0x41, 0x54, 0x78,
    0xDA, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0xDA, 0x45, 0x08, 0x3B, 0x00,
    0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
};

APPLY(bytes_apply)
{
    const struct bytes_params *params = mask->params;
    if (params->mode == 0)
        buf_add(cell->out, pixel, sizeof pixel);
    else if (params->mode == 1)
        buf_add(cell->out, mask_stream(mask, cell, cell->len), cell->len);
    return MASK_DONE;
}

static const struct parameter bytes_list[] = {
    { .name = "mode",
      .kind = PARAM_WORD,
      .offset = offsetof(struct bytes_params, mode),
      .words = { "placeholder", "same_length", "empty" },
      .fallback = "placeholder",
      .summary = "a small image, random bytes, nothing" },
};

const struct transformer transform_bytes = {
    .name = "bytes",
    .summary = "a small image, random bytes, or none",
    .accepts = KIND_BYTES,
    .seed = SEED_ROW,
    .need = NEED_VALUE,
    .size = sizeof(struct bytes_params),
    PARAMS(bytes_list),
    .apply = bytes_apply,
};
