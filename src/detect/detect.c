/* SPDX-License-Identifier: PostgreSQL */
#include "detect/detect.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "detect/numbers.h"
#include "words/words.h"

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

/* Numbers as people write them: 7 to 15 digits, begun by + or 0 or grouped, and no date. */
static bool
phone_valid(const char *text, size_t len)
{
    char digits[MOST];
    int n = compact(text, len, digits), groups = 0;
    bool is_date =
        n == 8 && len == 10 && !isdigit((unsigned char)text[4]) && !isdigit((unsigned char)text[7]);
    bool is_day =
        n == 8 && len == 10 && !isdigit((unsigned char)text[2]) && !isdigit((unsigned char)text[5]);
    for (size_t i = 1; i < len; i++)
        groups += !isdigit((unsigned char)text[i]) && isdigit((unsigned char)text[i - 1]);
    bool marked = text[0] == '+' || text[0] == '(' || (text[0] == '0' && n >= 9);
    return n >= 7 && n <= 15 && !is_date && !is_day && (marked || (groups >= 2 && n >= 9));
}

static bool
begins(const char *digits, const char *const *heads)
{
    for (; *heads != NULL; heads++)
        if (strncmp(digits, *heads, strlen(*heads)) == 0)
            return true;
    return false;
}

/* See mask/tf_phone.c for the sources. */
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
    { "private_key", "secret",
      "-----BEGIN [A-Z ]*PRIVATE KEY-----[\\s\\S]*?(?:-----END [A-Z ]*-----|\\z)", NULL, NULL,
      false, true, true },
    { "jwt", "secret", "\\beyJ[\\w-]{8,}\\.[\\w-]{8,}\\.[\\w-]{4,}", NULL, NULL, false, true,
      true },
    { "password_hash", "secret",
      "\\$(?:2[abxy]?|argon2(?:id?|d)|5|6|y|1|scrypt)\\$[./"
      "\\w$=,+-]{20,}|\\b(?:pbkdf2_sha\\d+|bcrypt_sha256|scrypt)\\$[./\\w$=+-]{20,}",
      NULL, NULL, false, true, true },
    { "api_key", "secret",
      "\\b(?:AKIA|ASIA)[A-Z0-9]{16}\\b|\\b(?:sk|rk|pk)_(?:live|test)_\\w{10,}|\\bgh[pousr]_\\w{20,}"
      "|\\bxox[abprs]-[\\w-]{10,}|\\bAIza[\\w-]{30,}",
      NULL, NULL, false, true, true },
    { "credentials", "secret", "\\b[a-z][a-z0-9+.-]*://[^\\s:/?#@]+:[^\\s/?#@]+@[^\\s]+", NULL,
      NULL, false, true, true },
    { "url", "url", "\\bhttps?://[^\\s<>\"')\\]]+|\\bwww\\.[\\w-]+\\.[^\\s<>\"')\\]]+", NULL,
      url_reserved, false, true, false },
    { "email", "email",
      "[\\w.!#$%&'*+/"
      "=?^`{|}~-]+@[A-Za-z0-9\\x80-\\xff](?:[A-Za-z0-9.\\x80-\\xff-]*[A-Za-z0-9\\x80-\\xff])?",
      NULL, email_reserved, false, true, false },
    { "iban", "iban", EDGE "[A-Za-z]{2}\\d{2}(?:[ -]?[A-Za-z0-9]){11,30}" END, iban_valid,
      iban_reserved, true, true, false },
    { "card", "card", EDGE "[2-6]\\d{3}(?:[ -]?\\d){9,15}" END, card_valid, card_reserved, true,
      true, false },
    { "fr_nir", "national_id", EDGE "[12] ?\\d{2} ?\\d{2} ?\\d{2} ?\\d{3} ?\\d{3} ?\\d{2}" END,
      nir_valid, nir_reserved, false, true, false },
    { "us_ssn", "national_id", EDGE "\\d{3}-\\d{2}-\\d{4}" END, ssn_valid, ssn_reserved, false,
      true, false },
    { "gb_nino", "national_id", EDGE "[A-Z]{2} ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]" END, NULL,
      nino_reserved, false, true, false },
    { "de_steuer_id", "national_id", EDGE "\\d{2} ?\\d{3} ?\\d{3} ?\\d{3}" END, steuer_id_valid,
      steuer_id_reserved, false, true, false },
    { "mac", "mac", EDGE "[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}" END, NULL, mac_reserved, false,
      true, false },
    { "ipv6", "ip",
      "(?<![\\w:.])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){0,6}(?:::)?(?![\\w:])", NULL,
      ipv6_reserved, false, true, false },
    { "ipv4", "ip", "(?<![\\w.+-])\\d{1,3}(?:\\.\\d{1,3}){3}(?![\\w.-])", ipv4_valid, ipv4_reserved,
      false, true, false },
    { "phone", "phone", "(?<![\\w.+-])(?:\\+|00)?\\(?\\d[\\d ()./-]{5,20}\\d(?!\\w)", phone_valid,
      phone_reserved, true, true, false },
};
const int ndetectors = (int)(sizeof detectors / sizeof *detectors);

