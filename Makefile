# SPDX-License-Identifier: GPL-3.0-or-later
#
# Tidemark. `make help` lists what can be made.
#
# Every folder with C files is a room and becomes one archive, build/lib/ROOM.a. USES_room names the rooms it may
# stand on; a program or test links just those, so an arrow that points up fails at link time.

VERSION := 0.1.0
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= gcc
WERROR ?= $(if $(CI),-Werror)
OPTIMIZE ?= -O2
SANITIZE ?=

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-format-truncation -Wno-unknown-warning-option $(WERROR)
CFLAGS ?= $(OPTIMIZE) -g
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -DTIDEMARK_VERSION='"$(VERSION)"' $(WARNINGS) $(CFLAGS) -fno-math-errno \
	-pthread -I. $(SANITIZE)
ALL_LDFLAGS = $(LDFLAGS) -pthread $(SANITIZE)
LIBS_base := -lcjson -lpopt -lm
LIBS_record := -lz
LIBS_llm := -lz
LIBS_net := -levent_core -lcurl -lcrypto
LIBS_stat := -lgsl -lgslcblas -lm
LIBS_capture := -lmicrohttpd -lcrypto
LIBS_replay := -lgsl -lgslcblas -lcrypto -lm
LIBS_simllm := -lmicrohttpd -lm

# The rooms, each with the rooms below it (itself first).
ROOMS := base record llm net stat report capture replay analyze simllm
DIR_base := lib/base
DIR_record := lib/record
DIR_llm := lib/llm
DIR_net := lib/net
DIR_stat := analyze/stat
DIR_report := analyze/report
DIR_capture := capture
DIR_replay := replay
DIR_analyze := analyze
DIR_simllm := tests/simllm
USES_base := base
USES_record := record base
USES_llm := llm record base
USES_net := net llm record base
USES_stat := stat base
USES_report := report base
USES_capture := capture $(USES_net)
USES_replay := replay $(USES_net)
USES_analyze := analyze report stat record base
USES_simllm := simllm base

PROGRAMS := capture replay analyze simllm
BINARIES := $(PROGRAMS:%=$(BUILD)/bin/%)

MAKEFLAGS += -j$(shell nproc)

.PHONY: all
all: $(BINARIES)


# One archive per room (main.c stays out, so that tests can link the rest) and one program per tool.
define room
SRC_$(1) := $$(wildcard $$(DIR_$(1))/*.c)
OBJ_$(1) := $$(patsubst %.c,$(BUILD)/obj/%.o,$$(filter-out %/main.c,$$(SRC_$(1))))
$(BUILD)/lib/$(1).a: $$(OBJ_$(1))
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
ARCHIVES_$(1) := $$(USES_$(1):%=$(BUILD)/lib/%.a)
LINK_$(1) := $$(foreach r,$$(USES_$(1)),$$(LIBS_$$(r)))
endef
define program
$(BUILD)/bin/$(1): $(BUILD)/obj/$$(DIR_$(1))/main.o $$(ARCHIVES_$(1))
	@mkdir -p $$(@D)
	@echo "  link $$@"
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LINK_$(1))
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))
$(foreach name,$(PROGRAMS),$(eval $(call program,$(name))))

include tests/rules.mk
include tests/checks.mk

Q := $(if $(VERBOSE),,@)
# In `make deps test` nothing compiles before the packages are in.
$(BUILD)/obj/%.o: %.c | $(filter deps deps-dev,$(MAKECMDGOALS))
	@mkdir -p $(@D)
	@echo "  cc   $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

## help: this list
.PHONY: help
help:
	@echo "Tidemark $(VERSION): make TARGET"
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  \1\t\2/p' Makefile tests/rules.mk tests/checks.mk | expand -t 16

## all: build/bin/{capture,replay,analyze,simllm} (the default)

DEPS := libcurl4-openssl-dev zlib1g-dev libcjson-dev libgsl-dev libcmocka-dev libevent-dev \
	libmicrohttpd-dev libpopt-dev libssl-dev gnuplot-nox fonts-dejavu-core curl jq procps
DEPS_DEV := clang clang-format clang-tidy libclang-rt-dev valgrind universal-ctags
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
define install_packages
@missing=; for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
if [ -z "$$missing" ]; then echo "packages: all there"; \
elif ! command -v apt-get >/dev/null; then echo "Tidemark needs these Debian packages or their like:$$missing" >&2; exit 1; \
elif [ -n "$(SUDO)" ] && ! command -v sudo >/dev/null; then \
  echo "Tidemark needs these packages, and there is no sudo here. As root: apt-get install$$missing" >&2; exit 1; \
else \
  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; \
fi
endef

## deps: install the packages that Tidemark is built on (Debian, Ubuntu)
.PHONY: deps deps-dev deps-browser
deps:
	$(call install_packages,$(DEPS))

## deps-dev: also the compilers and checkers that `make check`, `asan` and `fuzz` use
deps-dev: deps
	$(call install_packages,$(DEPS_DEV))

## deps-browser: also the browser that `make test-browser` drives
deps-browser: deps
	$(call install_packages,chromium)

## install: programs, manual pages and completion below PREFIX (default /usr/local), DESTDIR honoured
.PHONY: install dist
TOOLS := capture replay analyze
SHARE = $(DESTDIR)$(PREFIX)/share
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/man/man1 $(SHARE)/bash-completion/completions
	install -m 755 $(TOOLS:%=$(BUILD)/bin/%) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(foreach t,$(TOOLS),$(t)/$(t).1) $(SHARE)/man/man1
	for t in $(TOOLS); do install -m 644 lib/base/completion.bash $(SHARE)/bash-completion/completions/$$t; done

## dist: build/tidemark-VERSION.tar.gz of what is committed
dist:
	@mkdir -p build
	git archive --prefix=tidemark-$(VERSION)/ -o build/tidemark-$(VERSION).tar.gz HEAD

## clean: remove what was built
.PHONY: clean
clean:
	rm -rf build
