# SPDX-License-Identifier: GPL-3.0-or-later
#
# Tidemark. `make help` lists what can be made.
#
# Every folder with C files is a room and becomes one archive, build/lib/ROOM.a; a program links its rooms in the order
# of the table below, so that a call which points up fails at link time.

# A tarball has the file VERSION, a checkout its tags (v0.1.0, and 0.1.0-3-gabcdef three commits after it).
VERSION := $(or $(shell cat VERSION 2>/dev/null || git describe --tags --match 'v[0-9]*' 2>/dev/null | sed s/^v//),0.1.0)
# MPI=1: replay with Open MPI, in a folder of its own.
MPI ?=
BUILD ?= build$(if $(MPI),/mpi)
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= gcc
, := ,
WERROR ?= $(if $(CI),-Werror)
OPTIMIZE ?= -O2
SANITIZE ?=

# Hardening; `make HARDENING= HARDENING_LINK=` does without. _FORTIFY_SOURCE needs the optimiser, a sanitizer has its own
# checks, and 3 is for compilers that size an object while the program runs. A macro that CFLAGS defines gives way.
accepts = $(shell echo '$(2)' | $(CC) -Werror -std=c17 $(1) -x c -fsyntax-only - 2>/dev/null && echo yes)
# They are found once, when the first file is compiled: before `make deps` there may be no compiler.
FORTIFY = $(eval FORTIFY := $(if $(call accepts,,_Static_assert(__has_builtin(__builtin_dynamic_object_size)$(,) "");),3,2))$(FORTIFY)
CONTROL_FLOW = $(eval CONTROL_FLOW := $(if $(call accepts,-fcf-protection,int unused;),-fcf-protection))$(CONTROL_FLOW)
HARDENING ?= -fPIE -fstack-protector-strong $(CONTROL_FLOW) \
	$(if $(SANITIZE)$(filter -O0,$(OPTIMIZE) $(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(FORTIFY))
HARDENING_LINK ?= -pie -Wl,-z,relro,-z,now

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wno-format-truncation -Wno-unknown-warning-option $(WERROR)
CFLAGS ?= $(OPTIMIZE) -g
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -DTIDEMARK_VERSION='"$(VERSION)"' $(WARNINGS) $(CPPFLAGS) $(CFLAGS) $(HARDENING) -fno-math-errno \
	-ffile-prefix-map=$(CURDIR)=. -pthread -I. $(SANITIZE)
ALL_LDFLAGS = $(HARDENING_LINK) $(LDFLAGS) -pthread $(SANITIZE)
# The rooms: every folder with C files. USES_room names the rooms that it may include and call; what those use comes
# with them. `make layers` holds every include against this table, and the linker every call.
ROOMS := lib/base lib/json lib/lines lib/http lib/record lib/sketch lib/llm lib/net \
	capture/content capture/record capture/proxy capture/convert capture \
	replay/plan replay/workload replay/record replay/ranks replay/send replay/server replay \
	analyze/stat analyze/report analyze/input analyze/results analyze/judge analyze/sections analyze tests/simllm
USES_lib/json := lib/base
USES_lib/lines := lib/json
USES_lib/http := lib/json
USES_lib/record := lib/lines lib/http
USES_lib/sketch := lib/record
USES_lib/llm := lib/http lib/record
USES_lib/net := lib/llm
USES_capture/content := lib/llm
USES_capture/record := capture/content
USES_capture/proxy := capture/record lib/net
USES_capture/convert := capture/content
USES_capture := capture/proxy capture/convert
USES_replay/plan := lib/record
USES_replay/workload := replay/plan lib/llm
USES_replay/record := replay/workload lib/sketch
USES_replay/ranks := lib/base
USES_replay/send := replay/record replay/ranks lib/net
USES_replay/server := replay/record lib/net
USES_replay := replay/send replay/server
USES_analyze/stat := lib/base
USES_analyze/report := lib/base
USES_analyze/results := lib/record
USES_analyze/input := analyze/stat analyze/results lib/sketch
USES_analyze/judge := analyze/input analyze/results
USES_analyze/sections := analyze/results analyze/report
USES_analyze := analyze/judge analyze/sections
USES_tests/simllm := lib/json

LIBS_lib/base := -lpopt -lm
LIBS_lib/json := -lm
LIBS_lib/lines := -lz
LIBS_lib/http := -lcurl -lz
LIBS_lib/net := -levent_core -lcurl -lcrypto
LIBS_analyze/stat := -lgsl -lgslcblas -lm
LIBS_capture/content := -lcrypto
LIBS_capture/proxy := -lmicrohttpd
LIBS_replay/plan := -lgsl -lgslcblas -lm
LIBS_replay/ranks := $(if $(MPI),$(shell mpicc --showme:link))
LIBS_replay/workload := -lcrypto -lm
LIBS_tests/simllm := -lmicrohttpd -lm

# A room and all below it, each once, in an order that the linker can take: the user before the used.
keep_last = $(if $(1),$(call keep_last,$(filter-out $(lastword $(1)),$(1))) $(lastword $(1)))
with_uses = $(1) $(foreach used,$(USES_$(1)),$(call with_uses,$(used)))
below = $(call keep_last,$(call with_uses,$(1)))

PROGRAMS := capture replay analyze simllm
BINARIES := $(PROGRAMS:%=$(BUILD)/bin/%)

MAKEFLAGS += -j$(shell nproc)

.PHONY: all
all: $(BINARIES)


NOT_BUILT := replay/ranks/$(if $(MPI),ranks_one.c,ranks_mpi.c)
$(BUILD)/obj/tests/unit/replay/ranks/test_ranks_one.o $(BUILD)/obj/tests/unit/replay/ranks/test_ranks_mpi.o: CPPFLAGS += $(if $(MPI),-DTIDEMARK_MPI)
$(BUILD)/obj/replay/ranks/ranks_mpi.o: CPPFLAGS += $(if $(MPI),$(patsubst %,-isystem %,$(shell mpicc --showme:incdirs)))

# One archive per room (main.c stays out, so that tests can link the rest) and one program per tool.
define room
OBJ_$(1) := $$(patsubst %.c,$(BUILD)/obj/%.o,$$(filter-out %/main.c $(NOT_BUILT),$$(wildcard $(1)/*.c)))
$(BUILD)/lib/$(1).a: $$(OBJ_$(1))
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
BELOW_$(1) := $$(call below,$(1))
ARCHIVES_$(1) := $$(BELOW_$(1):%=$(BUILD)/lib/%.a)
LINK_$(1) := $$(foreach r,$$(BELOW_$(1)),$$(LIBS_$$(r)))
endef
define program
$(BUILD)/bin/$(notdir $(1)): $(BUILD)/obj/$(1)/main.o $$(ARCHIVES_$(1))
	@mkdir -p $$(@D)
	@echo "  link $$@"
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LINK_$(1))
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))
$(foreach r,capture replay analyze tests/simllm,$(eval $(call program,$(r))))

include tests/rules.mk
include tests/checks.mk
include packaging/packaging.mk

Q := $(if $(VERBOSE),,@)
# Without the packages the first of a hundred errors would be about a header.
ifeq ($(filter deps% help clean dist uninstall,$(MAKECMDGOALS)),)
HEADERS := curl/curl.h zlib.h gsl/gsl_errno.h event2/event.h microhttpd.h popt.h openssl/hmac.h
MISSING := $(shell for header in $(HEADERS); do printf '\043if !__has_include(<%s>)\n%s\n\043endif\n' $$header $$header; done | \
	$(CC) -x c -E -P - 2>/dev/null)
MISSING += $(if $(MPI),$(shell command -v mpicc >/dev/null || echo mpicc))
$(if $(strip $(MISSING)),$(error $(MISSING) not found: run `make deps` first))
endif

# In `make deps test` nothing compiles before the packages are in.
$(BUILD)/obj/%.o: %.c | $(filter deps%,$(MAKECMDGOALS))
	@mkdir -p $(@D)
	@echo "  cc   $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

## help: this list
.PHONY: help
help:
	@echo "Tidemark $(VERSION): make TARGET"
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  \1\t\2/p' Makefile tests/rules.mk tests/checks.mk packaging/packaging.mk | expand -t 16

## all: build/bin/{capture,replay,analyze,simllm} (the default)

DEPS := libcurl4-openssl-dev zlib1g-dev libgsl-dev libcmocka-dev libcjson-dev libevent-dev \
	libmicrohttpd-dev libpopt-dev libssl-dev gnuplot-nox fonts-dejavu-core curl jq procps
DEPS += $(if $(MPI),libopenmpi-dev openmpi-bin) $(if $(shell command -v $(CC)),,gcc libc6-dev)
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
	$(call install_packages,chromium poppler-utils)

## clean: remove what was built
.PHONY: clean
clean:
	rm -rf build

# What tests/checks/layers.sh reads: each room, then the rooms that it may see.
.PHONY: rooms
rooms:
	@$(foreach r,$(ROOMS),echo '$(r): $(BELOW_$(r))';)
