/* SPDX-License-Identifier: PostgreSQL */
#include "mask/transform.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "key/prf.h"
#include "mask/functions.h"

#define PARAMS(list) .params = list, .nparams = sizeof list / sizeof *list
#define TEXTS (KIND_TEXT | KIND_JSON)

static const struct parameter set_list[] = {
    { "value", PARAM_TEXT, offsetof(struct set_params, value), { 0 }, NULL, "what every row gets" },
};
static const struct parameter secret_list[] = {
    { "length",
      PARAM_COUNT,
      offsetof(struct secret_params, length),
      { 0 },
      "21",
      "characters, the first is '!'" },
};
static const struct parameter hash_list[] = {
    { "scheme",
      PARAM_WORD,
      offsetof(struct hash_params, scheme),
      { "bcrypt", "argon2id", "pbkdf2_sha256", "scrypt" },
      "bcrypt",
      "how the hash is spelled" },
    { "file",
      PARAM_TEXT,
      offsetof(struct hash_params, file),
      { 0 },
      "none",
      "one line: the hash of a password that developers know" },
};
static const struct parameter redact_list[] = {
    { "first",
      PARAM_COUNT,
      offsetof(struct redact_params, first),
      { 0 },
      "0",
      "characters that stay at the beginning" },
    { "last",
      PARAM_COUNT,
      offsetof(struct redact_params, last),
      { 0 },
      "0",
      "characters that stay at the end" },
    { "with",
      PARAM_TEXT,
      offsetof(struct redact_params, with),
      { 0 },
      "*",
      "what stands for the others" },
};
static const struct parameter name_list[] = {
    { "style",
      PARAM_WORD,
      offsetof(struct name_params, style),
      { "real", "phonotactic" },
      "real",
      "names of the locale, or names that nobody bears" },
};
static const struct parameter postal_list[] = {
    { "preserve_prefix",
      PARAM_COUNT,
      offsetof(struct postal_params, preserve_prefix),
      { 0 },
      "0",
      "characters that stay; the code then leaves its reserved range" },
};
static const struct parameter email_list[] = {
    { "host",
      PARAM_WORD,
      offsetof(struct email_params, host),
      { "one", "per_host" },
      "one",
      "example.com, or a sub-domain of it for each host" },
};
static const struct parameter phone_list[] = {
    { "range",
      PARAM_WORD,
      offsetof(struct phone_params, range),
      { "reserved", "unassigned" },
      "reserved",
      "numbers for fiction of the country, or +999, which no country has; unique ones always are "
      "of the second kind" },
};
static const struct parameter ip_list[] = {
    { "range",
      PARAM_WORD,
      offsetof(struct ip_params, range),
      { "private", "documentation", "benchmark" },
      "private",
      "10/8, the three networks of RFC 5737, or 198.18/15" },
};
static const struct parameter card_list[] = {
    { "preserve",
      PARAM_WORD,
      offsetof(struct card_params, preserve),
      { "brand", "none" },
      "brand",
      "" },
    { "luhn",
      PARAM_WORD,
      offsetof(struct card_params, luhn),
      { "valid", "broken" },
      "valid",
      "the check digit" },
};
static const struct parameter iban_list[] = {
    { "preserve",
      PARAM_WORD,
      offsetof(struct iban_params, preserve),
      { "country", "none" },
      "country",
      "" },
};
static const struct parameter id_list[] = {
    { "format",
      PARAM_WORD,
      offsetof(struct id_params, format),
      { "us_ssn", "gb_nino", "de_steuer_id", "fr_nir" },
      NULL,
      "whose number it is" },
};
static const struct parameter shape_list[] = {
    { "preserve_prefix",
      PARAM_COUNT,
      offsetof(struct shape_params, preserve_prefix),
      { 0 },
      "0",
      "characters that stay at the beginning" },
    { "preserve_suffix",
      PARAM_COUNT,
      offsetof(struct shape_params, preserve_suffix),
      { 0 },
      "0",
      "characters that stay at the end" },
};
static const struct parameter token_list[] = {
    { "length",
      PARAM_COUNT,
      offsetof(struct token_params, length),
      { 0 },
      "as the original",
      "characters" },
    { "alphabet",
      PARAM_WORD,
      offsetof(struct token_params, alphabet),
      { "base32", "hex" },
      "base32",
      "" },
};
static const struct parameter int_list[] = {
    { "range",
      PARAM_NODE,
      offsetof(struct int_params, range),
      { 0 },
      "of the type",
      "[lowest, highest] of the original and of the fake" },
};
static const struct parameter noise_list[] = {
    { "ratio",
      PARAM_SHARE,
      offsetof(struct noise_params, ratio),
      { 0 },
      "10%",
      "at most so far from the original" },
};
static const struct parameter bucket_list[] = {
    { "step",
      PARAM_REAL,
      offsetof(struct bucket_params, step),
      { 0 },
      NULL,
      "values fall to a multiple of it" },
};
static const struct parameter top_code_list[] = {
    { "at", PARAM_REAL, offsetof(struct top_code_params, at), { 0 }, NULL, "no value is above" },
};
static const struct parameter shift_list[] = {
    { "unit",
      PARAM_WORD,
      offsetof(struct shift_params, unit),
      { "week", "day" },
      "week",
      "whole weeks keep the day of the week" },
    { "max", PARAM_COUNT, offsetof(struct shift_params, max), { 0 }, "52", "units, into the past" },
};
static const struct parameter birth_list[] = {
    { "preserve",
      PARAM_WORD,
      offsetof(struct birth_params, preserve),
      { "age_band", "year", "none" },
      "age_band",
      "" },
    { "band", PARAM_COUNT, offsetof(struct birth_params, band), { 0 }, "5", "years" },
};
static const struct parameter truncate_list[] = {
    { "to",
      PARAM_WORD,
      offsetof(struct truncate_params, to),
      { "year", "quarter", "month", "week", "day", "hour", "minute" },
      "month",
      "" },
};
static const struct parameter choice_list[] = {
    { "values", PARAM_NODE, offsetof(struct choice_params, values), { 0 }, "none", "a list" },
    { "weights",
      PARAM_TEXT,
      offsetof(struct choice_params, weights),
      { 0 },
      "none",
      "source: the values of the source, as frequent as there" },
    { "min_count",
      PARAM_COUNT,
      offsetof(struct choice_params, min_count),
      { 0 },
      "5",
      "rows that a value of the source must have" },
};
static const struct parameter map_list[] = {
    { "values",
      PARAM_NODE,
      offsetof(struct map_params, values),
      { 0 },
      NULL,
      "a map from originals to fakes" },
    { "default",
      PARAM_NODE,
      offsetof(struct map_params, fallback),
      { 0 },
      NULL,
      "of any other original" },
};
static const struct parameter text_list[] = {
    { "mode",
      PARAM_WORD,
      offsetof(struct text_params, mode),
      { "regenerate", "scrub", "redact" },
      "regenerate",
      "other words of the same lengths; the text without what patterns find; nothing but its "
      "shape" },
    { "length",
      PARAM_WORD,
      offsetof(struct text_params, length),
      { "keep", "bucket" },
      "keep",
      "bucket: the next power of two below" },
    { "find",
      PARAM_NODE,
      offsetof(struct text_params, find),
      { 0 },
      "what is known",
      "of scrub: a map from detectors, or /regex/, to masks" },
};
static const struct parameter json_list[] = {
    { "paths",
      PARAM_NODE,
      offsetof(struct json_params, paths),
      { 0 },
      "none",
      "a map from paths ($.a.b, $..key, $.list[*].a) to masks" },
    { "other",
      PARAM_WORD,
      offsetof(struct json_params, other),
      { "mask", "keep", "drop", "stop" },
      "mask",
      "what becomes of the leaves that no path names" },
    { "keys",
      PARAM_WORD,
      offsetof(struct json_params, keys),
      { "check", "keep", "mask" },
      "check",
      "check: an e-mail address or a long number used as a key stops the run; mask: other letters "
      "and digits" },
};
static const struct parameter bytes_list[] = {
    { "mode",
      PARAM_WORD,
      offsetof(struct bytes_params, mode),
      { "placeholder", "same_length", "empty" },
      "placeholder",
      "a small image, random bytes, nothing" },
};
static const struct parameter derive_list[] = {
    { "derive",
      PARAM_TEXT,
      offsetof(struct derive_params, derive),
      { 0 },
      NULL,
      "text with {column}, {column:n} (its first n characters), {column:-n} (its last)" },
    { "filter",
      PARAM_WORD,
      offsetof(struct derive_params, filter),
      { "none", "slug", "ascii", "upper", "lower" },
      "none",
      "" },
};

