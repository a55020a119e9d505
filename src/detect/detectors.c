/* SPDX-License-Identifier: PostgreSQL */
/* The table of detectors, with the validators and reserved ranges of its entries. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "detect/detect.h"
#include "detect/numbers.h"

enum { MOST = 64 };

/* The letters and digits of a text, upper case; -1 when there are too many. */
static int
compact(const char *text, size_t len, char out[MOST])
{
    int n = 0;
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]))
            continue;
        if (n == MOST - 1)
            return -1;
        out[n++] = (char)toupper((unsigned char)text[i]);
    }
    out[n] = '\0';
    return n;
}

static bool
ends_with(const char *text, size_t len, const char *tail)
{
    size_t n = strlen(tail);
    return len >= n && strncasecmp(text + len - n, tail, n) == 0;
}

/* RFC 2606 and 6761. */
static bool
is_reserved_host(const char *host, size_t len)
{
    static const char *const tails[] = { "example.com", "example.net", "example.org", ".example",
                                         ".test",       ".invalid",    ".localhost" };
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        if (ends_with(host, len, tails[i])) {
            size_t n = strlen(tails[i]);
            if (len == n || tails[i][0] == '.' || host[len - n - 1] == '.')
                return true;
        }
    return false;
}

static bool
is_of_mailbox(unsigned char c)
{
    return isalnum(c) || (c != '\0' && strchr("_.!#$%&'*+/=?^`{|}~-", c) != NULL);
}

static bool
is_of_host(unsigned char c)
{
    return isalnum(c) || c >= 0x80;
}

/* The signs in front of an @, and a host behind it. */
static bool
email_find(const char *text, size_t len, size_t from, size_t *begin, size_t *end)
{
    const unsigned char *c = (const unsigned char *)text;
    const char *at;
    for (size_t next = from; next < len; next = *end) {
        if ((at = memchr(text + next, '@', len - next)) == NULL)
            return false;
        size_t place = (size_t)(at - text), host = place + 1;
        for (*begin = place; *begin > next && is_of_mailbox(c[*begin - 1]);)
            --*begin;
        for (*end = host; host < len && (is_of_host(c[host]) || c[host] == '.' || c[host] == '-');
             host++)
            if (is_of_host(c[host]))
                *end = host + 1;
        if (*begin < place && place + 1 < len && is_of_host(c[place + 1]))
            return true;
        *end = place + 1;
    }
    return false;
}

static bool
email_reserved(const char *text, size_t len)
{
    const char *at = memrchr(text, '@', len);
    return at != NULL && is_reserved_host(at + 1, (size_t)(text + len - at - 1));
}

static bool
url_reserved(const char *text, size_t len)
{
    const char *colon = memmem(text, len, "://", 3), *end = text + len;
    const char *host = colon != NULL ? colon + 3 : text, *stop = host;
    while (stop < end && strchr("/?#:", *stop) == NULL)
        stop++;
    return is_reserved_host(host, (size_t)(stop - host));
}

/* Behind +999, which no country has, fakes of long numbers have more digits than E.164 allows: what
 * begins so is one number, and no part of it another. */
static bool
is_unassigned(const char *digits, int n)
{
    return n >= 10 && (strncmp(digits, "999", 3) == 0 || strncmp(digits, "00999", 5) == 0);
}

/* Numbers as people write them: 7 to 15 digits, begun by + or 0 or grouped, and no date. */
/* 978-3-16-148410-0, or 3-16-148410-0 with three signs and one digit behind them: the number of a
 * book, by its check digit (ISO 2108). */
static bool
is_isbn(const char *text, size_t len, const char *digits, int n)
{
    int sum = 0, signs = 0;
    for (size_t i = 0; i < len; i++)
        signs += text[i] == '-' || text[i] == ' ';
    if (n == 13 && (strncmp(digits, "978", 3) == 0 || strncmp(digits, "979", 3) == 0)) {
        for (int i = 0; i < n; i++)
            sum += (digits[i] - '0') * (i % 2 == 0 ? 1 : 3);
        return text[0] == '9' && sum % 10 == 0;
    }
    if (n != 10 || len != 13 || signs != 3 || !isdigit((unsigned char)text[0]) || text[11] != '-')
        return false;
    for (int i = 0; i < n; i++)
        sum += (digits[i] - '0') * (10 - i);
    return sum % 11 == 0;
}