int
detector_find(const char *name)
{
    for (int i = 0; i < ndetectors; i++)
        if (strcmp(detectors[i].name, name) == 0)
            return i;
    return strcmp(name, "ip") == 0 ? detector_find("ipv4") : -1;
}

struct detect {
    struct regex *regexes[sizeof detectors / sizeof *detectors];
    struct map firsts, lasts; /* names of all locales */
    struct arena arena;
};

static void
add_names(struct map *map, const struct word_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (map_get_name(map, list->items[i]) == NULL)
            map_put_name(map, list->items[i], map);
}

struct detect *
detect_new(void)
{
    struct detect *detect = mem_alloc(sizeof *detect);
    for (int i = 0; i < ndetectors; i++) {
        const char *problem;
        detect->regexes[i] = regex_new(detectors[i].pattern, false, &detect->arena, &problem);
        assert(detect->regexes[i] != NULL);
    }
    for (int i = 0; i < nlocale_words; i++) {
        add_names(&detect->firsts, &locale_words[i].first_female);
        add_names(&detect->firsts, &locale_words[i].first_male);
        add_names(&detect->lasts, &locale_words[i].last);
    }
    return detect;
}

void
detect_free(struct detect *detect)
{
    if (detect == NULL)
        return;
    for (int i = 0; i < ndetectors; i++)
        regex_free(detect->regexes[i]);
    map_deinit(&detect->firsts);
    map_deinit(&detect->lasts);
    arena_deinit(&detect->arena);
    free(detect);
}

/* Numbers of cards and accounts are written in groups, and so is what stands behind them. */
static bool
shrink(const struct detector *detector, const char *text, size_t begin, size_t *end)
{
    for (size_t to = *end; to > begin + 12; to--) {
        bool is_edge = to == *end || !isalnum((unsigned char)text[to]);
        if (is_edge && isalnum((unsigned char)text[to - 1]) &&
            detector->is_valid(text + begin, to - begin)) {
            *end = to;
            return true;
        }
    }
    return false;
}

int
detect_find(const struct detect *detect, int which, struct regex_space *space, const char *text,
            size_t len, size_t from, size_t *begin, size_t *end)
{
    const struct detector *detector = &detectors[which];
    int found;
    while ((found = regex_find(detect->regexes[which], space, text, len, from, begin, end)) > 0) {
        if (detector->is_valid == NULL || detector->is_valid(text + *begin, *end - *begin) ||
            (detector->shrinks && shrink(detector, text, *begin, end)))
            return 1;
        from = *begin + 1;
    }
    return found;
}

bool
detect_is(const struct detect *detect, int which, struct regex_space *space, const char *text,
          size_t len)
{
    size_t begin, end;
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    while (len > 0 && isspace((unsigned char)*text))
        text++, len--;
    return len > 0 && detect_find(detect, which, space, text, len, 0, &begin, &end) > 0 &&
           begin == 0 && end == len;
}

/* ---- names of persons */

static bool
is_in(const struct map *map, const char *word, size_t len)
{
    char name[MOST];
    if (len == 0 || len >= sizeof name)
        return false;
    memcpy(name, word, len);
    name[len] = '\0';
    return map_get_name(map, name) != NULL;
}

bool
detect_first_name(const struct detect *detect, const char *text, size_t len)
{
    return is_in(&detect->firsts, text, len);
}

bool
detect_last_name(const struct detect *detect, const char *text, size_t len)
{
    return is_in(&detect->lasts, text, len);
}

/* "Lee, Ann" counts, too. */
bool
detect_person(const struct detect *detect, const char *text, size_t len)
{
    int words = 0, firsts = 0, lasts = 0;
    for (size_t i = 0; i < len;) {
        size_t n = 0;
        while (i + n < len && text[i + n] != ' ' && text[i + n] != ',')
            n++;
        if (n > 0) {
            unsigned char c = (unsigned char)text[i];
            if (islower(c) && words == 0)
                return false;
            words++;
            firsts += detect_first_name(detect, text + i, n);
            lasts += detect_last_name(detect, text + i, n);
        }
        i += n + 1;
    }
    return words >= 2 && words <= 4 && firsts + lasts >= 1;
}
