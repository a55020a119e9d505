# SPDX-License-Identifier: PostgreSQL
# awk -f src/rules/embed.awk rules/*.yaml: the packs as a C table, for rules/packs.h
function quoted(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s "\\n\"" }
BEGIN { print "#include \"rules/packs.h\"\n\nconst struct pack packs[] = {" }
FNR == 1 {
    if (n++) print "    },"
    while ((getline line < FILENAME) > 0) if (line ~ /^pack: /) name = substr(line, 7)
    close(FILENAME)
    printf "    { \"%s\",\n", name
}
{ print "      " quoted($0) }
END { print "    },\n};\nconst int npacks = " n ";" }
