# SPDX-License-Identifier: GPL-3.0-or-later
#
# How the tests are built and run; included by the top Makefile.
#
# tests/unit/ROOM/test_NAME.c is one cmocka program. It is linked with all rooms of its tool (or of lib), and with what
# other C files stand below tests/unit/TOOL.
USES_lib := lib/net lib/sketch
$(eval $(call room,lib))
define unit_tool
UNIT_HELPERS_$(1) := $$(patsubst %.c,$(BUILD)/obj/%.o,$$(shell find tests/unit/$(1) -name '*.c' ! -name 'test_*' 2>/dev/null))
$(BUILD)/lib/tests/unit/$(1).a: $$(UNIT_HELPERS_$(1))
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
endef
define unit_room # ROOM, TOOL
UNIT_$(1) := $$(patsubst %.c,$(BUILD)/%,$$(wildcard tests/unit/$(1)/test_*.c))
UNIT_PROGRAMS += $$(UNIT_$(1))
$$(UNIT_$(1)): $(BUILD)/%: $(BUILD)/obj/%.o $(BUILD)/lib/tests/unit/$(2).a $$(filter-out $(BUILD)/lib/lib.a,$$(ARCHIVES_$(2)))
	@mkdir -p $$(@D)
	@echo "  link $$@"
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ -Wl,--start-group $$^ -Wl,--end-group -lcmocka $$(LINK_$(2))
.PHONY: unit-$(1)
unit-$(1): $$(UNIT_$(1))
	@set -e; for t in $$^; do $$$$t; done
endef
tool_of = $(if $(filter lib/%,$(1)),lib,$(if $(filter tests/%,$(1)),$(1),$(firstword $(subst /, ,$(1)))))
$(foreach t,lib capture replay analyze tests/simllm,$(eval $(call unit_tool,$(t))))
$(foreach r,$(ROOMS),$(eval $(call unit_room,$(r),$(call tool_of,$(r)))))
# The scanner beside another parser.
$(BUILD)/tests/unit/lib/json/test_json_scan: LINK_lib += -lcjson
# The test lets each of these calls fail in turn.
$(BUILD)/tests/unit/replay/record/test_recorder_faults: ALL_LDFLAGS += \
	$(foreach call,malloc calloc realloc write ftruncate,-Wl$(,)--wrap=$(call))

