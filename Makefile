# llm-gateway: `make help` lists the targets.
#
# Every variant builds in build/<variant>/; objects depend on the flags they
# were made with, so that changed CFLAGS rebuild.

VARIANT ?= release
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DESTDIR ?=
CC      ?= cc
V       ?= 0

VERSION := 0.1.0
BUILD   := build/$(VARIANT)
Q       := $(if $(filter 1,$(V)),,@)

PKGS := libmicrohttpd libcurl json-c yaml-0.1 libsecret-1 ncursesw libcrypto sqlite3 zlib
OPTIONAL_PKGS := libbrotlidec libzstd

# Nothing below may ask pkg-config before the packages are there.
SETUP_GOALS := help deps deps-check clean format
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
HARDEN := -fstack-protector-strong -fPIE
LDHARDEN := -pie -Wl,-z,relro,-z,now,-z,noexecstack

CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2
CFLAGS_debug   := -O0 -g3 -DDEBUG
CFLAGS_asan    := -O1 -g -fno-omit-frame-pointer -DDEBUG -fsanitize=address,undefined \
                  -fno-sanitize-recover=undefined
CFLAGS_tsan    := -O1 -g -fno-omit-frame-pointer -DDEBUG -fsanitize=thread
LDFLAGS_asan   := -fsanitize=address,undefined
LDFLAGS_tsan   := -fsanitize=thread

ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -DVERSION='"$(VERSION)"' \
             -Isrc -I. $(WARN) $(HARDEN) $(CFLAGS_$(VARIANT)) $(FEATURES) $(PKG_CFLAGS) \
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

.PHONY: all help deps run check check-quick check-unit clean install uninstall lint hdr-check \
        format compile_commands.json FORCE
.DELETE_ON_ERROR:

all: $(BIN)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z_.-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile
	@echo "variants: make VARIANT=release|debug|asan|tsan; DEVELOPER=1 makes warnings errors"

$(BUILD)/flags: FORCE
	@mkdir -p $(BUILD)
	@echo '$(CC) $(subst ','\'',$(ALL_CFLAGS) $(ALL_LDFLAGS) $(LIBS))' | cmp -s - $@ || \
	 echo '$(CC) $(subst ','\'',$(ALL_CFLAGS) $(ALL_LDFLAGS) $(LIBS))' > $@

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(if $(filter 0,$(V)),@echo "  CC    $<")
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BIN): $(OBJS)
	$(if $(filter 0,$(V)),@echo "  LINK  $@")
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# A unit test includes its module's .c file, so that it can reach the statics;
# the archive gives it everything else, and never a second copy of the module.
$(BUILD)/libgateway.a: $(LIB_OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libgateway.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(if $(filter 0,$(V)),@echo "  TEST  $<")
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(ALL_LDFLAGS) \
		$(BUILD)/libgateway.a -lcmocka $(LIBS)

-include $(OBJS:.o=.d) $(UNIT_BINS:=.d)

check-unit: $(UNIT_BINS) ## unit tests of this variant
	$(Q)set -e; for t in $(UNIT_BINS); do $$t; done

clean: ## remove everything built
	rm -rf build

format: ## clang-format the whole tree
	clang-format -i $$(git ls-files '*.c' '*.h')
