# SPDX-License-Identifier: PostgreSQL
# make demo | check: all the set-up, then the main job, or the tests. Nothing else is needed.
CFLAGS     ?= -O2 -g
PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
ZSHDIR     ?= $(PREFIX)/share/zsh/site-functions
B          ?= build/default
PKGS        = libpq libcrypto sqlite3 libsodium yaml-0.1 libpcre2-8 zlib libzstd
WARN        = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
ALL_CFLAGS  = -std=c17 -D_GNU_SOURCE -Iinclude -Isrc -MMD -MP -fvisibility=hidden -pthread $(WARN) \
              $(shell pkg-config --cflags $(PKGS)) $(CPPFLAGS) $(CFLAGS)
LDLIBS     += $(shell pkg-config --libs $(PKGS)) -lm -pthread
LIB_OBJ    := $(patsubst %.c,$(B)/%.o,$(filter-out src/cli/%,$(wildcard src/*/*.c))) \
              $(B)/embedded/packs.o $(B)/embedded/words.o
CLI_OBJ    := $(patsubst %.c,$(B)/%.o,src/main.c $(wildcard src/cli/*.c src/base/*.c))
TESTS      := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
FUZZERS    := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES    := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/bench_*.c))
PARALLEL    = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
VERSION    := $(shell sed -n 's/.*DECANT_VERSION "\(.*\)"/\1/p' include/decant/decant.h)
SOURCES     = $(wildcard src/*.c src/*/*.[ch] include/decant/*.h tests/*/*.[ch])

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

# Packs of rules and lists of words are part of the program.
$(B)/embedded/packs.c: src/rules/embed.awk $(wildcard rules/*.yaml)
$(B)/embedded/words.c: src/words/embed.awk $(wildcard src/words/*.txt)
$(B)/embedded/%.c:
	@mkdir -p $(@D)
	awk -f $^ > $@.new && mv $@.new $@
$(B)/embedded/%.o: $(B)/embedded/%.c
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# A test is linked with what it reaches.
$(B)/tests/units.a: $(LIB_OBJ) $(patsubst %.c,$(B)/%.o,$(wildcard src/cli/*.c))
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^

$(TESTS): $(B)/%: $(B)/%.o $(B)/tests/unit/server.o $(B)/tests/units.a
	$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

# A program in which one transformer does nothing: a test shows that a run finds out.
$(B)/decant-identity: $(sort $(CLI_OBJ) $(filter-out %/transform/email.o,$(LIB_OBJ))) $(B)/tests/e2e/identity.o
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# And one in which rows are damaged on their way.
$(B)/decant-damage: $(sort $(CLI_OBJ) $(filter-out %/prefetch.o,$(LIB_OBJ))) $(B)/tests/e2e/damage.o
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# And one in which call number N of a library fails: memory, files, processes, SQLite, libpq.
WRAPPED     = $(shell sed -nE 's/^int __wrap_([a-z]+)[^a-z_].*;$$/\1/p; s/^WRAP.*, ([A-Za-z][A-Za-z_0-9]*),( [^A-Za-z].*|$$)/\1/p' tests/faults/faults.c)
$(B)/decant-faults: $(sort $(CLI_OBJ) $(LIB_OBJ)) $(B)/tests/faults/faults.o
	$(CC) $(LDFLAGS) $(addprefix -Wl$(COMMA)--wrap=,$(WRAPPED)) -o $@ $^ $(LDLIBS)
COMMA      := ,

$(BENCHES): $(B)/%: $(B)/%.o $(LIB_OBJ)
	$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

# A fuzz target with a main() that runs files; under clang's libFuzzer FUZZ_MAIN is empty.
FUZZ_MAIN  ?= $(B)/tests/fuzz/main.o
$(FUZZERS): $(B)/%: $(B)/%.o $(FUZZ_MAIN) $(LIB_OBJ)
	$(CC) $(LDFLAGS) $(FUZZ_FLAGS) -o $@ $^ $(LDLIBS)

# ---- what a developer says

demo:
	@.ci/setup demo
	@$(MAKE) --no-print-directory -s $(PARALLEL) all
	@.ci/demo

check:
	@.ci/setup check
	@$(MAKE) --no-print-directory -s $(PARALLEL) all tests
	@tests/run layers unit cli e2e

tests: all $(TESTS) $(BENCHES) $(B)/decant-identity $(B)/decant-damage $(B)/decant-faults
fuzzers: $(FUZZERS)
benches: $(BENCHES)

# AddressSanitizer and UndefinedBehaviorSanitizer over all unit tests, which reach nearly every line, and over the end to end where
# data goes its whole way; one suite at a time, for some facts are times. ONLY= for everything.
SAN = -fsanitize=address,undefined
SAN_ONLY = @(unit/|cli|e2e/sqlite|e2e/postgres|e2e/rows|e2e/mask|e2e/attack|e2e/trouble|e2e/property|e2e/faults|e2e/rehearse|e2e/server|seeds/)
asan:
	@.ci/setup check
	@$(MAKE) --no-print-directory -s $(PARALLEL) all tests fuzzers B=build/asan \
	    CFLAGS="-g1 -gz -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all -Wno-format-truncation $(SAN)" LDFLAGS="$(SAN)"
	@B=build/asan JOBS=$${JOBS:-1} ONLY='$(or $(ONLY),$(SAN_ONLY))' ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
	    tests/run unit cli e2e seeds

# What has threads, under ThreadSanitizer: whole pulls, and what they are made of.
TSAN_ONLY = @(unit/pipeline|unit/leak_search|unit/ticker|unit/prefetch|unit/pull|unit/verify|unit/proxy|e2e/sqlite|e2e/leak|e2e/sample|e2e/rehearse)
tsan:
	@.ci/setup check
	@$(MAKE) --no-print-directory -s $(PARALLEL) all tests B=build/tsan \
	    CFLAGS="-g1 -gz -O1 -fsanitize=thread" LDFLAGS="-fsanitize=thread"
	@B=build/tsan JOBS=$${JOBS:-1} ONLY='$(or $(ONLY),$(TSAN_ONLY))' TSAN_OPTIONS=halt_on_error=1 tests/run unit e2e

# FUZZ_SECONDS of libFuzzer for each target, from the committed seeds.
FUZZ_SECONDS ?= 600
fuzz:
	@.ci/setup dev
	@$(MAKE) --no-print-directory -s $(PARALLEL) fuzzers B=build/fuzz CC=clang FUZZ_MAIN= \
	    CFLAGS="-g -O1 -fsanitize=fuzzer-no-link,address,undefined" \
	    LDFLAGS="-fsanitize=address,undefined" FUZZ_FLAGS="-fsanitize=fuzzer"
	@tests/run fuzz $(FUZZ_SECONDS)

seeds: fuzzers
	@tests/run seeds

coverage:
	@.ci/setup check
	@.ci/setup coverage
	@.ci/coverage

lint:
	@.ci/setup dev
	@clang-format --dry-run --Werror $(SOURCES)
	@cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	    --suppress=missingIncludeSystem -Iinclude -Isrc src include

layers:
	@awk -f .ci/layers.awk .ci/layers.txt src/*/*.[ch]

figures:
	@.ci/figures

bench: all benches
	@.ci/setup demo
	@.ci/setup check
	@tests/bench/run

judge: all
	@.ci/setup check
	@tests/run judge

# Servers of other releases, poolers and standbys; gets 0.6 GB of programs into build/servers, once.
servers: all
	@.ci/setup check
	@.ci/setup servers
	@tests/run servers

# Programs of PyPI, npm, Maven and Go that read SQLite copies, pinned; into build/readers.
runners:
	@.ci/setup check
	@$(MAKE) --no-print-directory -s $(PARALLEL) all
	@tests/run runners

readers: all
	@.ci/setup check
	@tests/run readers

privacy: all
	@.ci/setup check
	@tests/run privacy

install: all
	install -Dm755 $(B)/decant $(DESTDIR)$(PREFIX)/bin/decant
	install -Dm644 $(B)/libdecant.a $(DESTDIR)$(LIBDIR)/libdecant.a
	install -d $(DESTDIR)$(PREFIX)/include/decant
	install -m644 include/decant/*.h $(DESTDIR)$(PREFIX)/include/decant/
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig
	printf 'prefix=%s\nName: decant\nDescription: copies of PostgreSQL databases\nVersion: %s\nRequires: %s\nCflags: -I$${prefix}/include\nLibs: -L%s -ldecant -lm -pthread\n' \
	    '$(PREFIX)' '$(VERSION)' '$(PKGS)' '$(LIBDIR)' > $(DESTDIR)$(LIBDIR)/pkgconfig/decant.pc
	install -Dm644 src/decant.1 $(DESTDIR)$(PREFIX)/share/man/man1/decant.1
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	$(B)/decant completion > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/decant
	install -d $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(B)/decant completion zsh > $(DESTDIR)$(ZSHDIR)/_decant
	$(B)/decant completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/decant.fish

# The sources of the commit at hand, with its time: the same bytes wherever they are packed.
dist:
	@mkdir -p build
	git archive --format=tar --prefix=decant-$(VERSION)/ HEAD | gzip -9n >build/decant-$(VERSION).tar.gz

# A source package and those for users, from the last commit, which lintian has looked at.
deb: dist
	@.ci/setup deb
	@rm -rf build/deb
	@mkdir -p build/deb
	@tar -xzf build/decant-$(VERSION).tar.gz -C build/deb
	@cp -r build/deb/decant-$(VERSION)/.ci/deb build/deb/decant-$(VERSION)/debian
	@printf 'decant (%s) unstable; urgency=medium\n\n  * Built from %s.\n\n -- The decant project <decant@example.org>  %s\n' \
	    '$(VERSION)' "$$(git rev-parse --short=12 HEAD)" "$$(git log -1 --format=%cD)" >build/deb/decant-$(VERSION)/debian/changelog
	@cd build/deb/decant-$(VERSION) && dpkg-buildpackage -us -uc
	@lintian --fail-on error,warning build/deb/*.changes

# One program that needs nothing of its system.
static:
	@.ci/setup static
	@.ci/static build/decant-static

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.PHONY: all demo check tests fuzzers benches asan tsan fuzz seeds coverage lint layers figures bench judge servers runners readers privacy \
        install dist deb static clean
.SECONDARY:
