/* SPDX-License-Identifier: PostgreSQL */
/* The functions of the table of transformers, by the file that has them. */
#ifndef MASK_FUNCTIONS_H
#define MASK_FUNCTIONS_H

#include "mask/transform.h"

#define APPLY(name)                                                                                \
    enum mask_result name(const struct mask *mask __attribute__((unused)), struct mask_value *cell)
#define PREPARE(name) bool name(struct mask *mask, struct mask_maker *maker)

/* tf_constant.c */
struct set_params {
    const char *value;
};
struct secret_params {
    int length;
};
struct hash_params {
    int scheme;
    const char *file;
};
struct redact_params {
    int first, last;
    const char *with;
};
APPLY(null_apply);
APPLY(empty_apply);
APPLY(set_apply);
APPLY(secret_apply);
APPLY(hash_apply);
APPLY(redact_apply);
PREPARE(set_prepare);
PREPARE(hash_prepare);
int set_longest(const struct mask *mask);
int secret_longest(const struct mask *mask);
int hash_longest(const struct mask *mask);
double secret_bits(const struct mask *mask);

/* tf_person.c */
struct name_params {
    int style;
};
APPLY(first_name_apply);
APPLY(last_name_apply);
APPLY(full_name_apply);
APPLY(company_apply);
APPLY(username_apply);
double username_bits(const struct mask *mask);
int username_longest(const struct mask *mask);
int username_shortest(const struct mask *mask);

/* tf_place.c */
struct postal_params {
    int preserve_prefix;
};
APPLY(address_line_apply);
APPLY(city_apply);
APPLY(region_apply);
APPLY(postal_code_apply);
APPLY(country_apply);

/* tf_email.c */
struct email_params {
    int host;
};
APPLY(email_apply);
double email_bits(const struct mask *mask);
int email_longest(const struct mask *mask);
int email_shortest(const struct mask *mask);

/* tf_phone.c */
struct phone_params {
    int range;
};
APPLY(phone_apply);
double phone_bits(const struct mask *mask);

/* tf_net.c */
struct ip_params {
    int range;
};
APPLY(ip_apply);
APPLY(mac_apply);
APPLY(url_apply);
APPLY(user_agent_apply);
double ip_bits(const struct mask *mask);
double mac_bits(const struct mask *mask);
double url_bits(const struct mask *mask);
int url_longest(const struct mask *mask);

/* tf_pay.c */
struct card_params {
    int preserve, luhn;
};
struct iban_params {
    int preserve;
};
struct id_params {
    int format;
};
APPLY(card_apply);
APPLY(iban_apply);
APPLY(national_id_apply);
double card_bits(const struct mask *mask);
double iban_bits(const struct mask *mask);
double national_id_bits(const struct mask *mask);

/* tf_shape.c */
struct shape_params {
    int preserve_prefix, preserve_suffix;
};
struct token_params {
    int length, alphabet;
};
APPLY(digits_apply);
APPLY(pattern_apply);
APPLY(by_shape_apply);
APPLY(uuid_apply);
APPLY(token_apply);
double token_bits(const struct mask *mask);
int token_longest(const struct mask *mask);

/* tf_number.c */
struct int_params {
    const struct yaml_node *range;
};
struct noise_params {
    double ratio;
};
struct bucket_params {
    double step;
};
struct top_code_params {
    double at;
};
APPLY(int_apply);
APPLY(noise_apply);
APPLY(bucket_apply);
APPLY(top_code_apply);
PREPARE(int_prepare);

/* tf_date.c */
struct shift_params {
    int unit, max;
};
struct birth_params {
    int preserve, band;
};
struct truncate_params {
    int to;
};
APPLY(date_shift_apply);
PREPARE(date_shift_prepare);
double date_shift_bits(const struct mask *mask);
APPLY(birth_date_apply);
APPLY(truncate_apply);
PREPARE(truncate_prepare);

/* tf_choice.c */
struct choice_params {
    const struct yaml_node *values;
    const char *weights;
    int min_count;
};
struct map_params {
    const struct yaml_node *values, *fallback;
};
APPLY(choice_apply);
APPLY(map_apply);
PREPARE(choice_prepare);
bool choice_is_empty(const struct mask *mask);
PREPARE(map_prepare);

/* tf_text.c */
struct text_params {
    int mode, length;
    const struct yaml_node *find;
};
APPLY(text_apply);
PREPARE(text_prepare);

/* tf_json.c */
struct json_params {
    const struct yaml_node *paths;
    int other, keys;
};
APPLY(json_apply);
PREPARE(json_prepare);

/* tf_bytes.c */
struct bytes_params {
    int mode;
};
APPLY(bytes_apply);

/* tf_derive.c */
struct derive_params {
    const char *derive;
    int filter;
};
APPLY(derive_apply);
PREPARE(derive_prepare);

#endif
