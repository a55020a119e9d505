/* SPDX-License-Identifier: PostgreSQL */
/* All transformers, in the order in which the reference lists them. */
#include "transform/transform.h"

#define EACH(X)                                                                                    \
    X(keep)                                                                                        \
    X(null)                                                                                        \
    X(empty)                                                                                       \
    X(set)                                                                                         \
    X(email)                                                                                       \
    X(username)                                                                                    \
    X(first_name)                                                                                  \
    X(last_name)                                                                                   \
    X(full_name)                                                                                   \
    X(company)                                                                                     \
    X(address_line)                                                                                \
    X(city)                                                                                        \
    X(region)                                                                                      \
    X(postal_code)                                                                                 \
    X(country)                                                                                     \
    X(phone)                                                                                       \
    X(ip)                                                                                          \
    X(mac)                                                                                         \
    X(url)                                                                                         \
    X(user_agent)                                                                                  \
    X(card)                                                                                        \
    X(iban)                                                                                        \
    X(national_id)                                                                                 \
    X(int)                                                                                         \
    X(digits)                                                                                      \
    X(pattern)                                                                                     \
    X(by_shape)                                                                                    \
    X(uuid)                                                                                        \
    X(token)                                                                                       \
    X(secret)                                                                                      \
    X(password_hash)                                                                               \
    X(date_shift)                                                                                  \
    X(birth_date)                                                                                  \
    X(truncate)                                                                                    \
    X(noise)                                                                                       \
    X(bucket)                                                                                      \
    X(top_code)                                                                                    \
    X(choice)                                                                                      \
    X(map)                                                                                         \
    X(text)                                                                                        \
    X(redact)                                                                                      \
    X(json)                                                                                        \
    X(bytes)                                                                                       \
    X(recompute)                                                                                   \
    X(derive)

#define DECLARE(name) extern const struct transformer transform_##name;
EACH(DECLARE)

#define LIST(name) &transform_##name,
const struct transformer *const transformers[] = { EACH(LIST) };
const int ntransformers = (int)(sizeof transformers / sizeof *transformers);
