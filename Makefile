# SPDX-License-Identifier: PostgreSQL
# make demo | check: all the set-up, then the main job, or the tests. Nothing else is needed.
CFLAGS     ?= -O2 -g
PREFIX     ?= /usr/local
B          ?= build/default
PKGS        = libpq sqlite3 libsodium
WARN        = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
ALL_CFLAGS  = -std=c17 -D_GNU_SOURCE -Iinclude -Isrc -MMD -MP -fvisibility=hidden -pthread $(WARN) \
              $(shell pkg-config --cflags $(PKGS)) $(CPPFLAGS) $(CFLAGS)
LDLIBS     += $(shell pkg-config --libs $(PKGS)) -lm -pthread
LIB_OBJ    := $(patsubst %.c,$(B)/%.o,$(filter-out src/cli/%,$(wildcard src/*/*.c)))
CLI_OBJ    := $(patsubst %.c,$(B)/%.o,src/main.c $(wildcard src/cli/*.c src/base/*.c))
TESTS      := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
FUZZERS    := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
VERSION    := $(shell sed -n 's/^\#define DECANT_VERSION "\(.*\)"/\1/p' include/decant/decant.h)

all: $(B)/decant

$(B)/decant: $(CLI_OBJ) $(B)/libdecant.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# One object with hidden symbols made local: programs that link it see decant_* only.
$(B)/libdecant.a: $(LIB_OBJ)
	$(LD) -r -o $(B)/libdecant.o $^
	objcopy --localize-hidden $(B)/libdecant.o
	rm -f $@
	$(AR) rcs $@ $(B)/libdecant.o

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.PHONY: all
