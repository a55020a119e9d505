# SPDX-License-Identifier: PostgreSQL
# Who may include whom is data (layers.txt): a stage knows the stages before it, and each foreign
# library has one door.  usage: awk -f .ci/layers.awk .ci/layers.txt src/*/*.[ch]
FILENAME ~ /layers\.txt$/ {
    d = $1
    sub(":", "", d)
    if (d ~ /\.h$/) {
        for (i = 2; i <= NF; i++)
            door[d, $i] = 1
        lib[d] = 1
        next
    }
    dir[d] = ok[d, d] = 1
    for (i = 2; i <= NF; i++)
        ok[d, $i] = 1
    next
}
/^[ \t]*#[ \t]*include/ {
    line = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*["<]/, "", line)
    sub(/[">].*/, "", line)
    split(FILENAME, p, "/")
    split(line, q, "/")
    if (!(p[2] in dir)) {
        print FILENAME ": no line for " p[2] " in layers.txt"
        bad = 1
    }
    if (q[1] == ".." || ((q[1] in dir) && !((p[2], q[1]) in ok)) || ((line in lib) && !((line, p[2]) in door))) {
        print FILENAME ":" FNR ": " p[2] " may not include " line
        bad = 1
    }
}
END { exit bad }