static bool
phone_valid(const char *text, size_t len)
{
    char digits[MOST];
    int n = compact(text, len, digits), groups = 0;
    bool is_date =
        n == 8 && len == 10 && !isdigit((unsigned char)text[4]) && !isdigit((unsigned char)text[7]);
    bool is_time = len > 10 && text[4] == '-' && text[7] == '-' && text[10] == ' ' &&
                   isdigit((unsigned char)text[9]); /* a date with the hour */
    bool is_day =
        n == 8 && len == 10 && !isdigit((unsigned char)text[2]) && !isdigit((unsigned char)text[5]);
    for (size_t i = 1; i < len; i++)
        groups += !isdigit((unsigned char)text[i]) && isdigit((unsigned char)text[i - 1]);
    if (is_unassigned(digits, n))
        return true;
    if (is_isbn(text, len, digits, n))
        return false;
    bool marked = text[0] == '+' || text[0] == '(' || (text[0] == '0' && n >= 9);
    return n >= 7 && n <= 15 && !is_date && !is_day && !is_time &&
           (marked || (groups >= 2 && n >= 9));
}

static bool
begins(const char *digits, const char *const *heads)
{
    for (; *heads != NULL; heads++)
        if (strncmp(digits, *heads, strlen(*heads)) == 0)
            return true;
    return false;
}

/* See transform/phone.c for the sources. */
static bool
phone_reserved(const char *text, size_t len)
{
    static const char *const heads[] = { "999",       "447700900",  "442079460", "441632960",
                                         "07700900",  "02079460",   "01632960",  "4930231",
                                         "496990009", "494066969",  "498999998", "03023125",
                                         "06990009",  "04066969",   "08999998",  "3319900",
                                         "3363998",   "3326191",    "019900",    "063998",
                                         "026191",    "0044770090", NULL };
    char digits[MOST];
    int n = compact(text, len, digits);
    const char *p = n > 2 && strncmp(digits, "00", 2) == 0 ? digits + 2 : digits;
    n -= (int)(p - digits);
    bool nanp = (n == 10 || (n == 11 && p[0] == '1')) && strncmp(p + n - 7, "55501", 5) == 0;
    return nanp || begins(p, heads);
}

static bool
card_valid(const char *text, size_t len)
{
    char digits[MOST];
    int n = compact(text, len, digits);
    return n >= 13 && n <= 19 && digits[0] >= '2' && digits[0] <= '6' && numbers_luhn(digits, n);
}

static bool
card_reserved(const char *text, size_t len)
{
    char digits[MOST];
    compact(text, len, digits);
    for (int i = 0; i < ncard_brands; i++)
        if (strncmp(digits, card_brands[i].test, 6) == 0)
            return true;
    return false;
}

static bool
iban_valid(const char *text, size_t len)
{
    char plain[MOST];
    return compact(text, len, plain) > 0 && numbers_iban_length(plain) != 0 && numbers_iban(plain);
}

static bool
iban_reserved(const char *text, size_t len)
{
    char plain[MOST];
    int n = compact(text, len, plain), bank = numbers_iban_bank(plain);
    for (int i = 4; i < 4 + bank && i < n; i++)
        if (plain[i] != '9' && plain[i] != 'Z')
            return false;
    return n > 4 + bank;
}

static bool
ipv4_valid(const char *text, size_t len)
{
    int part = 0, parts = 1;
    for (size_t i = 0; i < len; i++) {
        part = text[i] == '.' ? 0 : part * 10 + (text[i] - '0');
        parts += text[i] == '.';
        if (part > 255)
            return false;
    }
    return parts == 4;
}

static bool
ipv4_reserved(const char *text, size_t len)
{
    static const char *const heads[] = { "10.",      "192.0.2.", "198.51.100.", "203.0.113.",
                                         "198.18.",  "198.19.",  "127.",        "0.0.0.0",
                                         "192.168.", NULL };
    (void)len;
    return begins(text, heads);
}

/* Eight groups, or a gap: no time of day. */
static bool
ipv6_valid(const char *text, size_t len)
{
    int colons = 0;
    for (size_t i = 0; i < len; i++)
        colons += text[i] == ':';
    return colons == 7 || memmem(text, len, "::", 2) != NULL;
}

static bool
ipv6_reserved(const char *text, size_t len)
{
    return (len >= 9 && strncasecmp(text, "2001:db8:", 9) == 0) ||
           (len == 3 && strncmp(text, "::1", 3) == 0);
}

