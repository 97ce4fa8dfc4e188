# SPDX-License-Identifier: Apache-2.0
#
# awtun: IPsec tunnels for Linux routers. `make help` lists the targets.

# The kernel to build for; see tools/kernel.
KDIR ?= $(shell tools/kernel headers)
DESTDIR ?=
prefix ?= /usr
sbindir ?= $(prefix)/sbin
bindir ?= $(prefix)/bin
sysconfdir ?= /etc

JOBS ?= $(shell nproc)
BUILD := build

all: modules userland iproute2 man ## Build the module, awiked, awcli, the plugin for ip and the manual pages

modules: ## Build kmod/awtun.ko for KDIR
	@$(MAKE) --no-print-directory -C kmod $(if $(KDIR),KDIR=$(KDIR))

userland: $(BUILD)/userland/build.ninja ## Build awiked and awcli
	@ninja -C $(BUILD)/userland -j $(JOBS) awiked awcli
	@mkdir -p $(BUILD)/bin
	@cp -u $(BUILD)/userland/bin/awiked $(BUILD)/userland/bin/awcli $(BUILD)/bin/

$(BUILD)/userland/build.ninja: userland/CMakeLists.txt
	@command -v cmake >/dev/null && command -v ninja >/dev/null || { echo "cmake or ninja is missing: run tools/deps" >&2; exit 1; }
	cmake -G Ninja -S userland -B $(BUILD)/userland

man: userland ## Make the manual pages in build/man
	@tools/man $(BUILD)/bin $(BUILD)/man

iproute2: ## Build build/iproute2/link_tunnel.so, the plugin of ip for tunnels
	@$(MAKE) --no-print-directory -C tools/iproute2 BUILD=$(abspath $(BUILD)/iproute2)

deps: ## Install missing Debian packages (root)
	@tools/deps

demo: deps ## Set up two routers with a tunnel and show it (NATIVE=1: on this kernel)
	@$(MAKE) --no-print-directory all
	@tools/demo $(if $(NATIVE),--native)

check: deps ## Run all tests: userland on this machine, the module in a VM
	@$(MAKE) --no-print-directory modules iproute2
	@$(MAKE) --no-print-directory -C selftests
	@tools/check

tests: userland ## Build the userland tests
	@ninja -C $(BUILD)/userland -j $(JOBS)

bench: deps ## Compare awtun with XFRM and WireGuard, in a VM that counts instructions
	@$(MAKE) --no-print-directory modules
	@$(MAKE) --no-print-directory -C selftests
	@tools/bench

bench-ike: deps $(BUILD)/userland/build.ninja ## Compare IKE handshakes with strongSwan: CPU and memory of the responder
	@ninja -C $(BUILD)/userland -j $(JOBS) ike_bench
	@tools/bench-ike

bench-attack: $(BUILD)/userland/build.ninja ## Measure IKE under attack: successful negotiations and costs (simulated)
	@ninja -C $(BUILD)/userland -j $(JOBS) attack_bench
	@$(BUILD)/userland/bin/attack_bench

check-kernels: deps ## Run the module's tests on every supported kernel
	@$(MAKE) --no-print-directory iproute2
	@$(MAKE) --no-print-directory -C selftests
	@tools/check-kernels

check-debug: deps ## Run the module's tests and a stress test on a debug kernel
	@$(MAKE) --no-print-directory iproute2
	@$(MAKE) --no-print-directory -C selftests
	@tools/check-debug

interop: deps ## Run all tests with strongSwan as the peer (about twenty minutes)
	@$(MAKE) --no-print-directory modules iproute2 userland
	@$(MAKE) --no-print-directory -C selftests
	@tools/interop

check-long: deps ## Run the long tests of whole routers (hours)
	@$(MAKE) --no-print-directory modules iproute2 userland
	@$(MAKE) --no-print-directory -C selftests
	@tools/check-long

fuzz: deps ## Run each fuzzer for FUZZ_SECONDS (default 60)
	@tools/fuzz $(FUZZ_SECONDS)

style: deps ## Check the style: sparse, checkpatch and W=1; clang-format and shellcheck
	@tools/style

install: all ## Install awiked, awcli, the plugin for ip, the manual pages and the systemd unit (DESTDIR=, prefix=, libdir=)
	install -D -m 755 $(BUILD)/bin/awiked $(DESTDIR)$(sbindir)/awiked
	install -D -m 755 $(BUILD)/bin/awcli $(DESTDIR)$(bindir)/awcli
	install -D -m 644 -t $(DESTDIR)$(prefix)/share/man/man1 $(BUILD)/man/awcli.1
	install -D -m 644 -t $(DESTDIR)$(prefix)/share/man/man4 $(BUILD)/man/awtun.4
	install -D -m 644 -t $(DESTDIR)$(prefix)/share/man/man8 $(BUILD)/man/awiked.8
	install -D -m 644 tools/completion/awcli $(DESTDIR)$(prefix)/share/bash-completion/completions/awcli
	install -D -m 644 tools/systemd/sysusers.conf $(DESTDIR)$(prefix)/lib/sysusers.d/awtun.conf
	install -D -m 644 tools/systemd/tmpfiles.conf $(DESTDIR)$(prefix)/lib/tmpfiles.d/awtun.conf
	install -d -m 755 $(DESTDIR)$(prefix)/lib/systemd/system
	sed 's|/usr/sbin|$(sbindir)|' tools/systemd/awiked.service > $(DESTDIR)$(prefix)/lib/systemd/system/awiked.service
	install -d -m 755 $(DESTDIR)$(sysconfdir)/awtun
	@$(MAKE) --no-print-directory -C tools/iproute2 BUILD=$(abspath $(BUILD)/iproute2) DESTDIR=$(DESTDIR) prefix=$(prefix) install
	install -D -m 644 include/uapi/linux/awtun.h $(DESTDIR)$(prefix)/include/linux/awtun.h

modules_install: modules ## Install awtun.ko (INSTALL_MOD_PATH=, default DESTDIR)
	@$(MAKE) --no-print-directory -C kmod KDIR=$(KDIR) INSTALL_MOD_PATH=$(or $(INSTALL_MOD_PATH),$(DESTDIR)) modules_install

clean: ## Remove build results, except the VM's kernels
	@test -z "$(KDIR)" || $(MAKE) --no-print-directory -C kmod KDIR=$(KDIR) clean
	rm -rf $(BUILD)/userland $(BUILD)/fuzz $(BUILD)/bin $(BUILD)/iproute2 $(BUILD)/selftests $(BUILD)/kernels

help:
	@awk -F ':.*## ' '/^[a-z_-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: all man modules userland tests iproute2 deps demo check check-kernels check-debug check-long interop bench bench-ike bench-attack fuzz style install modules_install clean help
