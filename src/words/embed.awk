# SPDX-License-Identifier: PostgreSQL
# awk -f src/words/embed.awk src/words/*.txt: the lists of words as C tables, for words/words.h
function finish() { if (section != "") printf "};\n" }
BEGIN { print "#include \"words/words.h\"\n" }
FNR == 1 {
    finish(); section = ""
    locale = FILENAME; sub(/.*\//, "", locale); sub(/\.txt$/, "", locale)
    locales[++n] = locale
}
/^#/ || /^$/ { next }
/^\[/ {
    finish(); section = substr($0, 2, length($0) - 2)
    sections[locale, ++nsections[locale]] = section
    printf "static const char *const %s_%s[] = {\n", locale, section
    next
}
{ gsub(/"/, ""); printf "    \"%s\",\n", $0 }
END {
    finish()
    print "\nconst struct locale_words locale_words[] = {"
    for (i = 1; i <= n; i++) {
        printf "    { .name = \"%s\",\n", locales[i]
        for (j = 1; j <= nsections[locales[i]]; j++) {
            s = sections[locales[i], j]
            printf "      .%s = { %s_%s, sizeof %s_%s / sizeof *%s_%s },\n", s, locales[i], s, locales[i], s, locales[i], s
        }
        print "    },"
    }
    printf "};\nconst int nlocale_words = %d;\n", n
}
