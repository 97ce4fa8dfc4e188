// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ESP of a tunnel against an independent one, good packets and bad.
 *
 * The underlay is a TUN device: what is written to it arrives, what the tunnel
 * sends is read from it. Each bad packet has to move the one counter that is
 * for it by one, no other, and deliver nothing; a good one has to be delivered
 * after it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include <kselftest_harness.h>

/* Seconds. Emulation on a busy machine is slow. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300

#include "awtun_nl.h"
#include "esp_packet.h"

#define IN_SPI		0x1001
#define OUT_SPI		0x2001
#define PORT		7777
#define NH_IPV4		4
#define NH_IPV6		41
#define NH_NONE		59
#define WAIT_MS		5000
#define PAYLOAD		64	/* octets of the usual datagram */
#define WINDOW		64

/* Outer addresses: ours, the peer's, another of ours, a stranger's. */
static const char * const outer_addrs[2][4] = {
	{ "192.0.2.1", "198.51.100.1", "192.0.2.9", "203.0.113.5" },
	{ "2001:db8:1::1", "2001:db8:2::1", "2001:db8:1::9", "2001:db8:3::5" },
};

enum { OURS, PEER, OURS_TOO, STRANGER };

static const char network[] =
	"link set lo up\n"
	"link set under up mtu 1500\n"
	"addr add 192.0.2.1/24 dev under\n"
	"addr add 192.0.2.9/24 dev under\n"
	"addr add 2001:db8:1::1/64 dev under nodad\n"
	"addr add 2001:db8:1::9/64 dev under nodad\n"
	"route add 198.51.100.0/24 dev under\n"
	"route add 203.0.113.0/24 dev under\n"
	"route add 2001:db8:2::/64 dev under\n"
	"route add 2001:db8:3::/64 dev under\n"
	"link add tunnel0 type tunnel\n"
	"link set tunnel0 up mtu 1400\n"
	"addr add 192.168.254.1/30 dev tunnel0\n"
	"addr add fd00:254::1/64 dev tunnel0 nodad\n";

FIXTURE(esp) {
	struct awtun_nl nl;
	__u32 ifindex;
	int tun;		/* the underlay */
	int udp4;		/* where good packets arrive */
	int udp6;
	struct esp_sa in;
	struct esp_sa out;
	struct ip_end outer[4];
	struct ip_end inner4[2];	/* ours, the peer's */
	struct ip_end inner6[2];
};

FIXTURE_VARIANT(esp) {
	const char *suite;
	int outer;
};

FIXTURE_VARIANT_ADD(esp, aes256_sha256_ipv4) { "aes256-sha256", 0 };
FIXTURE_VARIANT_ADD(esp, aes256_gcm16_ipv6) { "aes256-gcm16", 1 };
FIXTURE_VARIANT_ADD(esp, aes128_gcm8_ipv4) { "aes128-gcm8", 0 };
FIXTURE_VARIANT_ADD(esp, aes128_sha1_ipv6) { "aes128-sha1", 1 };

static int open_tun(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(fd, TUNSETIFF, &ifr) ? -1 : fd;
}

static int ip_batch(const char *commands)
{
	FILE *ip = popen("ip -batch -", "w");

	if (!ip)
		return -1;
	fputs(commands, ip);
	return pclose(ip);
}

static int open_udp(int family)
{
	struct sockaddr_in6 any = { .sin6_family = family,
				    .sin6_port = htons(PORT) };
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd >= 0 && family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	/* The port is at the same place in both families' addresses. */
	if (fd < 0 || bind(fd, (void *)&any, family == AF_INET ?
			   sizeof(struct sockaddr_in) : sizeof(any)))
		return -1;
	return fd;
}

static void make_sa(struct esp_sa *sa, const char *suite, __u32 spi)
{
	unsigned int i;

	sa->suite = awtun_suite(suite);
	sa->spi = spi;
	for (i = 0; i < sizeof(sa->keymat); i++)
		sa->keymat[i] = spi * 31 + i * 7;
}

/* An outbound SA that begins behind the number @seq, and is used at once. */
static int use_sa_from(struct _test_data_esp *self, const struct esp_sa *sa, __u64 seq)
{
	struct awtun_req req;
	int err;

	awtun_req_sa_add(&req, self->ifindex, AWTUN_DIR_OUT, sa->spi, sa->suite,
			 sa->keymat, 0);
	awtun_put(&req, AWTUN_SA_A_SEQ, &seq, sizeof(seq));
	err = awtun_call(&self->nl, &req, NULL, NULL);
	if (err)
		return err;
	return awtun_sa_do(&self->nl, AWTUN_CMD_SA_ACTIVATE, self->ifindex,
			   AWTUN_DIR_OUT, sa->spi);
}

static int add_sa(struct _test_data_esp *self, __u32 dir, const struct esp_sa *sa,
		  __u32 window)
{
	struct awtun_req req;

	awtun_req_sa_add(&req, self->ifindex, dir, sa->spi, sa->suite,
			 sa->keymat, window);
	return awtun_call(&self->nl, &req, NULL, NULL);
}

static void make_addresses(struct _test_data_esp *self, int outer)
{
	int i;

	for (i = 0; i < 4; i++)
		self->outer[i] = ip_end(outer_addrs[outer][i]);
	self->inner4[OURS] = ip_end("192.168.254.1");
	self->inner4[PEER] = ip_end("192.168.254.2");
	self->inner6[OURS] = ip_end("fd00:254::1");
	self->inner6[PEER] = ip_end("fd00:254::2");
}

FIXTURE_SETUP(esp)
{
	struct awtun_req req;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	self->tun = open_tun("under");
	ASSERT_LE(0, self->tun);
	ASSERT_EQ(0, ip_batch(network));
	self->ifindex = if_nametoindex("tunnel0");
	self->udp4 = open_udp(AF_INET);
	self->udp6 = open_udp(AF_INET6);
	ASSERT_LE(0, self->udp4);
	ASSERT_LE(0, self->udp6);

	make_addresses(self, variant->outer);
	make_sa(&self->in, variant->suite, IN_SPI);
	make_sa(&self->out, variant->suite, OUT_SPI);
	ASSERT_EQ(0, awtun_nl_open(&self->nl));
	awtun_req_tunnel_set(&req, self->ifindex, variant->outer ?
			     AWTUN_MODE_IPSEC_IPV6 : AWTUN_MODE_IPSEC_IPV4,
			     self->outer[OURS].addr, self->outer[PEER].addr);
	ASSERT_EQ(0, awtun_call(&self->nl, &req, NULL, NULL));
	ASSERT_EQ(0, add_sa(self, AWTUN_DIR_IN, &self->in, WINDOW));
	ASSERT_EQ(0, add_sa(self, AWTUN_DIR_OUT, &self->out, 0));
	ASSERT_EQ(0, awtun_sa_do(&self->nl, AWTUN_CMD_SA_ACTIVATE,
				 self->ifindex, AWTUN_DIR_OUT, OUT_SPI));
}

FIXTURE_TEARDOWN(esp)
{
	awtun_nl_close(&self->nl);
	close(self->tun);
	close(self->udp4);
	close(self->udp6);
}

/* Counters */

struct counts {
	__u64 stat[AWTUN_TUNNEL_STAT_MAX + 1];
	struct awtun_sa in;
	__u64 delivered;	/* packets, as the device counts them */
};

static __u64 rx_packets(void)
{
	char line[512];
	unsigned long long bytes, packets = 0;
	FILE *f = fopen("/proc/thread-self/net/dev", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " tunnel0: %llu %llu", &bytes, &packets) == 2)
			break;
	if (f)
		fclose(f);
	return packets;
}

static void read_counts(struct _test_data_esp *self, struct counts *counts)
{
	struct awtun_tunnel tunnel;

	if (awtun_tunnel_get(&self->nl, self->ifindex, &tunnel) ||
	    awtun_sa_get(&self->nl, self->ifindex, AWTUN_DIR_IN, IN_SPI,
			 &counts->in))
		abort();
	memcpy(counts->stat, tunnel.stat, sizeof(counts->stat));
	counts->delivered = rx_packets();
}

static void pause_ms(unsigned int ms)
{
	struct timespec pause = { .tv_nsec = ms * 1000000L };

	nanosleep(&pause, NULL);
}

static bool readable(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) == 1;
}

/* What the inbound SA counts for a cause, beside the tunnel. */
static __u64 *sa_counter(struct awtun_sa *sa, unsigned int stat)
{
	if (!stat || stat == AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI ||
	    strncmp(awtun_stat_names[stat], "rx_", 3))
		return NULL;
	return &sa->stat[stat];
}

static void compare_sa(struct __test_metadata *_metadata,
		       const struct awtun_sa *wanted, const struct awtun_sa *is,
		       const char *what)
{
	unsigned int i;

	for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++)
		EXPECT_EQ(wanted->stat[i], is->stat[i])
			TH_LOG("%s: counter %u of the SA", what, i);
}

/*
 * From @before on exactly @n packets were dropped for the cause @stat (0: not
 * counted at all), and none was delivered.
 */
static void only_dropped(struct __test_metadata *_metadata, struct _test_data_esp *self,
			 const struct counts *before, unsigned int stat,
			 unsigned int n, const char *what)
{
	struct counts wanted = *before, now;
	unsigned int waited = 0, i;

	wanted.stat[stat] += stat ? n : 0;
	if (sa_counter(&wanted.in, stat))
		*sa_counter(&wanted.in, stat) += n;
	/* Decryption may have gone to another context. */
	for (;;) {
		read_counts(self, &now);
		if (now.stat[stat] >= wanted.stat[stat] || waited >= WAIT_MS)
			break;
		pause_ms(1);
		waited++;
	}
	for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++)
		EXPECT_EQ(wanted.stat[i], now.stat[i])
			TH_LOG("%s: counter %u", what, i);
	compare_sa(_metadata, &wanted.in, &now.in, what);
	EXPECT_EQ(wanted.delivered, now.delivered) TH_LOG("%s", what);
	EXPECT_FALSE(readable(self->udp4, 0)) TH_LOG("%s", what);
	EXPECT_FALSE(readable(self->udp6, 0)) TH_LOG("%s", what);
}

/* Sending to the tunnel */

static void fill(__u8 *data, size_t len, __u32 seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = seed * 37 + i * 5 + 1;
}

/* A datagram from the peer's side to ours, in IP. */
static size_t inner_packet(struct _test_data_esp *self, int family, __u8 tos, size_t len,
			   __u32 seed, __u8 *out)
{
	const struct ip_end *ends = family == AF_INET ? self->inner4 :
							self->inner6;
	__u8 data[ESP_MAX] = { 0 };

	fill(data, len, seed);
	return udp_packet(&ends[PEER], &ends[OURS], tos, PORT, data, len, out);
}

static void inject_from(struct __test_metadata *_metadata, struct _test_data_esp *self,
			const struct ip_end *src, const struct ip_end *dst,
			__u8 tos, const __u8 *esp, size_t len)
{
	__u8 packet[ESP_MAX + IPV6_HDR];
	size_t total = ip_packet(src, dst, tos, IPPROTO_ESP, esp, len, packet);

	ASSERT_EQ((ssize_t)total, write(self->tun, packet, total));
}

static void inject(struct __test_metadata *_metadata, struct _test_data_esp *self,
		   const __u8 *esp, size_t len)
{
	inject_from(_metadata, self, &self->outer[PEER], &self->outer[OURS], 0,
		    esp, len);
}

/* Seals @plain, which has its trailer, and sends it. */
static void send_plain(struct __test_metadata *_metadata, struct _test_data_esp *self,
		       __u32 seq, const __u8 *plain, size_t len)
{
	__u8 esp[ESP_MAX];

	inject(_metadata, self, esp, esp_seal(&self->in, seq, plain, len, esp));
}

/* A good ESP packet; the datagram's contents depend on the sequence number. */
static size_t good_esp(struct _test_data_esp *self, int family, __u32 seq, size_t payload,
		       __u8 *esp)
{
	__u8 plain[ESP_MAX];
	size_t len = inner_packet(self, family, 0, payload, seq, plain);

	len = esp_trailer(&self->in, plain, len,
			  family == AF_INET ? NH_IPV4 : NH_IPV6);
	return esp_seal(&self->in, seq, plain, len, esp);
}

static void send_good(struct __test_metadata *_metadata, struct _test_data_esp *self,
		      int family, __u32 seq, size_t payload)
{
	__u8 esp[ESP_MAX];
	size_t len = good_esp(self, family, seq, payload, esp);

	inject(_metadata, self, esp, len);
}

static void arrives(struct __test_metadata *_metadata, struct _test_data_esp *self,
		    int family, __u32 seed, size_t payload)
{
	int fd = family == AF_INET ? self->udp4 : self->udp6;
	__u8 wanted[ESP_MAX], got[ESP_MAX];

	ASSERT_TRUE(readable(fd, WAIT_MS))
		TH_LOG("packet %u was not delivered", seed);
	ASSERT_EQ((ssize_t)payload, recv(fd, got, sizeof(got), 0));
	fill(wanted, payload, seed);
	EXPECT_EQ(0, memcmp(wanted, got, payload));
}

static void good_goes_through(struct __test_metadata *_metadata,
			      struct _test_data_esp *self, __u32 seq)
{
	int family = seq % 2 ? AF_INET : AF_INET6;

	send_good(_metadata, self, family, seq, PAYLOAD);
	arrives(_metadata, self, family, seq, PAYLOAD);
}

/* Good packets */

TEST_F(esp, good_packets_are_delivered)
{
	struct counts before, after;
	__u64 octets = 0;
	__u32 seq = 0;
	size_t payload;

	read_counts(self, &before);
	for (payload = 0; payload <= 1300; payload += 25) {
		send_good(_metadata, self, AF_INET, ++seq, payload);
		arrives(_metadata, self, AF_INET, seq, payload);
		send_good(_metadata, self, AF_INET6, ++seq, payload);
		arrives(_metadata, self, AF_INET6, seq, payload);
		octets += 2 * payload + 2 * UDP_HDR + IPV4_HDR + IPV6_HDR;
	}
	read_counts(self, &after);
	EXPECT_EQ(seq, after.in.seq);
	EXPECT_EQ(seq, after.in.packets);
	EXPECT_EQ(octets, after.in.bytes);
	EXPECT_EQ(before.delivered + seq, after.delivered);
	EXPECT_EQ(0, memcmp(before.stat, after.stat, sizeof(after.stat)));
	compare_sa(_metadata, &before.in, &after.in, "good packets");
}

TEST_F(esp, any_legal_pad_is_taken)
{
	__u8 plain[ESP_MAX];
	unsigned int pad;
	__u32 seq = 0;
	size_t inner, len;

	for (pad = 0; pad <= 255; pad++) {
		inner = inner_packet(self, AF_INET, 0, PAYLOAD, seq + 1, plain);
		if ((inner + pad + 2) % esp_block(&self->in))
			continue;
		len = esp_trailer_pad(plain, inner, pad, NH_IPV4);
		send_plain(_metadata, self, ++seq, plain, len);
		arrives(_metadata, self, AF_INET, seq, PAYLOAD);
	}
	EXPECT_LT(10, seq);
}

/* RFC 4303 section 2.7: octets between the inner packet and the pad. */
TEST_F(esp, traffic_flow_padding_is_cut_off)
{
	__u8 plain[ESP_MAX];
	unsigned int extra;
	__u32 seq = 0;
	size_t len;

	for (extra = 1; extra <= 200; extra += 33) {
		int family = ++seq % 2 ? AF_INET : AF_INET6;

		len = inner_packet(self, family, 0, PAYLOAD, seq, plain);
		memset(plain + len, 0xa5, extra);
		len = esp_trailer(&self->in, plain, len + extra,
				  family == AF_INET ? NH_IPV4 : NH_IPV6);
		send_plain(_metadata, self, seq, plain, len);
		arrives(_metadata, self, family, seq, PAYLOAD);
	}
}

/* A dummy packet: dropped, but nothing is wrong with it. */
TEST_F(esp, dummy_packets_are_dropped_silently)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	size_t len;

	read_counts(self, &before);
	memset(plain, 0x5a, 100);
	len = esp_trailer(&self->in, plain, 100, NH_NONE);
	send_plain(_metadata, self, 1, plain, len);
	only_dropped(_metadata, self, &before, 0, 0, "dummy");
	/* It was authentic: its number is used up. */
	send_good(_metadata, self, AF_INET, 1, PAYLOAD);
	only_dropped(_metadata, self, &before, AWTUN_TUNNEL_STAT_RX_REPLAY, 1,
		     "the number of a dummy again");
	good_goes_through(_metadata, self, 2);
}

TEST_F(esp, outer_fragments_are_put_together)
{
	__u8 esp[ESP_MAX], packet[ESP_MAX + IPV6_HDR], part[ESP_MAX];
	size_t total, first = 256, rest;

	if (variant->outer)
		return;
	total = good_esp(self, AF_INET, 1, 1000, esp);
	total = ip_packet(&self->outer[PEER], &self->outer[OURS], 0,
			  IPPROTO_ESP, esp, total, packet);
	/* The second one first: order is not promised. */
	rest = total - IPV4_HDR - first;
	memcpy(part, packet, IPV4_HDR);
	memcpy(part + IPV4_HDR, packet + IPV4_HDR + first, rest);
	part[2] = (IPV4_HDR + rest) >> 8;
	part[3] = IPV4_HDR + rest;
	part[6] = first / 8 >> 8;
	part[7] = first / 8;
	ipv4_checksum(part);
	ASSERT_EQ((ssize_t)(IPV4_HDR + rest),
		  write(self->tun, part, IPV4_HDR + rest));
	packet[2] = (IPV4_HDR + first) >> 8;
	packet[3] = (__u8)(IPV4_HDR + first);
	packet[6] = 0x20;
	ipv4_checksum(packet);
	ASSERT_EQ((ssize_t)(IPV4_HDR + first),
		  write(self->tun, packet, IPV4_HDR + first));
	arrives(_metadata, self, AF_INET, 1, 1000);
}

/* Bad packets */

TEST_F(esp, flipped_bits)
{
	__u8 esp[ESP_MAX];
	struct counts before;
	char what[80];
	size_t len, i;

	/* A number that no flipped bit makes 0 or old. */
	len = good_esp(self, AF_INET, 0x02020202, PAYLOAD, esp);
	for (i = 0; i < len; i++) {
		__u8 bit = i >= 4 && i < 8 ? 1 : 1 << i % 8;

		snprintf(what, sizeof(what), "octet %zu", i);
		read_counts(self, &before);
		esp[i] ^= bit;
		inject(_metadata, self, esp, len);
		esp[i] ^= bit;
		only_dropped(_metadata, self, &before,
			     i < 4 ? AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI :
			     AWTUN_TUNNEL_STAT_RX_AUTH_FAILED, 1, what);
	}
	/* None of them has moved the window. */
	good_goes_through(_metadata, self, 1);
	inject(_metadata, self, esp, len);
	arrives(_metadata, self, AF_INET, 0x02020202, PAYLOAD);
}

TEST_F(esp, replayed_packets)
{
	__u8 esp[ESP_MAX];
	struct counts before;
	unsigned int i;
	size_t len;

	len = good_esp(self, AF_INET, 5, PAYLOAD, esp);
	inject(_metadata, self, esp, len);
	arrives(_metadata, self, AF_INET, 5, PAYLOAD);
	for (i = 0; i < 3; i++) {
		read_counts(self, &before);
		inject(_metadata, self, esp, len);
		only_dropped(_metadata, self, &before,
			     AWTUN_TUNNEL_STAT_RX_REPLAY, 1, "replay");
		good_goes_through(_metadata, self, 6 + i);
	}
}

TEST_F(esp, sequence_number_zero)
{
	struct counts before;

	read_counts(self, &before);
	send_good(_metadata, self, AF_INET, 0, PAYLOAD);
	only_dropped(_metadata, self, &before, AWTUN_TUNNEL_STAT_RX_REPLAY, 1,
		     "first");
	good_goes_through(_metadata, self, 1);
	read_counts(self, &before);
	send_good(_metadata, self, AF_INET, 0, PAYLOAD);
	only_dropped(_metadata, self, &before, AWTUN_TUNNEL_STAT_RX_REPLAY, 1,
		     "later");
	good_goes_through(_metadata, self, 2);
}

static void window_edges(struct __test_metadata *_metadata, struct _test_data_esp *self,
			 __u32 window)
{
	const __u32 top = 100000;
	struct counts before;

	ASSERT_EQ(0, awtun_sa_do(&self->nl, AWTUN_CMD_SA_DEL, self->ifindex,
				 AWTUN_DIR_IN, IN_SPI));
	ASSERT_EQ(0, add_sa(self, AWTUN_DIR_IN, &self->in, window));
	good_goes_through(_metadata, self, top);
	good_goes_through(_metadata, self, top - 1);
	good_goes_through(_metadata, self, top - window + 1);
	good_goes_through(_metadata, self, top - window + 2);
	read_counts(self, &before);
	send_good(_metadata, self, AF_INET, top - window, PAYLOAD);
	only_dropped(_metadata, self, &before, AWTUN_TUNNEL_STAT_RX_REPLAY, 1,
		     "one too old");
	read_counts(self, &before);
	send_good(_metadata, self, AF_INET, 1, PAYLOAD);
	only_dropped(_metadata, self, &before, AWTUN_TUNNEL_STAT_RX_REPLAY, 1,
		     "much too old");
	read_counts(self, &before);
	send_good(_metadata, self, AF_INET, top - window + 1, PAYLOAD);
	only_dropped(_metadata, self, &before, AWTUN_TUNNEL_STAT_RX_REPLAY, 1,
		     "the last of the window again");
	/* A jump far ahead leaves nothing of the old window. */
	good_goes_through(_metadata, self, 3 * top);
	good_goes_through(_metadata, self, 3 * top - window + 1);
	good_goes_through(_metadata, self, 0xffffffff);
	good_goes_through(_metadata, self, 0xffffffff - window + 1);
}

TEST_F(esp, window_edges)
{
	static const __u32 windows[] = { 64, 65, 100, 127, 128, 1024, 4096 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(windows); i++)
		window_edges(_metadata, self, windows[i]);
}

TEST_F(esp, any_order_within_the_window)
{
	struct counts before;
	__u32 i, seq;

	good_goes_through(_metadata, self, 1000);
	/* 37 and 64 have no common divisor: each number once. */
	for (i = 1; i < WINDOW; i++) {
		seq = 1000 - i * 37 % WINDOW;
		good_goes_through(_metadata, self, seq);
	}
	for (i = 0; i < WINDOW; i++) {
		read_counts(self, &before);
		send_good(_metadata, self, AF_INET, 1000 - i, PAYLOAD);
		only_dropped(_metadata, self, &before,
			     AWTUN_TUNNEL_STAT_RX_REPLAY, 1, "seen");
	}
	good_goes_through(_metadata, self, 1001);
}

TEST_F(esp, truncated_packets)
{
	size_t overhead = ESP_HDR + esp_iv_len(&self->in) +
			  self->in.suite->icv_len;
	size_t block = esp_block(&self->in), len, cut;
	__u8 esp[ESP_MAX];
	struct counts before;
	char what[80];
	unsigned int stat;

	len = good_esp(self, AF_INET, 1, PAYLOAD, esp);
	for (cut = 0; cut < len; cut++) {
		if (cut < ESP_HDR)
			stat = 0;	/* no SPI: nobody's */
		else if (cut < overhead + block || (cut - overhead) % block)
			stat = AWTUN_TUNNEL_STAT_RX_TRUNCATED;
		else
			stat = AWTUN_TUNNEL_STAT_RX_AUTH_FAILED;
		snprintf(what, sizeof(what), "%zu of %zu octets", cut, len);
		read_counts(self, &before);
		inject(_metadata, self, esp, cut);
		only_dropped(_metadata, self, &before, stat, 1, what);
	}
	inject(_metadata, self, esp, len);
	arrives(_metadata, self, AF_INET, 1, PAYLOAD);
}

TEST_F(esp, bad_pads)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	size_t inner, len, i;
	__u32 seq = 0;
	char what[80];

	/* Every octet of a pad wrong, in turn. */
	inner = inner_packet(self, AF_INET, 0, PAYLOAD, 0, plain);
	len = esp_trailer(&self->in, plain, inner, NH_IPV4);
	len = esp_trailer_pad(plain, inner, len - inner - 2 + 32, NH_IPV4);
	for (i = inner; i < len - 2; i++) {
		snprintf(what, sizeof(what), "pad octet %zu", i - inner);
		read_counts(self, &before);
		plain[i] ^= 0x40;
		send_plain(_metadata, self, ++seq, plain, len);
		plain[i] ^= 0x40;
		only_dropped(_metadata, self, &before,
			     AWTUN_TUNNEL_STAT_RX_BAD_PAD, 1, what);
	}
	/* A pad longer than what there is. */
	for (i = len - 1; i < 256; i += 17) {
		snprintf(what, sizeof(what), "pad length %zu of %zu", i, len);
		plain[len - 2] = i;
		read_counts(self, &before);
		send_plain(_metadata, self, ++seq, plain, len);
		only_dropped(_metadata, self, &before,
			     AWTUN_TUNNEL_STAT_RX_BAD_PAD, 1, what);
	}
	good_goes_through(_metadata, self, ++seq);
}

TEST_F(esp, bad_next_headers)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	__u32 seq = 0;
	unsigned int nh;
	char what[80];
	size_t len;

	for (nh = 0; nh < 256; nh++) {
		if (nh == NH_IPV4 || nh == NH_IPV6 || nh == NH_NONE)
			continue;
		snprintf(what, sizeof(what), "next header %u", nh);
		len = inner_packet(self, AF_INET, 0, PAYLOAD, seq, plain);
		len = esp_trailer(&self->in, plain, len, nh);
		read_counts(self, &before);
		send_plain(_metadata, self, ++seq, plain, len);
		only_dropped(_metadata, self, &before,
			     AWTUN_TUNNEL_STAT_RX_BAD_NEXT_HEADER, 1, what);
	}
	good_goes_through(_metadata, self, ++seq);
}

/* An inner packet with one octet of its header replaced. */
static void bad_inner(struct __test_metadata *_metadata, struct _test_data_esp *self,
		      int family, size_t at, __u8 value, __u32 seq)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	char what[80];
	size_t len;

	snprintf(what, sizeof(what), "IPv%d, octet %zu = 0x%02x",
		 family == AF_INET ? 4 : 6, at, value);
	len = inner_packet(self, family, 0, PAYLOAD, 0, plain);
	plain[at] = value;
	if (family == AF_INET)
		ipv4_checksum(plain);
	len = esp_trailer(&self->in, plain, len,
			  family == AF_INET ? NH_IPV4 : NH_IPV6);
	read_counts(self, &before);
	send_plain(_metadata, self, seq, plain, len);
	only_dropped(_metadata, self, &before,
		     AWTUN_TUNNEL_STAT_RX_BAD_INNER, 1, what);
}

TEST_F(esp, malformed_inner_headers)
{
	static const struct {
		int family;
		size_t at;
		__u8 value;
	} bad[] = {
		{ AF_INET, 0, 0x65 },	/* version */
		{ AF_INET, 0, 0x05 },
		{ AF_INET, 0, 0xf5 },
		{ AF_INET, 0, 0x44 },	/* header length */
		{ AF_INET, 0, 0x40 },
		{ AF_INET, 3, 200 },	/* longer than there is */
		{ AF_INET, 2, 0xff },
		{ AF_INET, 3, 19 },	/* shorter than its header */
		{ AF_INET, 3, 0 },
		{ AF_INET6, 0, 0x45 },	/* version */
		{ AF_INET6, 0, 0x00 },
		{ AF_INET6, 0, 0xf0 },
		{ AF_INET6, 5, 200 },	/* longer than there is */
		{ AF_INET6, 4, 0xff },
	};
	__u32 seq = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		bad_inner(_metadata, self, bad[i].family, bad[i].at,
			  bad[i].value, ++seq);
	good_goes_through(_metadata, self, ++seq);
	good_goes_through(_metadata, self, ++seq);
}

TEST_F(esp, family_and_next_header_disagree)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	size_t len;

	len = inner_packet(self, AF_INET6, 0, PAYLOAD, 0, plain);
	len = esp_trailer(&self->in, plain, len, NH_IPV4);
	read_counts(self, &before);
	send_plain(_metadata, self, 1, plain, len);
	only_dropped(_metadata, self, &before,
		     AWTUN_TUNNEL_STAT_RX_BAD_INNER, 1, "IPv6 as IPv4");
	len = inner_packet(self, AF_INET, 0, PAYLOAD, 0, plain);
	len = esp_trailer(&self->in, plain, len, NH_IPV6);
	read_counts(self, &before);
	send_plain(_metadata, self, 2, plain, len);
	only_dropped(_metadata, self, &before,
		     AWTUN_TUNNEL_STAT_RX_BAD_INNER, 1, "IPv4 as IPv6");
	good_goes_through(_metadata, self, 3);
}