/* In the order of the manual. */
const struct transformer transformers[] = {
    { .name = "keep",
      .summary = "the original",
      .accepts = KIND_ANY,
      .need = NEED_VALUE,
      .gives = GIVES_INJECTIVE | GIVES_SHAPE | GIVES_ORDER },
    { .name = "null",
      .summary = "NULL",
      .accepts = KIND_ANY,
      .need = NEED_NOTHING,
      .apply = null_apply },
    { .name = "empty",
      .summary = "an empty text, list or object",
      .accepts = TEXTS | KIND_BYTES | KIND_OTHER,
      .need = NEED_NULLNESS,
      .apply = empty_apply },
    { .name = "set",
      .summary = "the same value in every row",
      .accepts =
          KIND_ANY & ~(unsigned)(KIND_OTHER | KIND_NETWORK | KIND_MAC | KIND_UUID | KIND_BYTES),
      .need = NEED_NULLNESS,
      .size = sizeof(struct set_params),
      PARAMS(set_list),
      .apply = set_apply,
      .longest = set_longest },
    { .name = "email",
      .summary = "an address of a made-up person",
      .range = "example.com and below: RFC 2606",
      .accepts = KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_RANDOM | GIVES_RESERVED,
      .size = sizeof(struct email_params),
      PARAMS(email_list),
      .apply = email_apply,
      .bits = email_bits,
      .longest = email_longest,
      .shortest = email_shortest,
      .examples = "ann.lee@corp.test|bob@mail.test|Carla_Diaz+news@shop.test|d@e.test" },
    { .name = "username",
      .summary = "two words and an id",
      .accepts = KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_RANDOM,
      .apply = username_apply,
      .bits = username_bits,
      .longest = username_longest,
      .shortest = username_shortest,
      .examples = "annlee|bob_77|carla.d|x" },
    { .name = "first_name",
      .summary = "a first name of the locale",
      .accepts = KIND_TEXT,
      .seed = SEED_PERSON,
      .need = NEED_VALUE,
      .size = sizeof(struct name_params),
      PARAMS(name_list),
      .apply = first_name_apply,
      .examples = "Ann|Bob|Carla|Zoë" },
    { .name = "last_name",
      .summary = "a last name of the locale",
      .accepts = KIND_TEXT,
      .seed = SEED_PERSON,
      .need = NEED_VALUE,
      .size = sizeof(struct name_params),
      PARAMS(name_list),
      .apply = last_name_apply,
      .examples = "Lee|Diaz|Okafor|Meyer-Brandt" },
    { .name = "full_name",
      .summary = "the first and last name of the same person",
      .accepts = KIND_TEXT,
      .seed = SEED_PERSON,
      .need = NEED_VALUE,
      .size = sizeof(struct name_params),
      PARAMS(name_list),
      .apply = full_name_apply,
      .examples = "Ann Lee|Dr. Carla Diaz|Bob" },
    { .name = "company",
      .summary = "a made-up company",
      .accepts = KIND_TEXT,
      .seed = SEED_PERSON,
      .need = NEED_VALUE,
      .apply = company_apply,
      .examples = "Acme Ltd|Foo Bar Baz Holdings" },
    { .name = "address_line",
      .summary = "a street of the locale and a number",
      .accepts = KIND_TEXT,
      .seed = SEED_PERSON,
      .need = NEED_VALUE,
      .apply = address_line_apply,
      .examples = "12 Main St|Flat 4|Hauptstr. 7b" },
    { .name = "city",
      .summary = "a city of the locale",
      .accepts = KIND_TEXT,
      .seed = SEED_PERSON,
      .need = NEED_VALUE,
      .apply = city_apply,
      .examples = "Springfield|Köln" },
    { .name = "region",
      .summary = "the region of that city",
      .accepts = KIND_TEXT,
      .seed = SEED_PERSON,
      .need = NEED_VALUE,
      .apply = region_apply,
      .examples = "Ohio|Bayern" },
    { .name = "postal_code",
      .summary = "a code of the original's form",
      .range = "prefixes that the locale's post has not given out: US 000-004, GB areas beginning "
               "with Q, V or X, DE 00, FR 96; other forms by shape",
      .accepts = KIND_TEXT,
      .seed = SEED_PERSON,
      .need = NEED_VALUE,
      .gives = GIVES_RESERVED | GIVES_SHAPE,
      .size = sizeof(struct postal_params),
      PARAMS(postal_list),
      .apply = postal_code_apply,
      .examples = "12345|12345-6789|SW1A 1AA|K1A 0B1" },
    { .name = "country",
      .summary = "a country, in the original's form",
      .accepts = KIND_TEXT,
      .seed = SEED_PERSON,
      .need = NEED_VALUE,
      .apply = country_apply,
      .examples = "DE|FRA|Germany" },
    { .name = "phone",
      .summary = "a number in the original's format",
      .range = "US, CA 555-0100 to 0199 (NANPA); GB Ofcom's numbers for drama; DE those of the "
               "Bundesnetzagentur; FR those of Arcep; else, and where they must be unique, +999, "
               "which the ITU has not assigned",
      .accepts = KIND_TEXT | KIND_INTEGER,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_INJECTIVE | GIVES_RESERVED,
      .size = sizeof(struct phone_params),
      PARAMS(phone_list),
      .apply = phone_apply,
      .bits = phone_bits,
      .examples = "+1 212 555 7788|(415) 555-2671|+44 20 7123 4567|0171/1234567" },
    { .name = "ip",
      .summary = "an address that is not routed",
      .range = "10/8, 192.0.2/24, 198.51.100/24, 203.0.113/24, 198.18/15, 2001:db8::/32: RFC 1918, "
               "5737, 2544, 3849",
      .accepts = KIND_TEXT | KIND_NETWORK,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_RESERVED,
      .size = sizeof(struct ip_params),
      PARAMS(ip_list),
      .apply = ip_apply,
      .bits = ip_bits,
      .examples = "8.8.8.8|2a00:1450::8a|1.2.3.4:80" },
    { .name = "mac",
      .summary = "a hardware address",
      .range = "locally administered ones: IEEE 802",
      .accepts = KIND_TEXT | KIND_MAC,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_RANDOM | GIVES_RESERVED,
      .apply = mac_apply,
      .bits = mac_bits,
      .examples = "00:1b:44:11:3a:b7|001B44113AB7" },
    { .name = "url",
      .summary = "an address below example.com, one host for each",
      .range = "example.com: RFC 2606",
      .accepts = KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_RANDOM | GIVES_RESERVED,
      .apply = url_apply,
      .bits = url_bits,
      .longest = url_longest,
      .examples = "https://www.corp.test/a/b?c=d|http://x.test|corp.test/jobs" },
    { .name = "user_agent",
      .summary = "one of a dozen common browsers",
      .accepts = KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .apply = user_agent_apply,
      .examples = "Mozilla/5.0 (X11; Linux x86_64)|curl/8.5" },
    { .name = "card",
      .summary = "a card number of the same brand, length and format",
      .range = "the BINs of payment providers' published test numbers",
      .accepts = KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_RANDOM | GIVES_RESERVED | GIVES_SHAPE,
      .size = sizeof(struct card_params),
      PARAMS(card_list),
      .apply = card_apply,
      .bits = card_bits,
      .examples = "4111 1111 1111 1111|5500000000000004|3400-000000-00009" },
    { .name = "iban",
      .summary = "an IBAN of the same country and length, with valid check digits",
      .range = "bank codes of nothing but 9 (Z where letters stand): no bank is known to have one",
      .accepts = KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_RANDOM | GIVES_RESERVED | GIVES_SHAPE,
      .size = sizeof(struct iban_params),
      PARAMS(iban_list),
      .apply = iban_apply,
      .bits = iban_bits,
      .examples =
          "DE89370400440532013000|GB29 NWBK 6016 1331 9268 19|FR1420041010050500013M02606" },
    { .name = "national_id",
      .summary = "a person's number with valid check digits",
      .range = "US area 900-999 outside the groups of ITINs (SSA); GB prefix QQ (HMRC); DE first "
               "digit 0 (BZSt's test numbers); FR department 00 (INSEE)",
      .accepts = KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_RANDOM | GIVES_RESERVED,
      .size = sizeof(struct id_params),
      PARAMS(id_list),
      .apply = national_id_apply,
      .bits = national_id_bits,
      .examples = "078-05-1120|AB123456C|86095742719|255081416802538" },
    { .name = "int",
      .summary = "another whole number: a permutation",
      .accepts = KIND_INTEGER,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_INJECTIVE,
      .size = sizeof(struct int_params),
      PARAMS(int_list),
      .prepare = int_prepare,
      .apply = int_apply },
    { .name = "digits",
      .summary = "other digits in the same places: a permutation",
      .accepts = KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_INJECTIVE | GIVES_SHAPE,
      .size = sizeof(struct shape_params),
      PARAMS(shape_list),
      .apply = digits_apply,
      .examples = "1234|00-17|A77" },
    { .name = "pattern",
      .summary = "letters for letters, digits for digits: a permutation",
      .accepts = KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_INJECTIVE | GIVES_SHAPE,
      .size = sizeof(struct shape_params),
      PARAMS(shape_list),
      .apply = pattern_apply,
      .examples = "SO-2024-000123|ab12|X" },
    { .name = "by_shape",
      .summary = "letters for letters of the same script, digits for digits",
      .accepts = KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_INJECTIVE | GIVES_SHAPE,
      .size = sizeof(struct shape_params),
      PARAMS(shape_list),
      .apply = by_shape_apply,
      .examples = "Ab-12|n/a|Ünïcode 7" },
    { .name = "uuid",
      .summary = "another UUID of the same version: a permutation",
      .accepts = KIND_UUID | KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_INJECTIVE | GIVES_SHAPE,
      .apply = uuid_apply,
      .examples = "6ba7b810-9dad-41d1-80b4-00c04fd430c8" },
    { .name = "token",
      .summary = "random characters",
      .accepts = KIND_TEXT | KIND_BYTES,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .gives = GIVES_RANDOM,
      .size = sizeof(struct token_params),
      PARAMS(token_list),
      .apply = token_apply,
      .bits = token_bits,
      .longest = token_longest,
      .examples = "d41d8cd98f00b204e9800998ecf8427e|abc" },
    { .name = "secret",
      .summary = "random characters that open nothing, for nothing that was",
      .accepts = KIND_TEXT | KIND_BYTES,
      .seed = SEED_ROW,
      .need = NEED_NULLNESS,
      .gives = GIVES_RANDOM,
      .size = sizeof(struct secret_params),
      PARAMS(secret_list),
      .apply = secret_apply,
      .bits = secret_bits,
      .longest = secret_longest },
    { .name = "password_hash",
      .summary = "a hash in the usual spelling that no password has, or one for all",
      .accepts = KIND_TEXT,
      .seed = SEED_ROW,
      .need = NEED_NULLNESS,
      .size = sizeof(struct hash_params),
      PARAMS(hash_list),
      .prepare = hash_prepare,
      .apply = hash_apply,
      .longest = hash_longest },
    { .name = "date_shift",
      .summary = "earlier by whole weeks, the same for all dates of an entity",
      .accepts = KIND_DATE | KIND_TIMESTAMP,
      .seed = SEED_ENTITY,
      .need = NEED_VALUE,
      .gives = GIVES_ORDER,
      .size = sizeof(struct shift_params),
      PARAMS(shift_list),
      .apply = date_shift_apply },
    { .name = "birth_date",
      .summary = "another day of the same years",
      .accepts = KIND_DATE | KIND_TIMESTAMP | KIND_TEXT,
      .seed = SEED_PERSON,
      .need = NEED_VALUE,
      .gives = GIVES_SHAPE,
      .size = sizeof(struct birth_params),
      PARAMS(birth_list),
      .apply = birth_date_apply,
      .examples = "1980-05-17|17.05.1980" },
    { .name = "truncate",
      .summary = "the beginning of the year, month, hour ...",
      .accepts = KIND_DATE | KIND_TIMESTAMP,
      .seed = SEED_NONE,
      .need = NEED_VALUE,
      .gives = GIVES_ORDER,
      .size = sizeof(struct truncate_params),
      PARAMS(truncate_list),
      .apply = truncate_apply },
    { .name = "noise",
      .summary = "a number nearby",
      .accepts = KIND_INTEGER | KIND_NUMBER,
      .seed = SEED_ROW,
      .need = NEED_VALUE,
      .size = sizeof(struct noise_params),
      PARAMS(noise_list),
      .apply = noise_apply },
    { .name = "bucket",
      .summary = "the multiple of a step below",
      .accepts = KIND_INTEGER | KIND_NUMBER,
      .seed = SEED_NONE,
      .need = NEED_VALUE,
      .gives = GIVES_ORDER,
      .size = sizeof(struct bucket_params),
      PARAMS(bucket_list),
      .apply = bucket_apply },
    { .name = "top_code",
      .summary = "at most so much",
      .accepts = KIND_INTEGER | KIND_NUMBER,
      .seed = SEED_NONE,
      .need = NEED_VALUE,
      .gives = GIVES_ORDER,
      .size = sizeof(struct top_code_params),
      PARAMS(top_code_list),
      .apply = top_code_apply },
    { .name = "choice",
      .summary = "one of a list, whatever the original was",
      .accepts = KIND_TEXT | KIND_ENUM | KIND_BOOL | KIND_INTEGER | KIND_NUMBER,
      .seed = SEED_ROW,
      .need = NEED_NULLNESS,
      .size = sizeof(struct choice_params),
      PARAMS(choice_list),
      .prepare = choice_prepare,
      .apply = choice_apply },
    { .name = "map",
      .summary = "by a table of the rules",
      .accepts = KIND_TEXT | KIND_ENUM | KIND_BOOL | KIND_INTEGER,
      .seed = SEED_NONE,
      .need = NEED_VALUE,
      .size = sizeof(struct map_params),
      PARAMS(map_list),
      .prepare = map_prepare,
      .apply = map_apply },
    { .name = "text",
      .summary = "other words of the same lengths, or what is left without what patterns find",
      .accepts = KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .size = sizeof(struct text_params),
      PARAMS(text_list),
      .prepare = text_prepare,
      .apply = text_apply,
      .gives = GIVES_SHAPE,
      .examples = "Call Ann at noon.|see ticket 77" },
    { .name = "redact",
      .summary = "asterisks",
      .accepts = KIND_TEXT,
      .seed = SEED_NONE,
      .need = NEED_VALUE,
      .gives = GIVES_SHAPE,
      .size = sizeof(struct redact_params),
      PARAMS(redact_list),
      .apply = redact_apply,
      .examples = "abc|4111 1111" },
    { .name = "json",
      .summary = "leaf by leaf",
      .accepts = KIND_JSON | KIND_TEXT,
      .seed = SEED_VALUE,
      .need = NEED_VALUE,
      .size = sizeof(struct json_params),
      PARAMS(json_list),
      .prepare = json_prepare,
      .apply = json_apply,
      .examples = "{\"a\": \"b\"}|[]" },
    { .name = "bytes",
      .summary = "a small image, random bytes, or none",
      .accepts = KIND_BYTES,
      .seed = SEED_ROW,
      .need = NEED_VALUE,
      .size = sizeof(struct bytes_params),
      PARAMS(bytes_list),
      .apply = bytes_apply },
    { .name = "recompute",
      .summary = "emptied: what is computed from masked columns must be computed anew (generated "
                 "columns are)",
      .accepts = KIND_ANY,
      .seed = SEED_NONE,
      .need = NEED_NULLNESS,
      .apply = empty_apply },
    { .name = "derive",
      .summary = "made of masked columns of the same row",
      .accepts = KIND_TEXT,
      .seed = SEED_NONE,
      .need = NEED_NULLNESS,
      .size = sizeof(struct derive_params),
      PARAMS(derive_list),
      .prepare = derive_prepare,
      .apply = derive_apply },
};
const int ntransformers = (int)(sizeof transformers / sizeof *transformers);

