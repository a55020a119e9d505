/* SPDX-License-Identifier: PostgreSQL */
/* Which mask a leaf of JSON gets: by its path, by the packs' names for its key, or as other text.
 */
#ifndef TRANSFORM_JSON_MASKS_H
#define TRANSFORM_JSON_MASKS_H

#include "detect/detect.h"
#include "rules/path.h"
#include "transform/maker.h"

enum { KEYS_CHECKED, KEYS_KEPT, KEYS_MASKED };
enum { OTHER_MASK, OTHER_KEEP, OTHER_DROP, OTHER_STOP };
enum { JSON_LONG_NUMBER = 7 }; /* so many digits may be somebody's */

struct json_rule {
    struct path path;
    struct mask *mask; /* NULL: keep */
};

/* What a name pattern of the packs says about a key. */
struct json_names {
    const struct rules_columns *columns;
    size_t n;
    struct mask **masks; /* of the lines of `columns`; NULL: not for keys */
};

struct json_masks {
    int n, other, keys;
    struct json_rule *rules;
    struct mask *text, *shape; /* of other strings: prose, and the rest */
    struct detect *detect;
    struct json_names names;
};

struct json_params {
    const struct yaml_node *paths;
    int other, keys;
};

/* Makes them of the parameters of a mask; see struct transformer. */
bool json_prepare(struct mask *mask, struct mask_maker *maker);

/* A string, a number, or one of the words true and false. */
enum json_leaf { LEAF_TEXT, LEAF_NUMBER, LEAF_WORD };

enum json_verdict { JSON_MASKED, JSON_KEPT, JSON_DROPPED, JSON_STOPS };

/* Of the leaf at `place`; the mask is NULL unless the verdict is JSON_MASKED. */
enum json_verdict json_masks_find(const struct json_masks *masks, struct mask_work *work,
                                  const struct path_step *place, int depth, const char *text,
                                  size_t len, enum json_leaf kind, const struct mask **mask);

#endif