TEST_F(esp, inner_packets_too_short_for_a_header)
{
	__u8 plain[ESP_MAX];
	struct counts before;
	__u32 seq = 0;
	char what[80];
	size_t cut, len;
	int family;

	for (family = AF_INET; family; family = family == AF_INET ?
						AF_INET6 : 0) {
		for (cut = 0; cut < (family == AF_INET ? IPV4_HDR : IPV6_HDR);
		     cut++) {
			snprintf(what, sizeof(what), "%zu octets", cut);
			inner_packet(self, family, 0, PAYLOAD, 0, plain);
			len = esp_trailer(&self->in, plain, cut,
					  family == AF_INET ? NH_IPV4 :
					  NH_IPV6);
			read_counts(self, &before);
			send_plain(_metadata, self, ++seq, plain, len);
			only_dropped(_metadata, self, &before,
				     AWTUN_TUNNEL_STAT_RX_BAD_INNER, 1, what);
		}
	}
	good_goes_through(_metadata, self, ++seq);
}

TEST_F(esp, unknown_spis)
{
	static const __u32 spis[] = {
		0, 1, 255, 256, IN_SPI - 1, IN_SPI + 1, OUT_SPI,
		0x01100000, 0xffffffff,
	};
	struct esp_sa other = self->in;
	__u8 plain[ESP_MAX], esp[ESP_MAX];
	struct counts before;
	char what[80];
	unsigned int i;
	size_t len;

	len = inner_packet(self, AF_INET, 0, PAYLOAD, 0, plain);
	len = esp_trailer(&self->in, plain, len, NH_IPV4);
	for (i = 0; i < ARRAY_SIZE(spis); i++) {
		snprintf(what, sizeof(what), "SPI 0x%x", spis[i]);
		other.spi = spis[i];
		read_counts(self, &before);
		inject(_metadata, self, esp,
		       esp_seal(&other, 1, plain, len, esp));
		only_dropped(_metadata, self, &before,
			     AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI, 1, what);
	}
	good_goes_through(_metadata, self, 1);
}

/* Not from our peer: none of the tunnel's business. */
TEST_F(esp, unknown_spi_from_a_stranger)
{
	struct esp_sa other = self->in;
	__u8 plain[ESP_MAX], esp[ESP_MAX];
	struct counts before;
	size_t len;

	other.spi = IN_SPI + 1;
	len = inner_packet(self, AF_INET, 0, PAYLOAD, 0, plain);
	len = esp_trailer(&self->in, plain, len, NH_IPV4);
	len = esp_seal(&other, 1, plain, len, esp);
	read_counts(self, &before);
	inject_from(_metadata, self, &self->outer[STRANGER],
		    &self->outer[OURS], 0, esp, len);
	only_dropped(_metadata, self, &before, 0, 0, "stranger");
	good_goes_through(_metadata, self, 1);
}

TEST_F(esp, another_destination)
{
	__u8 esp[ESP_MAX];
	struct counts before;
	size_t len;

	read_counts(self, &before);
	len = good_esp(self, AF_INET, 1, PAYLOAD, esp);
	inject_from(_metadata, self, &self->outer[PEER],
		    &self->outer[OURS_TOO], 0, esp, len);
	only_dropped(_metadata, self, &before, 0, 0, "our other address");
	inject(_metadata, self, esp, len);
	arrives(_metadata, self, AF_INET, 1, PAYLOAD);
}

/* RFC 6040: CE has to reach a sender that can hear of it, or none at all. */
TEST_F(esp, congestion_experienced)
{
	__u8 plain[ESP_MAX], esp[ESP_MAX];
	struct counts before;
	__u32 seq = 0;
	__u8 ecn;
	size_t len;

	for (ecn = 0; ecn < 4; ecn++) {
		len = inner_packet(self, AF_INET, ecn, PAYLOAD, ++seq, plain);
		len = esp_trailer(&self->in, plain, len, NH_IPV4);
		len = esp_seal(&self->in, seq, plain, len, esp);
		read_counts(self, &before);
		inject_from(_metadata, self, &self->outer[PEER],
			    &self->outer[OURS], 3, esp, len);
		if (ecn)
			arrives(_metadata, self, AF_INET, seq, PAYLOAD);
		else
			only_dropped(_metadata, self, &before,
				     AWTUN_TUNNEL_STAT_RX_ECN, 1, "not ECT");
	}
}

TEST_F(esp, deleted_sa)
{
	struct awtun_tunnel tunnel;
	unsigned int waited;

	good_goes_through(_metadata, self, 1);
	ASSERT_EQ(0, awtun_sa_do(&self->nl, AWTUN_CMD_SA_DEL, self->ifindex,
				 AWTUN_DIR_IN, IN_SPI));
	send_good(_metadata, self, AF_INET, 2, PAYLOAD);
	for (waited = 0; waited < WAIT_MS; waited++) {
		ASSERT_EQ(0, awtun_tunnel_get(&self->nl, self->ifindex,
					      &tunnel));
		if (tunnel.stat[AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI])
			break;
		pause_ms(1);
	}
	EXPECT_EQ(1, tunnel.stat[AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI]);
	EXPECT_FALSE(readable(self->udp4, 0));
	EXPECT_EQ(1, rx_packets());
}

/* What the tunnel sends */

/* The next ESP packet on the underlay; without its outer header. */
static ssize_t read_esp(struct __test_metadata *_metadata, struct _test_data_esp *self,
			__u8 *esp)
{
	size_t head = ip_hdr_len(&self->outer[OURS]);
	bool v4 = self->outer[OURS].family == AF_INET;
	__u8 packet[ESP_MAX];
	ssize_t n;

	for (;;) {
		if (!readable(self->tun, WAIT_MS))
			return -1;
		n = read(self->tun, packet, sizeof(packet));
		/* The kernel says other things too, over IPv6. */
		if (n > (ssize_t)head && packet[0] >> 4 == (v4 ? 4 : 6) &&
		    packet[v4 ? 9 : 6] == IPPROTO_ESP)
			break;
	}
	EXPECT_EQ(0, memcmp(packet + (v4 ? 12 : 8), self->outer[OURS].addr,
			    v4 ? 4 : 16));
	EXPECT_EQ(0, memcmp(packet + (v4 ? 16 : 24), self->outer[PEER].addr,
			    v4 ? 4 : 16));
	EXPECT_EQ(v4 ? n : n - IPV6_HDR,
		  v4 ? packet[2] << 8 | packet[3] :
		  packet[4] << 8 | packet[5]);
	memcpy(esp, packet + head, n - head);
	return n - head;
}