const struct transformer *
transformer_find(const char *name)
{
    for (int i = 0; i < ntransformers; i++)
        if (strcmp(transformers[i].name, name) == 0)
            return &transformers[i];
    return NULL;
}

const char *
mask_seed_name(enum mask_seed seed)
{
    static const char *const names[] = { "nothing", "value", "person", "entity", "row" };
    return names[seed];
}

const char *
mask_need_name(enum mask_need need)
{
    static const char *const names[] = { "nothing", "whether it is NULL", "the value" };
    return names[need];
}

/* ---- helpers */

const char mask_base32[] = "abcdefghjkmnpqrstuvwxyz234567890";

void
mask_put_id(uint64_t random, int n, struct buf *out)
{
    char id[16];
    for (int i = 0; i < n; i++, random >>= 5)
        id[i] = mask_base32[random & 31];
    buf_add(out, id, (size_t)n);
}

uint64_t
mask_bits(const struct mask *mask, const struct mask_value *cell, int lane)
{
    uint8_t block[17];
    uint64_t out[2];
    put_u64(block, cell->bits[0]);
    put_u64(block + 8, cell->bits[1]);
    block[16] = (uint8_t)lane;
    prf_128(mask->key, block, sizeof block, out);
    return out[0];
}

const uint8_t *
mask_stream(const struct mask *mask, const struct mask_value *cell, size_t len)
{
    struct mask_work *work = cell->work;
    if (work->stream_size < len) {
        work->stream_size = len * 2;
        work->stream = mem_realloc(work->stream, work->stream_size);
    }
    prf_stream(mask->key, cell->bits[0], work->stream, len);
    return work->stream;
}

