# SPDX-License-Identifier: BSD-2-Clause
#
# A thin front: meson does the work, and scripts/ the rest. `make` builds into build/.
#
#   make demo      reproduce TIME_WAIT; installs what is missing to build
#   make check     every test, on every build; installs what is missing
#   make check-kernels  the laboratory on Debian's kernels, booted under qemu; KERNELS="6.1 6.12"
#   make install   PREFIX (/usr/local) and DESTDIR are honoured
#
# HACKING.md says more.

BUILD = build
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
RUNS ?= 100
ROUNDS ?= 5
COUNT ?= 50000
HOSTILE ?= 1000000
KERNELS ?= 6.1 6.12

all:
	@scripts/build $(BUILD)

deps:
	@scripts/deps

demo:
	@scripts/deps build
	@scripts/build $(BUILD)
	@scripts/demo $(BUILD)

check:
	@scripts/deps check
	@scripts/check

check-kernels:
	@KERNELS="$(KERNELS)" scripts/deps kernels
	@KERNELS="$(KERNELS)" scripts/check-kernels $(BUILD)

lint:
	@scripts/deps lint
	@scripts/lint

bench:
	@scripts/deps bench
	@scripts/build $(BUILD)
	@bench/reproduce.sh $(BUILD) $(RUNS)
	@bench/scenarios.sh $(BUILD)
	@BUILD=$(BUILD) bench/list.sh
	@BUILD=$(BUILD) bench/watch.sh
	@BUILD=$(BUILD) ROUNDS=$(ROUNDS) COUNT=$(COUNT) bench/daytime.sh --plot $(BUILD)/performance.svg

soak:
	@scripts/deps check
	@scripts/build $(BUILD) -Dtests=enabled
	@BUILD=$(BUILD) tests/soak/soak.sh $(HOSTILE)

fuzz:
	@scripts/deps fuzz
	@FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz

deb:
	@scripts/deps deb
	@scripts/deb

install:
	@scripts/build $(BUILD) --prefix=$(PREFIX)
	@DESTDIR="$(DESTDIR)" meson install -C $(BUILD) --no-rebuild --quiet

clean:
	rm -rf $(BUILD) build-gcc build-asan build-clang build-fuzz build-lint

.PHONY: all deps demo check check-kernels lint bench soak fuzz deb install clean