static ssize_t send_udp(struct _test_data_esp *self, int family, const __u8 *data,
			size_t len)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(PORT) };
	struct sockaddr_in to4 = { .sin_family = AF_INET,
				   .sin_port = htons(PORT) };

	memcpy(&to4.sin_addr, self->inner4[PEER].addr, 4);
	memcpy(&to6.sin6_addr, self->inner6[PEER].addr, 16);
	if (family == AF_INET)
		return sendto(self->udp4, data, len, 0, (void *)&to4,
			      sizeof(to4));
	return sendto(self->udp6, data, len, 0, (void *)&to6, sizeof(to6));
}

/* Until the queue of the device has opened: the carrier comes a bit later. */
static void wait_running(struct __test_metadata *_metadata)
{
	struct ifreq ifr = { .ifr_name = "tunnel0" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned int waited;

	for (waited = 0; waited < WAIT_MS; waited++) {
		ASSERT_EQ(0, ioctl(fd, SIOCGIFFLAGS, &ifr));
		if (ifr.ifr_flags & IFF_RUNNING)
			break;
		pause_ms(1);
	}
	EXPECT_GT(WAIT_MS, waited);
	close(fd);
}

/* Decrypts one and holds it against what was sent. */
static void check_sent(struct __test_metadata *_metadata, struct _test_data_esp *self,
		       int family, const __u8 *data, size_t len,
		       __u32 seq)
{
	size_t head = family == AF_INET ? IPV4_HDR : IPV6_HDR;
	size_t inner = head + UDP_HDR + len, block = esp_block(&self->out);
	__u8 esp[ESP_MAX], plain[ESP_MAX];
	ssize_t n = read_esp(_metadata, self, esp), i;
	__u32 got_seq, spi;

	ASSERT_LT(0, n) TH_LOG("nothing sent for %zu octets", len);
	memcpy(&spi, esp, 4);
	EXPECT_EQ(self->out.spi, ntohl(spi));
	n = esp_open(&self->out, esp, n, &got_seq, plain);
	ASSERT_LT(0, n) TH_LOG("%zu octets: not authentic", len);
	EXPECT_EQ(seq, got_seq);
	/* The shortest pad, 1, 2, 3 ... */
	EXPECT_EQ((inner + 2 + block - 1) / block * block, (size_t)n);
	EXPECT_EQ((size_t)n - inner - 2, plain[n - 2]);
	for (i = inner; i < n - 2; i++)
		EXPECT_EQ((__u8)(i - inner + 1), plain[i]);
	EXPECT_EQ(family == AF_INET ? NH_IPV4 : NH_IPV6, plain[n - 1]);
	EXPECT_EQ(0, memcmp(plain + head + UDP_HDR, data, len));
}

TEST_F(esp, sent_packets_are_as_they_should_be)
{
	__u8 data[ESP_MAX];
	__u64 octets = 0;
	struct awtun_sa sa;
	__u32 seq = 0;
	size_t len;

	wait_running(_metadata);
	for (len = 0; len <= 1300; len += 13) {
		int family = seq % 2 ? AF_INET6 : AF_INET;

		fill(data, len, seq);
		ASSERT_EQ((ssize_t)len, send_udp(self, family, data, len));
		check_sent(_metadata, self, family, data, len, ++seq);
		octets += len + UDP_HDR +
			  (family == AF_INET ? IPV4_HDR : IPV6_HDR);
	}
	ASSERT_EQ(0, awtun_sa_get(&self->nl, self->ifindex, AWTUN_DIR_OUT,
				  OUT_SPI, &sa));
	EXPECT_EQ(seq, sa.seq);
	EXPECT_EQ(seq, sa.packets);
	EXPECT_EQ(octets, sa.bytes);
}

TEST_F(esp, no_two_ivs_are_the_same)
{
	static __u8 ivs[500][16];
	__u8 data[PAYLOAD] = { 0 }, esp[ESP_MAX];
	size_t iv_len = esp_iv_len(&self->out);
	unsigned int i, j, equal = 0;

	wait_running(_metadata);
	for (i = 0; i < ARRAY_SIZE(ivs); i++) {
		ASSERT_EQ(PAYLOAD, send_udp(self, AF_INET, data, PAYLOAD));
		ASSERT_LT(0, read_esp(_metadata, self, esp));
		memcpy(ivs[i], esp + ESP_HDR, iv_len);
		for (j = 0; j < i; j++)
			equal += !memcmp(ivs[i], ivs[j], iv_len);
	}
	EXPECT_EQ(0, equal);
	/* AES-CBC's cannot be foreseen: it is no counter (RFC 3602). */
	if (self->out.suite->cipher != AWTUN_CIPHER_AES_CBC)
		return;
	for (i = 1; i < ARRAY_SIZE(ivs); i++)
		equal += !memcmp(ivs[i], ivs[i - 1], 8) +
			 !memcmp(ivs[i] + 8, ivs[i - 1] + 8, 8);
	EXPECT_EQ(0, equal);
}

/* Sequence numbers come to their end */

static void event_comes(struct __test_metadata *_metadata, struct _test_data_esp *self,
			struct awtun_nl *events, __u32 wanted, __u32 spi)
{
	struct awtun_notice notice;

	ASSERT_EQ(0, awtun_next_event(events, WAIT_MS, &notice))
		TH_LOG("no event %u", wanted);
	EXPECT_EQ(wanted, notice.event);
	EXPECT_EQ(self->ifindex, notice.sa.ifindex);
	EXPECT_EQ(spi, notice.sa.spi);
}

static bool no_event(struct awtun_nl *events, int wait_ms)
{
	struct awtun_notice notice;

	return awtun_next_event(events, wait_ms, &notice) == -EAGAIN;
}

static void send_and_check(struct __test_metadata *_metadata, struct _test_data_esp *self,
			   __u32 seq)
{
	__u8 data[PAYLOAD];

	fill(data, sizeof(data), seq);
	ASSERT_EQ(PAYLOAD, send_udp(self, AF_INET, data, sizeof(data)));
	check_sent(_metadata, self, AF_INET, data, sizeof(data), seq);
}

TEST_F(esp, many_packets_ask_for_a_new_sa_once)
{
	const __u32 soft = 3u << 30;
	struct awtun_nl events;

	wait_running(_metadata);
	ASSERT_EQ(0, awtun_nl_open(&events));
	ASSERT_EQ(0, awtun_nl_subscribe(&events));
	self->out.spi++;
	ASSERT_EQ(0, use_sa_from(self, &self->out, soft - 2));
	send_and_check(_metadata, self, soft - 1);
	EXPECT_TRUE(no_event(&events, 0));
	send_and_check(_metadata, self, soft);
	event_comes(_metadata, self, &events, AWTUN_EVENT_SA_SOFT,
		    self->out.spi);
	send_and_check(_metadata, self, soft + 1);
	send_and_check(_metadata, self, soft + 2);
	EXPECT_TRUE(no_event(&events, 50));
	awtun_nl_close(&events);
}

TEST_F(esp, the_last_sequence_number_is_used_and_no_other)
{
	const __u32 last = 0xffffffff;
	__u8 data[PAYLOAD] = { 0 };
	struct awtun_nl events;
	unsigned int i;

	wait_running(_metadata);
	ASSERT_EQ(0, awtun_nl_open(&events));
	ASSERT_EQ(0, awtun_nl_subscribe(&events));
	self->out.spi++;
	ASSERT_EQ(0, use_sa_from(self, &self->out, last - 2));
	send_and_check(_metadata, self, last - 1);
	send_and_check(_metadata, self, last);
	event_comes(_metadata, self, &events, AWTUN_EVENT_SA_HARD,
		    self->out.spi);
	for (i = 0; i < 5; i++)
		send_udp(self, AF_INET, data, sizeof(data));
	EXPECT_EQ(-EKEYEXPIRED,
		  awtun_sa_do(&self->nl, AWTUN_CMD_SA_ACTIVATE, self->ifindex,
			      AWTUN_DIR_OUT, self->out.spi));
	/* A new SA carries on, and nothing was sent before its first packet. */
	self->out.spi++;
	ASSERT_EQ(0, use_sa_from(self, &self->out, 0));
	wait_running(_metadata);
	EXPECT_FALSE(readable(self->tun, 0));
	send_and_check(_metadata, self, 1);
	awtun_nl_close(&events);
}

/* Sent once, and the one drop counter moves. */
static void tx_dropped(struct __test_metadata *_metadata, struct _test_data_esp *self,
		       unsigned int stat, size_t len)
{
	__u8 data[ESP_MAX] = { 0 };
	struct counts before;

	wait_running(_metadata);
	read_counts(self, &before);
	send_udp(self, AF_INET, data, len);
	only_dropped(_metadata, self, &before, stat, 1, "sending");
}

TEST_F(esp, no_route_to_the_peer)
{
	ASSERT_EQ(0, ip_batch("route del 198.51.100.0/24 dev under\n"
			      "route del 2001:db8:2::/64 dev under\n"));
	tx_dropped(_metadata, self, AWTUN_TUNNEL_STAT_TX_NO_ROUTE, PAYLOAD);
}

TEST_F(esp, route_to_the_peer_through_the_tunnel)
{
	ASSERT_EQ(0, ip_batch("route add 198.51.100.1/32 dev tunnel0\n"
			      "route add 2001:db8:2::1/128 dev tunnel0\n"));
	tx_dropped(_metadata, self, AWTUN_TUNNEL_STAT_TX_NO_ROUTE, PAYLOAD);
}

TEST_F(esp, too_big_for_the_path)
{
	__u8 data[ESP_MAX] = { 0 };
	int on = IP_PMTUDISC_DO;

	ASSERT_EQ(0, ip_batch("link set tunnel0 mtu 1500\n"));
	ASSERT_EQ(0, setsockopt(self->udp4, IPPROTO_IP, IP_MTU_DISCOVER, &on,
				sizeof(on)));
	tx_dropped(_metadata, self, AWTUN_TUNNEL_STAT_TX_TOO_BIG, 1472);
	/* Now the sender knows. */
	EXPECT_EQ(-1, send_udp(self, AF_INET, data, 1472));
	EXPECT_EQ(EMSGSIZE, errno);
	ASSERT_EQ(1300, send_udp(self, AF_INET, data, 1300));
	check_sent(_metadata, self, AF_INET, data, 1300, 1);
}

/* The largest that fits goes through whole, the next one does not. */
TEST_F(esp, path_mtu_is_used_to_the_last_octet)
{
	size_t overhead = ip_hdr_len(&self->outer[OURS]) + ESP_HDR +
			  esp_iv_len(&self->out) + self->out.suite->icv_len;
	size_t block = esp_block(&self->out);
	size_t most = (1500 - overhead) / block * block - 2;
	__u8 data[ESP_MAX] = { 0 };
	int on = IP_PMTUDISC_PROBE;

	ASSERT_EQ(0, ip_batch("link set tunnel0 mtu 1500\n"));
	ASSERT_EQ(0, setsockopt(self->udp4, IPPROTO_IP, IP_MTU_DISCOVER, &on,
				sizeof(on)));
	wait_running(_metadata);
	most -= IPV4_HDR + UDP_HDR;
	ASSERT_EQ((ssize_t)most, send_udp(self, AF_INET, data, most));
	check_sent(_metadata, self, AF_INET, data, most, 1);
	tx_dropped(_metadata, self, AWTUN_TUNNEL_STAT_TX_TOO_BIG, most + 1);
}

int main(int argc, char **argv)
{
	int rc = system("./load.sh");

	if (rc)
		ksft_exit_skip("load.sh could not load awtun\n");
	return test_harness_run(argc, argv);
}
