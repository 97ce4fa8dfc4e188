// SPDX-License-Identifier: GPL-2.0-only
/*
 * offloads - the offloads of a device of the same name in two network
 * namespaces, for those who change them often: ethtool -K for both at once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kselftest.h>

#include "awtun_nl.h"

#define EXIT_USAGE	255

static const char usage[] =
	"usage: offloads IFNAME NETNS_A BITS_A NETNS_B BITS_B\n"
	"  BITS: 1 tx, 2 tso, 4 gso, 8 gro, 16 rx, 32 sg; exits with 1 when one\n"
	"  that needs no other is not as it was to be\n";

/* In the order of the bits. Those that need no other are checked. */
static const struct {
	__u32 set;
	__u32 get;
	bool alone;
} features[] = {
	{ ETHTOOL_STXCSUM, ETHTOOL_GTXCSUM, true },
	{ ETHTOOL_STSO, ETHTOOL_GTSO, false },
	{ ETHTOOL_SGSO, ETHTOOL_GGSO, false },
	{ ETHTOOL_SGRO, ETHTOOL_GGRO, true },
	{ ETHTOOL_SRXCSUM, ETHTOOL_GRXCSUM, true },
	{ ETHTOOL_SSG, ETHTOOL_GSG, false },
};

static int ethtool(int fd, const char *ifname, __u32 cmd, __u32 *value)
{
	struct ethtool_value request = { .cmd = cmd, .data = *value };
	struct ifreq ifr = { .ifr_data = (void *)&request };

	strncpy(ifr.ifr_name, ifname, IFNAMSIZ - 1);
	if (ioctl(fd, SIOCETHTOOL, &ifr))
		return -1;
	*value = request.data;
	return 0;
}

/* What others need comes first: on in one order, off in the other. */
static int set_all(int fd, const char *ifname, unsigned long bits)
{
	unsigned int round, i;
	__u32 value;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < ARRAY_SIZE(features); i++) {
			value = bits >> i & 1;
			/* Refused when what it needs is off: checked later. */
			ethtool(fd, ifname, features[i].set, &value);
		}
	}
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		value = 0;
		if (!features[i].alone)
			continue;
		if (ethtool(fd, ifname, features[i].get, &value) ||
		    !!value != (bits >> i & 1)) {
			fprintf(stderr, "offloads: bit %u is %u\n", i, value);
			return 1;
		}
	}
	return 0;
}

static int set_in(const char *netns, const char *ifname, const char *bits)
{
	int home = awtun_netns_enter(netns), fd, status;

	if (home < 0) {
		fprintf(stderr, "offloads: %s: %s\n", netns, strerror(-home));
		return 1;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	status = set_all(fd, ifname, strtoul(bits, NULL, 0));
	close(fd);
	return awtun_netns_leave(home) || status;
}

int main(int argc, char **argv)
{
	if (argc != 6) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return set_in(argv[2], argv[1], argv[3]) ||
	       set_in(argv[4], argv[1], argv[5]);
}
