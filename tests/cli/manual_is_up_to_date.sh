# SPDX-License-Identifier: PostgreSQL
decant manual >lists; sed -n "/^\.SH COMMANDS/,/^\.SH EXIT STATUS/p" "$SOURCES/src/decant.1" | sed "\$d" | diff - lists && echo "the manual has every command and option"
