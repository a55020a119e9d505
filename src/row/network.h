/* SPDX-License-Identifier: PostgreSQL */
/* Text of network addresses. */
#ifndef ROW_NETWORK_H
#define ROW_NETWORK_H

#include "row/plain.h"

SCALAR_TEXT_FUNCTION(network_inet_text); /* inet and cidr */
SCALAR_TEXT_FUNCTION(network_mac_text);  /* 6 or 8 bytes */

#endif