static bool
mac_reserved(const char *text, size_t len)
{
    return len > 1 && strchr("26AEae", text[1]) != NULL;
}

static bool
ssn_valid(const char *text, size_t len)
{
    char digits[MOST];
    return compact(text, len, digits) == 9 && strncmp(digits, "000", 3) != 0 &&
           strncmp(digits, "666", 3) != 0 && strncmp(digits + 3, "00", 2) != 0 &&
           strncmp(digits + 5, "0000", 4) != 0;
}

static bool
ssn_reserved(const char *text, size_t len)
{
    char digits[MOST];
    compact(text, len, digits);
    int group = (digits[3] - '0') * 10 + digits[4] - '0';
    bool is_itin = (group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
                   (group >= 90 && group <= 92) || group >= 94;
    return digits[0] == '9' && !is_itin;
}

static bool
nino_reserved(const char *text, size_t len)
{
    return len > 1 && strncasecmp(text, "QQ", 2) == 0;
}

/* One digit of the first ten stands there twice or three times, the check digit is right. */
static bool
steuer_id_valid(const char *text, size_t len)
{
    char digits[MOST];
    int counts[10] = { 0 }, repeated = 0;
    if (compact(text, len, digits) != 11)
        return false;
    for (int i = 0; i < 10; i++)
        counts[digits[i] - '0']++;
    for (int i = 0; i < 10; i++)
        repeated += counts[i] == 2 || counts[i] == 3 ? 1 : counts[i] > 3 ? 10 : 0;
    return repeated == 1 && numbers_iso7064_digit(digits, 10) == digits[10];
}

static bool
steuer_id_reserved(const char *text, size_t len)
{
    return len > 0 && text[0] == '0';
}

static bool
nir_valid(const char *text, size_t len)
{
    char digits[MOST];
    return compact(text, len, digits) == 15 && strspn(digits, "0123456789") == 15 &&
           (unsigned)atoi(digits + 13) == numbers_nir_key(digits);
}

static bool
nir_reserved(const char *text, size_t len)
{
    char digits[MOST];
    compact(text, len, digits);
    return digits[5] == '0' && digits[6] == '0';
}

#define EDGE "(?<![A-Za-z0-9.+-])"
#define END "(?!\\w|[-.]\\w)"

/* The order is that of scrubbing: what is longer comes first. */
const struct detector detectors[] = {
    { .name = "private_key",
      .mask = "secret",
      .pattern = "-----BEGIN [A-Z ]*PRIVATE KEY-----[\\s\\S]*?(?:-----END [A-Z ]*-----|\\z)",
      .is_prose = true,
      .is_secret = true,
      .signs = SEEN_DASH | SEEN_UPPER,
      .needs = "-----BEGIN" },
    { .name = "jwt",
      .mask = "secret",
      .pattern = "\\beyJ[\\w-]{8,}\\.[\\w-]{8,}\\.[\\w-]{4,}",
      .is_prose = true,
      .is_secret = true,
      .signs = SEEN_DOT | SEEN_UPPER,
      .name_run = 11,
      .needs = "eyJ" },
    { .name = "password_hash",
      .mask = "secret",
      .pattern = "\\$(?:2[abxy]?|argon2(?:id?|d)|5|6|y|1|scrypt)\\$[./"
                 "\\w$=,+-]{20,}|\\b(?:pbkdf2_sha\\d+|bcrypt_sha256|scrypt)\\$[./\\w$=+-]{20,}",
      .is_prose = true,
      .is_secret = true,
      .signs = SEEN_DOLLAR },
    { .name = "api_key",
      .mask = "secret",
      .pattern = "\\b(?:AKIA|ASIA)[A-Z0-9]{16}\\b|\\b(?:sk|rk|pk)_(?:live|test)_\\w{10,}|\\bgh["
                 "pousr]_\\w{20,}"
                 "|\\bxox[abprs]-[\\w-]{10,}|\\bAIza[\\w-]{30,}",
      .is_prose = true,
      .is_secret = true,
      .name_run = 15 },
    { .name = "credentials",
      .mask = "secret",
      .pattern = "\\b[a-z][a-z0-9+.-]*://[^\\s:/?#@]+:[^\\s/?#@]+@[^\\s]+",
      .is_prose = true,
      .is_secret = true,
      .signs = SEEN_AT | SEEN_COLON,
      .needs = "://" },
    { .name = "url",
      .mask = "url",
      .pattern = "\\bhttps?://[^\\s<>\"')\\]]+|\\bwww\\.[\\w-]+\\.[^\\s<>\"')\\]]+",
      .is_reserved = url_reserved,
      .is_prose = true,
      .is_public = true },
    { .name = "email",
      .mask = "email",
      .pattern =
          "[\\w.!#$%&'*+/"
          "=?^`{|}~-]+@[A-Za-z0-9\\x80-\\xff](?:[A-Za-z0-9.\\x80-\\xff-]*[A-Za-z0-9\\x80-\\xff])?",
      .find = email_find,
      .is_reserved = email_reserved,
      .is_prose = true,
      .signs = SEEN_AT },
    { .name = "iban",
      .mask = "iban",
      .pattern = EDGE "[A-Za-z]{2}\\d{2}(?:[ -]?[A-Za-z0-9]){11,30}" END,
      .is_valid = iban_valid,
      .is_reserved = iban_reserved,
      .shrinks = true,
      .is_prose = true,
      .digits = 2,
      .is_coded = true },
    { .name = "card",
      .mask = "card",
      .pattern = EDGE "[2-6]\\d{3}(?:[ -]?\\d){9,15}" END,
      .is_valid = card_valid,
      .is_reserved = card_reserved,
      .shrinks = true,
      .is_prose = true,
      .is_weak = true,
      .digits = 13,
      .digits_in = DIGITS_GROUPED },
    { .name = "fr_nir",
      .mask = "national_id",
      .pattern = EDGE "[12] ?\\d{2} ?\\d{2} ?\\d{2} ?\\d{3} ?\\d{3} ?\\d{2}" END,
      .is_valid = nir_valid,
      .is_reserved = nir_reserved,
      .is_prose = true,
      .is_weak = true,
      .digits = 15,
      .digits_in = DIGITS_GROUPED },
    { .name = "us_ssn",
      .mask = "national_id",
      .pattern = EDGE "\\d{3}-\\d{2}-\\d{4}" END,
      .is_valid = ssn_valid,
      .is_reserved = ssn_reserved,
      .is_prose = true,
      .is_weak = true,
      .signs = SEEN_DASH,
      .digits = 9,
      .digits_in = DIGITS_GROUPED },
    { .name = "gb_nino",
      .mask = "national_id",
      .pattern = EDGE "[A-Z]{2} ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]" END,
      .is_reserved = nino_reserved,
      .is_prose = true,
      .is_weak = true,
      .signs = SEEN_UPPER,
      .digits = 6,
      .digits_in = DIGITS_GROUPED,
      .is_coded = true },
    { .name = "de_steuer_id",
      .mask = "national_id",
      .pattern = EDGE "\\d{2} ?\\d{3} ?\\d{3} ?\\d{3}" END,
      .is_valid = steuer_id_valid,
      .is_reserved = steuer_id_reserved,
      .is_prose = true,
      .is_weak = true,
      .digits = 11,
      .digits_in = DIGITS_GROUPED },
    { .name = "mac",
      .mask = "mac",
      .pattern = EDGE "[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}" END,
      .is_reserved = mac_reserved,
      .is_prose = true,
      .is_public = true },
    { .name = "ipv6",
      .mask = "ip",
      .pattern =
          "(?<![\\w:.])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){0,6}(?:::)?(?![\\w:])",
      .is_valid = ipv6_valid,
      .is_reserved = ipv6_reserved,
      .is_prose = true,
      .colons = 2 },
    { .name = "ipv4",
      .mask = "ip",
      .pattern = "(?<![\\w.+-])\\d{1,3}(?:\\.\\d{1,3}){3}(?![\\w.-])",
      .is_valid = ipv4_valid,
      .is_reserved = ipv4_reserved,
      .is_prose = true,
      .is_weak = true,
      .digits = 4,
      .dotted = 3 },
    { .name = "phone",
      .mask = "phone",
      .pattern = "(?<![\\w.+/-])(?:\\+|00)?\\(?\\d[\\d ()./-]{5,28}\\d(?![\\w/])",
      .is_valid = phone_valid,
      .is_reserved = phone_reserved,
      .shrinks = true,
      .is_prose = true,
      .is_weak = true,
      .digits = 7,
      .digits_in = DIGITS_NUMERIC },
};
const int ndetectors = (int)(sizeof detectors / sizeof *detectors);
