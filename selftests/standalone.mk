# SPDX-License-Identifier: GPL-2.0-only
#
# The selftests outside a kernel tree: the kernel's own kselftest files out of
# LINUX_SOURCE and these tests are put together as in a kernel tree, and the
# Makefile is run there.
#
#   make [BUILD=DIR]	build into BUILD, by default ../build/selftests
#   make run_tests	run on this kernel, as root, with KTAP output; ends with
#			a count, and with status 0 only when nothing failed.
#			TESTS="..." runs some of them, EXCEPT="..." all
#			others, AWTUN_KO=FILE says which module to load when it
#			is not installed, IP_LIB_DIR=DIR where the plugin for
#			ip is when it is not installed

LINUX_SOURCE ?= $(lastword $(sort $(wildcard /usr/src/linux-source-*.tar.xz)))
BUILD ?= $(abspath ../build/selftests)
AWTUN_KO ?= $(wildcard $(abspath ../kmod/awtun.ko))
IP_LIB_DIR ?= $(wildcard $(abspath ../build/iproute2))

override UAPI := $(abspath ../include/uapi)
override SPECS := Documentation/netlink/specs
override SELFTESTS := $(BUILD)/tools/testing/selftests
override HERE := $(SELFTESTS)/drivers/net/awtun
override HARNESS := $(SELFTESTS)/lib.mk
override KINDS := *.c *.h *.sh *.py lib/* programs/*
override SOURCES := $(wildcard $(KINDS)) Makefile config settings
override COPIES := $(addprefix $(HERE)/,$(SOURCES)) \
	$(BUILD)/usr/include/linux/awtun.h $(BUILD)/$(SPECS)/awtun.yaml
# Copies of what is here no more.
override STALE := $(filter-out $(COPIES) %/fuzz_spec.h,$(wildcard $(addprefix $(HERE)/,$(KINDS))))
override MAKE_HERE := $(MAKE) --no-print-directory -C $(HERE) OUTPUT=$(HERE)

all: $(COPIES)
	@$(RM) $(STALE)
	+@$(MAKE_HERE) all

run_tests: all
	@if [ -w /dev/kmsg ]; then echo "awtun selftests: begin" >/dev/kmsg; fi
	+@AWTUN_KO="$(AWTUN_KO)" $(if $(IP_LIB_DIR),IP_LIB_DIR="$(IP_LIB_DIR)") \
		$(MAKE_HERE) run_tests \
		$(if $(TESTS),TEST_GEN_PROGS= TEST_PROGS= \
			TEST_CUSTOM_PROGS="$(addprefix $(HERE)/,$(TESTS))") | \
		tee $(BUILD)/results.ktap
	@awk -f lib/ktap_summary.awk $(BUILD)/results.ktap

clean:
	$(RM) -r $(BUILD)

$(HARNESS):
	@mkdir -p $(BUILD)
	@test -n "$(LINUX_SOURCE)" || { echo \
		"selftests: no kernel source, install linux-source" >&2; exit 1; }
	tar -C $(BUILD) --strip-components=1 -m -xf $(LINUX_SOURCE) --wildcards \
		$(addprefix */tools/testing/selftests/,lib.mk kselftest.h \
			kselftest_harness.h kselftest)

$(HERE)/%: % $(HARNESS)
	@mkdir -p $(@D)
	@cp -p $< $@ && touch $@

$(BUILD)/usr/include/linux/awtun.h: $(UAPI)/linux/awtun.h
	@mkdir -p $(@D)
	@cp $< $@

$(BUILD)/$(SPECS)/%: ../$(SPECS)/%
	@mkdir -p $(@D)
	@cp $< $@

.PHONY: all run_tests clean
.DELETE_ON_ERROR:
