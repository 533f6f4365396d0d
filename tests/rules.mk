# SPDX-License-Identifier: GPL-3.0-or-later
#
# How the tests are built and run; included by the top Makefile.
#
# tests/unit/ROOM/test_NAME.c is one cmocka program, linked with that room and the rooms below it, and with what other
# C files stand beside it.

define unit_room
UNIT_$(1) := $$(patsubst %.c,$(BUILD)/%,$$(wildcard tests/unit/$(1)/test_*.c))
UNIT_HELPERS_$(1) := $$(patsubst %.c,$(BUILD)/obj/%.o,$$(filter-out tests/unit/$(1)/test_%,$$(wildcard tests/unit/$(1)/*.c)))
UNIT_PROGRAMS += $$(UNIT_$(1))
$$(UNIT_$(1)): $(BUILD)/%: $(BUILD)/obj/%.o $$(UNIT_HELPERS_$(1)) $$(ARCHIVES_$(1))
	@mkdir -p $$(@D)
	@echo "  link $$@"
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ -lcmocka $$(LINK_$(1))
.PHONY: unit-$(1)
unit-$(1): $$(UNIT_$(1))
	@set -e; for t in $$^; do $$$$t; done
endef
$(foreach r,$(notdir $(wildcard tests/unit/*)),$(eval $(call unit_room,$(r))))

## test: unit tests, command-line tables and end-to-end tests (loopback only)
.PHONY: test unit unit-build
test: all unit-build
	@BUILD=$(BUILD) tests/run.sh
unit-build: $(UNIT_PROGRAMS)
## unit: the unit tests alone; unit-ROOM runs one room's (unit-stat, unit-llm, ...)
unit: unit-build
	@BUILD=$(BUILD) tests/run.sh unit

# tests/bench/bench_ROOM.c times one room's code: no peer, no server. `make bench-ROOM` runs it.
define bench_room
$(BUILD)/tests/bench/bench_$(1): $(BUILD)/obj/tests/bench/bench_$(1).o $(USES_$(1):%=$(BUILD)/lib/%.a)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $(foreach r,$(USES_$(1)),$(LIBS_$(r)))
.PHONY: bench-$(1)
bench-$(1): $(BUILD)/tests/bench/bench_$(1)
	@$$<
endef
$(foreach r,$(filter $(ROOMS),$(patsubst tests/bench/bench_%.c,%,$(wildcard tests/bench/bench_*.c))),$(eval $(call bench_room,$(r))))

## demo: the whole pipeline on a simulated server; the report goes to report/
.PHONY: demo
demo: all
	@BUILD=$(BUILD) tests/demo.sh
