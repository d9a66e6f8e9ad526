# llm-gateway: `make help` lists the targets.
#
# Every variant builds in build/<variant>/; objects depend on the flags they
# were made with, so that changed CFLAGS rebuild.

VARIANT ?= release
PREFIX  ?= /usr/local
DESTDIR ?=
BINDIR  := $(DESTDIR)$(PREFIX)/bin
MANDIR  := $(DESTDIR)$(PREFIX)/share/man
UNITDIR := $(DESTDIR)$(PREFIX)/lib/systemd/user
BASH_COMPLETIONS := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS  := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
CC      ?= cc
V       ?= 0

VERSION := 0.1.0
BUILD   := build/$(VARIANT)
Q       := $(if $(filter 1,$(V)),,@)

PKGS := libmicrohttpd libcurl json-c yaml-0.1 libsecret-1 ncursesw libssl libcrypto sqlite3 zlib
OPTIONAL_PKGS := libbrotlidec libzstd

# These install packages first and then call make again: nothing here may ask
# pkg-config before the packages are there.
SETUP_GOALS := help deps run check check-clients check-asan check-tsan chaos cov fuzz lint soak bench \
               clean format
ifneq ($(filter-out $(SETUP_GOALS),$(or $(MAKECMDGOALS),all)),)
have = $(shell pkg-config --exists $(1) && echo $(1))
FOUND := $(foreach p,$(OPTIONAL_PKGS),$(call have,$(p)))
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) $(FOUND) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) $(FOUND) 2>/dev/null)
FEATURES   := $(if $(filter libbrotlidec,$(FOUND)),-DHAVE_BROTLI) \
              $(if $(filter libzstd,$(FOUND)),-DHAVE_ZSTD)
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef -Wvla \
        $(if $(DEVELOPER),-Werror)
# The last two where the compiler has them for this machine.
can = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null 2>/dev/null && echo $(1))
HARDEN := -fstack-protector-strong -fPIE $(call can,-fstack-clash-protection) \
          $(call can,-fcf-protection)
LDHARDEN := -pie -Wl,-z,relro,-z,now,-z,noexecstack

# Optimised as a whole when it is linked; tests link the ordinary code that is
# in the objects too, which is quicker. `LTO=` turns it off: packages are built
# so, because this optimiser writes the place of the build into the program.
LTO            := $(call can,-flto=auto -ffat-lto-objects)
CFLAGS_release := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 $(LTO)
LINK_release   := $(if $(LTO),-O2 $(LTO) -Wno-stringop-overflow)
NO_LTO         := $(if $(LTO),-fno-lto)
CFLAGS_debug   := -O0 -g3 -DDEBUG
CFLAGS_asan    := -O1 -g -fno-omit-frame-pointer -DDEBUG -fsanitize=address,undefined \
                  -fno-sanitize-recover=undefined
CFLAGS_tsan    := -O1 -g -fno-omit-frame-pointer -DDEBUG -fsanitize=thread
CFLAGS_cov     := -O0 -g -DDEBUG --coverage
# The fuzz variant is libFuzzer's with clang, else a replay of the corpus.
# NULL + 0, which an empty slice may be, harms nobody; only clang reports it.
CLANG          := $(if $(filter fuzz,$(VARIANT)),$(shell command -v clang))
CFLAGS_fuzz    := -O1 -g -fno-omit-frame-pointer -DDEBUG -fsanitize=address,undefined \
                  -fno-sanitize-recover=undefined \
                  $(if $(CLANG),-fsanitize=fuzzer-no-link -fno-sanitize=pointer-overflow)
LDFLAGS_asan   := -fsanitize=address,undefined
LDFLAGS_tsan   := -fsanitize=thread
LDFLAGS_cov    := --coverage
LDFLAGS_fuzz   := -fsanitize=address,undefined $(if $(CLANG),-fsanitize=fuzzer)

ifneq ($(CLANG),)
CC := $(CLANG)
endif

# Two builds of the same sources are the same to the byte, wherever they stand.
REPRODUCIBLE := -ffile-prefix-map=$(CURDIR)=. -Wdate-time

ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -DVERSION='"$(VERSION)"' \
             -Isrc -I. $(WARN) $(HARDEN) $(REPRODUCIBLE) $(CFLAGS_$(VARIANT)) $(FEATURES) $(PKG_CFLAGS) \
             -pthread $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(LDHARDEN) $(LDFLAGS_$(VARIANT)) -pthread $(LDFLAGS)
