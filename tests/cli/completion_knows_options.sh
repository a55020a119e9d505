# SPDX-License-Identifier: PostgreSQL
decant completion >c && . ./c && COMP_WORDS=(decant pull --no) COMP_CWORD=2 && _decant && echo "${COMPREPLY[@]}"
