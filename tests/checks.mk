# SPDX-License-Identifier: GPL-3.0-or-later
#
# What is checked about the code itself; included by the top Makefile.

C_FILES := $(shell git ls-files '*.c' 2>/dev/null)
C_AND_H_FILES := $(shell git ls-files '*.c' '*.h' 2>/dev/null)
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=undefined

## check: format, layers, modules, lengths, clang-tidy, hardened, instructions
.PHONY: check format layers modules lengths tidy hardened instructions
check: format layers modules lengths tidy hardened instructions

format: | $(filter deps deps-dev,$(MAKECMDGOALS))
	@clang-format --dry-run --Werror $(C_AND_H_FILES) && echo "format: $(words $(C_AND_H_FILES)) files as .clang-format wants them"

## layers: includes go down only, one library in one place
layers:
	@tests/checks/layers.sh

## modules: each has a test file of its own, but for those of a list that may only shrink
modules:
	@tests/checks/modules.sh

## lengths: no file over 500 lines, no function over 70
lengths: | $(filter deps deps-dev,$(MAKECMDGOALS))
	@tests/checks/lengths.sh

## hardened: what the compiler was asked for is in the programs
hardened: all
	@tests/checks/hardened.sh $(BUILD)

## instructions: what an event, a record and a request cost by callgrind, against tests/bench/instructions.txt
instructions: all $(BUILD)/tests/bench/bench_llm $(BUILD)/tests/bench/bench_record $(BUILD)/tests/bench/pacer \
		$(BUILD)/tests/bench/bare_curl
	@BUILD=$(BUILD) tests/bench/instructions.sh

# One stamp a file, so that only what changed is looked at again.
# mpi.h and its checks are for a build with MPI.
TIDY_STAMPS := $(patsubst %,$(BUILD)/tidy/%.ok,$(filter-out replay/ranks/ranks_mpi.c,$(C_FILES)))
tidy: $(TIDY_STAMPS)
	@echo "tidy: $(words $(TIDY_STAMPS)) files clean"
$(BUILD)/tidy/%.ok: % .clang-tidy $(filter %.h,$(C_AND_H_FILES)) | $(filter deps deps-dev,$(MAKECMDGOALS))
	@mkdir -p $(@D)
	@echo "  tidy $<"
	$(Q)clang-tidy --quiet $< -- -std=c17 -D_GNU_SOURCE -DTIDEMARK_VERSION='"$(VERSION)"' -I. 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

## asan: the whole test suite under the address and undefined-behaviour sanitizers (build/asan)
.PHONY: asan tsan valgrind
asan:
	$(MAKE) BUILD=build/asan$(if $(MPI),-mpi) SANITIZE='$(SANITIZERS)' test
# The unit tests of rooms that have threads, or read and write by those of lib/lines. Elsewhere there is no race to find,
# and the sanitizer makes the arithmetic take hours.
TSAN_ROOMS := lib/base lib/lines lib/net lib/record capture/record capture/proxy replay/record replay/send replay/server
TSAN_SECONDS ?= 120 # for each program
.PHONY: tsan-build
tsan-build: all e2e-build $(foreach room,$(TSAN_ROOMS),$(UNIT_$(room)))
## tsan: all programs, and the tests of rooms with threads, under the thread sanitizer (build/tsan): are there data races?
# Slow as they are, programs may be cut by the time limit or miss their instants: races alone are judged. Without setarch the
# sanitizer of older compilers rejects the addresses that newer kernels pick.
RACES := build/tsan/races
tsan:
	$(MAKE) BUILD=build/tsan SANITIZE='-fsanitize=thread' tsan-build
	@rm -rf $(RACES) && mkdir -p $(RACES)
	@TSAN_OPTIONS='suppressions=$(CURDIR)/tests/checks/tsan.supp exitcode=0 log_path=$(CURDIR)/$(RACES)/race' \
		TEST_TIMEOUT=$(TSAN_SECONDS) BUILD=build/tsan $$(setarch -R true 2>/dev/null && echo setarch -R) \
		tests/run.sh $(TSAN_ROOMS:%=unit/%) e2e >$(RACES).log; \
		tail -n 1 $(RACES).log
	@! cat $(RACES)/* 2>/dev/null && echo "tsan: $$(grep -c '^== ' $(RACES).log) programs, no data race"
## valgrind: the unit tests under valgrind
valgrind: unit-build
	@set -e; for t in $(UNIT_PROGRAMS); do echo "== $$t"; \
	  valgrind -q --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite $$t; done