const struct locale_words *
mask_locale(const struct mask *mask, const struct mask_value *cell)
{
    const struct mask_locales *locales = mask->locales;
    double at = (double)(cell->bits[1] >> 11) / 9007199254740992.0;
    int i = 0;
    while (i + 1 < locales->n && at >= locales->upto[i])
        i++;
    return locales->items[i];
}

bool
mask_is_blank(const struct mask_value *cell)
{
    for (size_t i = 0; i < cell->len; i++)
        if (!isspace((unsigned char)cell->data[i]))
            return false;
    return true;
}

/* +1: all letters are upper case, and there are two or more; -1: all are lower; 0: mixed, or none
 */
static int
uniform_case(const char *text, size_t len)
{
    size_t upper = 0, lower = 0;
    for (size_t i = 0; i < len; i++) {
        upper += text[i] >= 'A' && text[i] <= 'Z';
        lower += text[i] >= 'a' && text[i] <= 'z';
    }
    return upper > 1 && lower == 0 ? 1 : lower > 0 && upper == 0 ? -1 : 0;
}

void
mask_finish_text(const struct mask *mask, struct mask_value *cell, size_t start)
{
    char *fake = cell->out->data + start;
    size_t len = cell->out->len - start;
    int which = uniform_case(cell->data, cell->len);
    if (which < 0) {
        struct buf *fold = &cell->work->fold;
        buf_reset(fold);
        utf8_lower(fake, len, fold);
        memcpy(fake, buf_str(fold), len); /* lower case is as long: see base/utf8.h */
    }
    for (size_t i = 0; which > 0 && i < len; i++)
        fake[i] = (char)(fake[i] >= 'a' && fake[i] <= 'z' ? fake[i] - 32 : fake[i]);
    if (mask->room > 0 && utf8_length(fake, len) > (size_t)mask->room) {
        len = utf8_prefix(fake, len, (size_t)mask->room);
        while (len > 1 && (fake[len - 1] == ' ' || fake[len - 1] == '-'))
            len--;
        cell->out->len = start + len;
        cell->out->data[cell->out->len] = '\0';
    }
}

const char *
mask_pick(const struct word_list *list, uint64_t random, const struct mask_value *cell)
{
    const char *word = words_pick(list, random);
    bool same = strlen(word) == cell->len && strncasecmp(word, cell->data, cell->len) == 0;
    return same ? words_pick(list, random + UINT64_MAX / list->n + 1) : word;
}