# tests/faults/TOOL/test_NAME.c is one too, in which the n-th call of malloc, write, ... fails: fault.c takes their place,
# and as fault.so in the programs that tests/faults/test_programs.c runs.
FAULTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/faults/*/test_*.c))
FAULT_OBJECT := $(BUILD)/obj/tests/faults/fault.o
define fault_tool
$(filter $(BUILD)/tests/faults/$(1)/%,$(FAULTS)): $(BUILD)/%: $(BUILD)/obj/%.o $(FAULT_OBJECT) $(BUILD)/lib/tests/unit/$(1).a $$(filter-out $(BUILD)/lib/lib.a,$$(ARCHIVES_$(1)))
	@mkdir -p $$(@D)
	@echo "  link $$@"
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ -Wl,--start-group $$^ -Wl,--end-group -lcmocka $$(LINK_$(1))
endef
$(foreach t,lib capture replay analyze,$(eval $(call fault_tool,$(t))))
$(BUILD)/faults/fault.so: tests/faults/fault.c tests/faults/fault.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $<
$(BUILD)/tests/faults/test_programs: $(BUILD)/obj/tests/faults/test_programs.o $(FAULT_OBJECT) $(ARCHIVES_lib/base) | $(BUILD)/faults/fault.so $(BINARIES)
	@mkdir -p $(@D)
	@echo "  link $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(LINK_lib/base)

# tests/e2e/test_NAME.c is one cmocka program too: it drives a program in $(BUILD)/bin from outside, byte by byte where
# curl would be too polite, and is linked with what other C files stand beside it and the rooms below llm.
E2E_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/e2e/test_*.c))
E2E_HELPERS := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out tests/e2e/test_%,$(wildcard tests/e2e/*.c)))
$(E2E_PROGRAMS): $(BUILD)/%: $(BUILD)/obj/%.o $(E2E_HELPERS) $(ARCHIVES_lib/llm)
	@mkdir -p $(@D)
	@echo "  link $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka $(LINK_lib/llm)

## test: unit tests, command-line tables and end-to-end tests (loopback only)
.PHONY: test unit unit-build e2e-build
test: all unit-build e2e-build
	@BUILD=$(BUILD) tests/run.sh
unit-build: $(UNIT_PROGRAMS) $(FAULTS)
# One end-to-end test is the short form of a long one, with its program.
e2e-build: $(BINARIES) $(E2E_PROGRAMS) $(BUILD)/tests/faults/test_programs $(BUILD)/tests/long/exact_bytes
## test-ranks: with MPI=1, what replay's ranks touch: their unit tests, and runs under mpirun
RANK_TESTS := ranks/test_ranks_one ranks/test_ranks_mpi send/test_remote send/test_remote_agree send/test_closed_loop \
	send/test_open_loop send/test_measurement test_follow
.PHONY: test-ranks
test-ranks: $(BINARIES) $(RANK_TESTS:%=$(BUILD)/tests/unit/replay/%)
	@set -e; for t in $(RANK_TESTS); do $(BUILD)/tests/unit/replay/$$t; done
	@BUILD=$(BUILD) tests/e2e/test_replay_ranks.sh
## unit: the unit tests alone; unit-ROOM runs one room's (unit-analyze/stat, unit-lib/llm, ...)
unit: unit-build
	@BUILD=$(BUILD) tests/run.sh unit

# tests/bench/bench_ROOM.c times one room's code: no peer, no server. `make bench-ROOM` runs it.
define bench_room
$(BUILD)/tests/bench/bench_$(1): $(BUILD)/obj/tests/bench/bench_$(1).o $(ARCHIVES_lib/$(1))
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $(LINK_lib/$(1))
.PHONY: bench-$(1)
bench-$(1): $(BUILD)/tests/bench/bench_$(1)
	@$$<
endef
$(foreach r,$(patsubst tests/bench/bench_%.c,%,$(wildcard tests/bench/bench_*.c)),$(eval $(call bench_room,$(r))))

SIMULATIONS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*_sim.c))
$(SIMULATIONS): $(BUILD)/%: $(BUILD)/obj/%.o $(BUILD)/lib/tests/unit/analyze.a $(ARCHIVES_analyze)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ -Wl,--start-group $^ -Wl,--end-group $(LINK_analyze)
## coverage-sim: do intervals cover what they promise, is a recommendation right? 2000 sweeps a scenario (REPLICATIONS=)
REPLICATIONS ?= 2000
.PHONY: coverage-sim
coverage-sim: $(SIMULATIONS)
	@half=$$(($(REPLICATIONS) / 2)); missed=; \
	for simulation in "recommend_sim $$half" search_sim "edge_sim $$half" "open_sim $$half" \
	  "compare_sim $$((2 * $(REPLICATIONS)))" "interval_sim $$half" "percentile_sim $$half" "coverage_sim $(REPLICATIONS)"; do \
	  $(BUILD)/tests/bench/$$simulation || missed="$$missed $${simulation%% *}"; \
	done; [ -z "$$missed" ] || { echo "coverage-sim: missed in$$missed"; exit 1; }

## test-browser: a report in a real browser, and the HAR that it writes; pictures in build/browser (make deps-browser)
.PHONY: test-browser
test-browser: all
	@BUILD=$(BUILD) tests/browser/report.sh || { status=$$?; [ $$status -eq 77 ] || exit $$status; }
	@BUILD=$(BUILD) tests/browser/har.sh || { status=$$?; [ $$status -eq 77 ] || exit $$status; }

## example-report: renews the README's picture of the demo's report (make deps-browser; RUN= takes another run record)
.PHONY: example-report
example-report: all
	@BUILD=$(BUILD) tests/browser/example.sh

## test-markdown: reports of every kind and the documents please markdownlint (of npm, installed under build/markdown)
.PHONY: test-markdown
test-markdown: $(BUILD)/bin/analyze
	@BUILD=$(BUILD) tests/markdown/lint.sh || { status=$$?; [ $$status -eq 77 ] || exit $$status; }

# Peers and makers of input of `make bench` and `make test-long`: each tests/{bench,long}/NAME.c is one program, with
# what these share and the rooms below sketch.
BENCH_HELPERS := tests/bench/wire.c tests/long/http_peer.c
BENCH_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(filter-out tests/bench/bench_% tests/bench/%_sim.c tests/bench/curl_loop.c \
	$(BENCH_HELPERS), $(wildcard tests/bench/*.c tests/long/*.c)))
BARE_ON_CURL := $(BUILD)/tests/bench/bare_curl $(BUILD)/tests/bench/bare_proxy
$(BARE_ON_CURL): $(BUILD)/obj/tests/bench/curl_loop.o
$(BARE_ON_CURL): ALL_LDFLAGS += -Wl,--no-as-needed -lcurl -lmicrohttpd
$(BENCH_PROGRAMS): $(BUILD)/%: $(BUILD)/obj/%.o $(BENCH_HELPERS:%.c=$(BUILD)/obj/%.o) $(ARCHIVES_lib/sketch)
	@mkdir -p $(@D)
	@echo "  link $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LINK_lib/sketch)

DEPS_BENCH := wrk hey nginx-light mitmproxy jq
DEPS_CLIENTS := nodejs npm
.PHONY: deps-bench bench test-long test-clients
## deps-bench: the programs that `make bench` and `make test-clients` stand beside (Debian, Ubuntu)
deps-bench: deps
	$(call install_packages,$(DEPS_BENCH) $(if $(shell command -v npm),,$(DEPS_CLIENTS)))

# Run records to measure analyze with. They are made once: a hundred million requests take half a minute.
BENCH_RUNS := million second sketches sweep
BENCH_FILES := $(BENCH_RUNS:%=$(BUILD)/bench/%.jsonl.gz)
$(BUILD)/bench/second.jsonl.gz: MADE_RUN = million $@.part 1795361095
$(BENCH_FILES): $(BUILD)/bench/%.jsonl.gz: $(BUILD)/tests/bench/make_runs
	@mkdir -p $(@D)
	@echo "  make $@"
	$(Q)$< $(or $(MADE_RUN),$* $@.part)
	$(Q)mv $@.part $@

## bench: each figure beside its peer in one run, as a ratio, with what it has to reach; BENCH=NAME... runs some
bench: all $(BENCH_PROGRAMS) $(if $(filter analyze,$(or $(BENCH),analyze)),$(BENCH_FILES))
	@BUILD=$(BUILD) tests/bench/run.sh $(BENCH)

## test-long: what needs minutes: 2000 streams, memory, a minute of pacing, kill series, full disk, exact bytes, attacks
test-long: all $(BENCH_PROGRAMS) $(BUILD)/tests/e2e/test_capture_victims
	@BUILD=$(BUILD) TEST_TIMEOUT=900 tests/run.sh long

## test-clients: the openai and ollama packages of npm through capture (installed under build/clients)
test-clients: all
	@BUILD=$(BUILD) TEST_TIMEOUT=600 tests/run.sh clients

## demo: the whole pipeline on a simulated server; the report goes to report/
.PHONY: demo
demo: all
	@BUILD=$(BUILD) tests/demo.sh

## demo-seeds: does the demo's interval hold the simulated server's true optimum? SEEDS (40) sweeps, some 25 minutes
.PHONY: demo-seeds
demo-seeds: all
	@BUILD=$(BUILD) tests/demo_seeds.sh

# tests/fuzz/fuzz_NAME.c is one libFuzzer target; FUZZ_room names those that need this room and the rooms below it.
# Each starts from its seeds, if it has any, and from what earlier runs found worth keeping in build/fuzz/corpus.
FUZZ_lib/json := json_scan json_write
FUZZ_lib/lines := gzline
FUZZ_lib/record := redact redact_large trace run
FUZZ_lib/llm := sse ndjson openai ollama anthropic responses no_text llamacpp
FUZZ_replay := prometheus
FUZZ_capture := import_azure import_burstgpt import_har import_mooncake import_openai_batch import_prompts import_sharegpt import_trace import_vegeta
FUZZ_analyze := cells_csv curve_csv measured
FUZZ_SECONDS ?= 10
define fuzz_target
$(BUILD)/bin/fuzz_$(1): $(BUILD)/obj/tests/fuzz/fuzz_$(1).o $(ARCHIVES_$(2))
	@mkdir -p $$(@D)
	@echo "  link $$@"
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -fsanitize=fuzzer -o $$@ -Wl,--start-group $$^ -Wl,--end-group $(LINK_$(2))
.PHONY: fuzz-run-$(1)
fuzz-run-$(1): $(BUILD)/bin/fuzz_$(1)
	@mkdir -p $(BUILD)/corpus/$(1) $(BUILD)/found
	@echo "  fuzz $(1) for $(FUZZ_SECONDS) s"
	$$(Q)$$< -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -timeout=60 -dict=tests/fuzz/words.dict \
		-artifact_prefix=$(BUILD)/found/$(1)- $(BUILD)/corpus/$(1) $(wildcard tests/fuzz/seeds/$(1)) \
		>$(BUILD)/found/$(1).log 2>&1 || { tail -n 40 $(BUILD)/found/$(1).log; exit 1; }
FUZZ_RUNS += fuzz-run-$(1)
endef
$(foreach r,$(ROOMS),$(foreach name,$(FUZZ_$(r)),$(eval $(call fuzz_target,$(name),$(r)))))

.PHONY: fuzz fuzz-run
## fuzz: every parser under libFuzzer (clang) for FUZZ_SECONDS each (default 10)
fuzz:
	@$(MAKE) --no-print-directory fuzz-run BUILD=build/fuzz CC=clang \
		SANITIZE='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined'
fuzz-run: $(FUZZ_RUNS)
	@echo "$(words $(FUZZ_RUNS)) fuzz targets: nothing found"