LIBS = $(PKG_LIBS) -lm -ldl

SRCS := $(sort $(wildcard src/*.c src/*/*.c tui/*.c))
OBJS := $(SRCS:%.c=$(BUILD)/%.o)
MAIN := $(BUILD)/src/main.o
LIB_OBJS := $(filter-out $(MAIN),$(OBJS))
BIN  := $(BUILD)/llm-gateway

UNIT_SRCS := $(sort $(wildcard tests/unit/*_test.c))
UNIT_BINS := $(UNIT_SRCS:%.c=$(BUILD)/%)
# Programs that Python tests run, to reach a module without the gateway.
TOOL_SRCS := $(sort $(wildcard tests/unit/*_tool.c))
TOOL_BINS := $(TOOL_SRCS:%.c=$(BUILD)/%)

.PHONY: all help deps run check check-all check-clients check-clients-all check-unit check-asan \
        check-tsan chaos cov fuzz fuzz-build soak bench install uninstall lint hdr-check format clean \
        show-flags FORCE
.DELETE_ON_ERROR:

all: $(BIN) ## build the program (default)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z_.-]+:.*## / { printf "  %-22s %s\n", $$1, $$2 }' Makefile
	@echo "variants: make VARIANT=release|debug|asan|tsan|cov; DEVELOPER=1 makes warnings errors"

$(BUILD)/flags: FORCE
	@mkdir -p $(BUILD)
	@echo '$(subst ','\'',$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LIBS))' > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

show-flags:
	@echo '$(subst ','\'',$(ALL_CFLAGS) $(ALL_LDFLAGS))'

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(if $(filter 0,$(V)),@echo "  CC    $<")
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BIN): $(OBJS)
	$(if $(filter 0,$(V)),@echo "  LINK  $@")
	$(Q)$(CC) $(LINK_$(VARIANT)) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# --- first use ---

# With -j the caller's job server rules; without, one job a core.
SUBMAKE = $(MAKE) $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
DEPS = @packaging/install-deps.sh packaging/build-deps.txt

deps: ## install the Debian packages that are missing
	$(DEPS)

run: ## install what is missing, build, open the program
	$(DEPS)
	@$(SUBMAKE) --no-print-directory all
	@$(BIN) $(ARGS)

# --- tests ---

# A unit test includes its module's .c file, so that it can reach the statics;
# the archive gives it everything else, and never a second copy of the module.
$(BUILD)/libgateway.a: $(LIB_OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libgateway.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(if $(filter 0,$(V)),@echo "  TEST  $<")
	$(Q)$(CC) $(ALL_CFLAGS) $(NO_LTO) -MMD -MP -MF $@.d -o $@ $< $(ALL_LDFLAGS) \
		$(BUILD)/libgateway.a -lcmocka $(LIBS)

# The vendors' SDKs, and a Node as new as they want it.
CLIENTS := tests/clients/node_modules/.package-lock.json
$(CLIENTS): tests/clients/package-lock.json
	npm ci --prefix tests/clients --no-audit --no-fund --loglevel=error
	@touch $@

# The programs made with them. Not `npm ci`: it wants every platform's package
# in the lock file, also those that a registry does not have.
CLIS := tests/clients-cli/node_modules/.package-lock.json
$(CLIS): tests/clients-cli/package-lock.json
	npm install --no-save --prefix tests/clients-cli --no-audit --no-fund --loglevel=error
	@touch $@

check: ## install what is missing, build, run every test
	$(DEPS) packaging/check-deps.txt
	@$(SUBMAKE) --no-print-directory check-all

check-clients: ## run Claude Code, Codex, Gemini CLI and opencode through the gateway
	$(DEPS) packaging/check-deps.txt
	@$(SUBMAKE) --no-print-directory check-clients-all

check-clients-all: $(BIN) $(CLIS)
	@tests/run --build $(BUILD) clis

check-asan: ## every test under AddressSanitizer and UBSan
	$(DEPS) packaging/check-deps.txt
	@$(SUBMAKE) --no-print-directory check-all VARIANT=asan

check-tsan: ## every test under ThreadSanitizer
	$(DEPS) packaging/check-deps.txt
	@$(SUBMAKE) --no-print-directory check-all VARIANT=tsan

check-all: $(BIN) $(UNIT_BINS) $(TOOL_BINS) $(CLIENTS)
	@$(SUBMAKE) --no-print-directory fuzz-build VARIANT=fuzz
	@tests/run --build $(BUILD)

check-unit: $(UNIT_BINS) ## unit tests of this variant
	$(Q)set -e; for t in $(UNIT_BINS); do $$t; done

cov: ## line coverage of every test, by file
	$(DEPS) packaging/check-deps.txt
	@$(SUBMAKE) --no-print-directory check-all VARIANT=cov || true
	@find build/cov -name '*.gcda' -exec gcov -n -r {} + 2>/dev/null | tests/lab/coverage.awk

# --- fuzz ---

FUZZ_SECONDS ?= 60
FUZZ_SRCS := $(sort $(wildcard tests/fuzz/*_fuzz.c))
FUZZ_BINS := $(FUZZ_SRCS:%.c=$(BUILD)/%)
# Only the rooms that read what strangers write.
FUZZED := $(wildcard src/base/*.c src/config/*.c src/credentials/*.c src/formats/*.c \
	src/providers/*.c src/routing/*.c src/cli/settings*.c) \
	src/control/edits.c src/control/fields.c src/control/http.c \
	src/transfer/http1_answer.c src/gateway/model_filter.c src/gateway/scan.c

$(BUILD)/libfuzzed.a: $(FUZZED:%.c=$(BUILD)/%.o)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(BUILD)/libfuzzed.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(if $(filter 0,$(V)),@echo "  FUZZ  $<")
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(if $(CLANG),,tests/fuzz/replay.c) \
		$(ALL_LDFLAGS) $(BUILD)/libfuzzed.a $(LIBS)

fuzz-build: $(FUZZ_BINS)

fuzz: ## look for inputs that break a parser, FUZZ_SECONDS each
	$(DEPS) packaging/check-deps.txt
	@$(SUBMAKE) --no-print-directory fuzz-build VARIANT=fuzz
	@tests/fuzz/run --seconds $(FUZZ_SECONDS) $(ARGS)

# --- chaos ---

SOAK_MINUTES ?= 30

chaos: ## every case of the chaos suite, of which check runs a part
	$(DEPS) packaging/check-deps.txt
	@$(SUBMAKE) --no-print-directory $(BIN)
	CHAOS=full GATEWAY_BIN=$(BIN) PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m pytest -q $(ARGS) tests/chaos
	CHAOS=full CHAOS_TRANSPORT=curl GATEWAY_BIN=$(BIN) PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m pytest -q $(ARGS) tests/chaos/test_upstreams.py

soak: ## SOAK_MINUTES of mixed traffic with churn under AddressSanitizer
	$(DEPS) packaging/check-deps.txt
	@$(SUBMAKE) --no-print-directory all VARIANT=asan
	@GATEWAY_BIN=build/asan/llm-gateway tests/chaos/soak --minutes $(SOAK_MINUTES) $(ARGS)

# --- bench ---

BENCH_SRCS := $(sort $(wildcard tests/bench/*.c))
BENCH_BINS := $(BENCH_SRCS:%.c=$(BUILD)/%)

$(BUILD)/tests/bench/%: tests/bench/%.c $(BUILD)/libgateway.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(if $(filter 0,$(V)),@echo "  BENCH $<")
	$(Q)$(CC) $(ALL_CFLAGS) $(NO_LTO) -MMD -MP -MF $@.d -o $@ $< $(ALL_LDFLAGS) \
		$(BUILD)/libgateway.a -lssl $(LIBS)

bench: ## measure against nginx and a direct connection
	$(DEPS) packaging/dev-deps.txt
	@$(SUBMAKE) --no-print-directory bench-all

bench-all: $(BIN) $(BENCH_BINS)
	@tests/bench/run --build $(BUILD) $(ARGS)

-include $(OBJS:.o=.d) $(UNIT_BINS:=.d) $(TOOL_BINS:=.d) $(BENCH_BINS:=.d) $(FUZZ_BINS:=.d)

# --- lint ---

HEADERS := $(sort $(wildcard src/*/*.h tui/*.h))

lint: ## clang-tidy, cppcheck, every header alone, the floors of the house
	$(DEPS) packaging/check-deps.txt packaging/dev-deps.txt
	@$(SUBMAKE) --no-print-directory lint-all

lint-all: hdr-check compile_commands.json
	/usr/bin/python3 -m pytest -q tests/tree
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -Isrc -I. \
		--enable=warning,portability --suppress=missingIncludeSystem \
		--suppress=normalCheckLevelMaxBranches src tui
	@echo $(SRCS) | xargs -n8 -P$(shell nproc) clang-tidy --quiet -p . 2>/dev/null

hdr-check: $(HEADERS:%=$(BUILD)/%.checked) ## compile every header alone

$(BUILD)/%.h.checked: %.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(if $(filter 0,$(V)),@echo "  HDR   $<")
	$(Q)printf '#include "%s"\nextern int checked;\n' $< | \
		$(CC) $(ALL_CFLAGS) -Werror -MMD -MP -MF $@.d -MT $@ -x c -c -o $@ -

-include $(HEADERS:%=$(BUILD)/%.checked.d)

compile_commands.json: $(BUILD)/flags $(SRCS) ## for clangd and clang-tidy
	@flags=$$(printf '%s' '$(subst ','\'',$(CC) $(ALL_CFLAGS))' | sed 's/["\\]/\\&/g'); \
	sep='['; for f in $(SRCS); do \
		printf '%s\n{"directory": "%s", "file": "%s", "command": "%s -c %s"}' \
			"$$sep" "$(CURDIR)" "$$f" "$$flags" "$$f"; \
		sep=','; done > $@; echo ']' >> $@

format: ## clang-format the whole tree
	$(DEPS) packaging/dev-deps.txt
	clang-format -i $$(git ls-files '*.c' '*.h')

# --- install ---

MAN_PAGES := $(wildcard man/*.[1-8])
man_path = $(MANDIR)/man$(patsubst .%,%,$(suffix $(1)))/$(notdir $(1))
# What is installed beside the man pages: source and destination, in pairs.
INSTALLED = $(BIN):$(BINDIR)/llm-gateway \
	$(BUILD)/llm-gateway.service:$(UNITDIR)/llm-gateway.service \
	$(BUILD)/completions/bash:$(BASH_COMPLETIONS)/llm-gateway \
	$(BUILD)/completions/zsh:$(ZSH_COMPLETIONS)/_llm-gateway \
	$(BUILD)/completions/fish:$(FISH_COMPLETIONS)/llm-gateway.fish \
	$(foreach m,$(MAN_PAGES),$(m):$(call man_path,$(m)))

$(BUILD)/completions/%: $(BIN)
	@mkdir -p $(@D)
	$(Q)$(BIN) completion $* > $@

$(BUILD)/llm-gateway.service: packaging/systemd/llm-gateway.service FORCE
	@mkdir -p $(@D)
	$(Q)sed 's#@BINDIR@#$(PREFIX)/bin#' $< > $@

COMPLETED_SHELLS := bash zsh fish

install: all $(COMPLETED_SHELLS:%=$(BUILD)/completions/%) $(BUILD)/llm-gateway.service ## copy program, man pages, completions, unit
	@set -e; for pair in $(INSTALLED); do \
		src=$${pair%%:*}; dst=$${pair#*:}; mode=644; \
		[ -e "$$src" ] || continue; \
		[ "$$src" = $(BIN) ] && mode=755; \
		install -D -m $$mode "$$src" "$$dst"; echo "  INST  $$dst"; done

uninstall: ## remove what install copied
	@for pair in $(INSTALLED); do rm -f "$${pair#*:}"; done

# --- packages ---

DEB_TREE := build/deb/llm-gateway-$(VERSION)
PACKAGED := Makefile LICENSE README.md man packaging src tui

# Nobody's mailbox is invented: whoever publishes the package puts theirs in.
NO_ADDRESS := bogus-mail-host,bogus-mail-host-in-debian-changelog

deb: ## build the Debian package, into build/deb
	$(DEPS) packaging/deb-deps.txt
	@rm -rf build/deb && mkdir -p $(DEB_TREE)
	@cp -a $(PACKAGED) $(DEB_TREE)/ && cp -a packaging/debian $(DEB_TREE)/debian
	@cd $(DEB_TREE) && dpkg-buildpackage --build=binary --no-sign
	@lintian --allow-root --fail-on error,warning --suppress-tags $(NO_ADDRESS) \
		build/deb/*.changes
	@ls build/deb/*.deb

sbom: $(BIN) ## list the linked libraries, CycloneDX, into build/<variant>/sbom.json
	@packaging/sbom.py $(BIN) $(VERSION) > $(BUILD)/sbom.json
	@echo "  SBOM  $(BUILD)/sbom.json"

reproducible: ## build twice in different places and compare
	@tests/packaging/build-twice

clean: ## remove everything built
	rm -rf build compile_commands.json
