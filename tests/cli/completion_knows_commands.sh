# SPDX-License-Identifier: PostgreSQL
decant completion >c && . ./c && COMP_WORDS=(decant v) COMP_CWORD=1 && _decant && echo "${COMPREPLY[@]}"
