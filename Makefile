# SPDX-License-Identifier: GPL-2.0
#
# ATCP: the commands. "make help" lists them.
#
# The module is built out of tree: build/NAME mirrors module/ by symbolic links,
# and the kernel's own build runs there. NAME is the kernel's release, or debug
# or uml for the kernels that scripts/kernel builds.

KERNEL  ?=
SEEDS   ?= 10000
SECONDS ?= 60
BOUND   ?= 2
MEMORY  ?= 2
ARGS    ?=
MODULES ?=
QUICK   ?=

# Which kernel: KERNEL=6.1|6.12|debug|uml, or KVER=release, or the newest
# whose headers are installed.
ifneq ($(KERNEL),)
override KVER := $(shell scripts/kernel --release $(KERNEL))
kernel-dir     = scripts/kernel $(KERNEL)
else
KVER ?= $(notdir $(patsubst %/build,%,$(shell ls -dv /lib/modules/*/build 2>/dev/null | tail -n 1)))
kernel-dir     = echo /lib/modules/$(KVER)/build
endif

ATCP_BUILD ?= $(CURDIR)/build/$(KVER)
# As many as there are processors, unless the caller said -j
jobs   = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
# Where a virtual machine is needed and no kernel is named
vm     = $(or $(KERNEL),6.12)

.PHONY: all
all: module

.PHONY: help
help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST))

## make                      the module, as build/KVER/atcp.ko, for the newest headers
##                           or KVER=release or KERNEL=6.1|6.12|debug|uml
.PHONY: module
module:
	@$(call mirror,$(CURDIR)/module,$(ATCP_BUILD))
	+@$(call kbuild,$(ATCP_BUILD))

## make tools                what users run, in build/tools: the launcher atcprun
.PHONY: tools
tools:
	@$(MAKE) --no-print-directory $(jobs) -C tools

## make install              the module to where modprobe, and so socket(), finds it;
##                           the tools below PREFIX=/usr/local
.PHONY: install
install: module
	@$(MAKE) --no-print-directory -C tools install
	install -D -m 644 $(ATCP_BUILD)/atcp.ko /lib/modules/$(KVER)/updates/atcp.ko
	depmod $(KVER)

## make demo                 everything from nothing: two hosts, real files, a capture
.PHONY: demo
demo:
	@scripts/setup
	@$(MAKE) --no-print-directory programs module KERNEL=$(vm)
	@scripts/demo $(ARGS)

## make test                 everything from nothing: all the suites below
.PHONY: test
test:
	@scripts/test $(ARGS)

## make unit                 the core's unit tests, in user space, ASan and UBSan on
.PHONY: unit
unit:
	@$(MAKE) --no-print-directory -C selftests/core unit

## make sim SEEDS=10000      the simulator: scenarios, then so many random runs
.PHONY: sim
sim:
	@$(MAKE) --no-print-directory -C selftests/sim sim SEEDS=$(SEEDS)

## make sim-plot FILE=X.scn OUT=X.svg
##                           one scenario from a file, drawn; ARGS="--from 1 --to 2"
.PHONY: sim-plot
sim-plot:
	@$(if $(and $(FILE),$(OUT)),,$(error usage: make sim-plot FILE=X.scn OUT=X.svg))
	@$(MAKE) -s -C selftests/sim OUT=../../build/sim all
	@mkdir -p $(dir $(OUT))
	@status=0; build/sim/sim --file $(FILE) --json $(OUT).json || status=1; \
	selftests/sim/plot.py $(ARGS) $(OUT).json $(OUT) && exit $$status

## make mutants              break the core on purpose: the tests must notice
.PHONY: mutants
mutants:
	@selftests/sim/mutants

## make exhaust BOUND=2 MEMORY=2
##                           every run of small scripts, with so many faults at
##                           most, in so many GiB at most
.PHONY: exhaust
exhaust:
	@$(MAKE) --no-print-directory -C selftests/sim exhaust BOUND=$(BOUND) \
		MEMORY=$(MEMORY)

## make exhaust-mutants      break the core on purpose: that search must notice
.PHONY: exhaust-mutants
exhaust-mutants:
	@selftests/sim/exhaust-mutants

## make fuzz SECONDS=60      libFuzzer on wire bytes and on sequences of events
.PHONY: fuzz
fuzz:
	@$(MAKE) --no-print-directory -C selftests/fuzz fuzz SECONDS=$(SECONDS)

## make kunit                the unit tests as KUnit, in QEMU on the debug kernel
.PHONY: kunit kunit-module
kunit:
	@$(MAKE) --no-print-directory kunit-module KERNEL=$(or $(KERNEL),debug)
	@scripts/vm --kernel $(or $(KERNEL),debug) -- selftests/vm/kunit

kunit-module:
	@$(call mirror,$(CURDIR)/module,$(ATCP_BUILD)/kunit)
	@$(call mirror,$(CURDIR)/selftests/core,$(ATCP_BUILD)/kunit/selftests/core)
	+@$(call kbuild,$(ATCP_BUILD)/kunit,ATCP_KUNIT=1)
	@ln -sf kunit/atcp_kunit.ko $(ATCP_BUILD)/atcp_kunit.ko

## make selftests KERNEL=6.1|6.12|debug|uml
##                           the kselftests in a virtual machine
.PHONY: selftests
selftests: programs
	@$(MAKE) --no-print-directory module KERNEL=$(vm)
	@scripts/vm --kernel $(vm) --timeout 3600 -- selftests/net/run $(ARGS)

## make selftests-time       those that need hours, in virtual time
.PHONY: selftests-time
selftests-time: programs
	@$(MAKE) --no-print-directory module KERNEL=$(vm)
	@scripts/vm --kernel $(vm) --virtual-time --timeout 1800 -- \
		selftests/net/run --virtual-time $(ARGS)

## make selftests-python     Python's own tests of sockets, on native TCP and on ATCP;
##                           MODULES="test_socket test_ssl"
.PHONY: selftests-python
selftests-python: programs
	@$(MAKE) --no-print-directory module KERNEL=$(vm)
	@ATCP_TEST_LIMIT=7000 ATCP_TEST_MODULES="$(MODULES)" \
		scripts/vm --kernel $(vm) --timeout 7200 -- selftests/net/run python

# The programs of the kselftests, built here: no compiler runs in the guest
.PHONY: programs
programs: tools
	@$(MAKE) --no-print-directory $(jobs) -C selftests/net

## make bench-network        goodput, short flows, fairness beside native TCP's, in
##                           virtual time; ARGS="loss-1 bbr", QUICK=1
.PHONY: bench-network
bench-network:
	@$(MAKE) --no-print-directory -C selftests/bench
	@$(MAKE) --no-print-directory module KERNEL=6.12
	@QUICK=$(QUICK) selftests/bench/network $(ARGS)

## make vm KERNEL=...        a shell in a virtual machine with the module loaded
.PHONY: vm
vm: programs
	@$(MAKE) --no-print-directory module KERNEL=$(vm)
	@scripts/vm --kernel $(vm) --interactive -- \
		sh -c 'insmod "$$ATCP_KO"; exec bash -i'

## make check                checkpatch, sparse, W=1, includes' direction, shell, docs
.PHONY: check
check:
	@scripts/check

## make clean                removes build/
.PHONY: clean
clean:
	rm -rf build

# $(call mirror,from,to): links to the sources in from, none to what is gone
define mirror
mkdir -p $(2) && find $(2) -xtype l -delete && cd $(1) && \
find . \( -name '*.[ch]' -o -name Kbuild \) -printf '%P\n' | \
while read -r file; do \
	[ -e "$(2)/$$file" ] && continue; \
	mkdir -p "$$(dirname "$(2)/$$file")" && \
	ln -s "$(1)/$$file" "$(2)/$$file" || exit; \
done
endef

# $(call kbuild,directory,variables): the kernel's build there, for KVER
define kbuild
dir=$$($(kernel-dir)) && \
{ [ -e "$$dir/Makefile" ] || \
  { echo "no kernel headers in $$dir: run scripts/setup" >&2; exit 1; }; } && \
$(MAKE) --no-print-directory $(jobs) -C "$$dir" M=$(1) \
	$(if $(filter uml,$(KVER)),ARCH=um) $(2) modules
endef
