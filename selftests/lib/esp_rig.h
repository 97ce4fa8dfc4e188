/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tunnel whose underlay is a TUN device, for the tests that are its peer by
 * themselves: what is written to that device arrives, what the tunnel sends is
 * read from it. What takes _metadata reports by the harness, which is in a
 * header and cannot be in two objects of a program: so is this.
 */
#ifndef ESP_RIG_H
#define ESP_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <kselftest_harness.h>

/* Seconds. Emulation on a busy machine is slow. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300

#include "awtun_nl.h"
#include "esp_packet.h"

#define IN_SPI		0x1001
#define OUT_SPI		0x2001
#define PORT		7777	/* of datagrams in the tunnel */
#define ENCAP_PORT	4500	/* ours */
#define PEER_PORT	4511	/* the peer's first: it is behind a NAT */
#define NH_IPV4		4
#define NH_IPV6		41
#define NH_NONE		59
#define WAIT_MS		5000
#define PAYLOAD		64	/* octets of the usual datagram */
#define WINDOW		64

/* Outer addresses: ours, the peer's, another of ours, a stranger's. */
enum { OURS, PEER, OURS_TOO, STRANGER };

struct esp_rig {
	struct awtun_nl nl;
	__u32 ifindex;
	int tun;		/* the underlay */
	int udp4;		/* where good packets arrive */
	int udp6;
	int transport;		/* where IKE would; -1: no ESP in UDP */
	bool encap;
	__u16 peer_port;
	struct esp_sa in;
	struct esp_sa out;
	struct ip_end outer[4];
	struct ip_end inner4[2];	/* ours, the peer's */
	struct ip_end inner6[2];
};

struct esp_rig_conf {
	const char *suite;
	int outer;		/* AF_INET or AF_INET6 */
	bool encap;
	bool esn;
};

static const char * const outer_addrs[2][4] = {
	{ "192.0.2.1", "198.51.100.1", "192.0.2.9", "203.0.113.5" },
	{ "2001:db8:1::1", "2001:db8:2::1", "2001:db8:1::9", "2001:db8:3::5" },
};

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

/* "ip -batch" */
static inline int ip_batch(const char *commands)
{
	FILE *ip = popen("ip -batch -", "w");

	if (!ip)
		return -1;
	fputs(commands, ip);
	return pclose(ip);
}

static inline void pause_ms(unsigned int ms)
{
	struct timespec pause = { .tv_nsec = ms * 1000000L };

	nanosleep(&pause, NULL);
}

static inline bool readable(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) == 1;
}

static inline int open_tun(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(fd, TUNSETIFF, &ifr) ? -1 : fd;
}

static inline int open_udp(int family, __u16 port)
{
	struct sockaddr_in6 any = { .sin6_family = family,
				    .sin6_port = htons(port) };
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

static inline void make_sa(struct esp_sa *sa, const struct esp_rig_conf *conf,
			   __u32 spi)
{
	unsigned int i;

	sa->suite = awtun_suite(conf->suite);
	sa->spi = spi;
	sa->esn = conf->esn;
	for (i = 0; i < sizeof(sa->keymat); i++)
		sa->keymat[i] = spi * 31 + i * 7;
}

static inline void make_addresses(struct esp_rig *rig, int family)
{
	int i;

	for (i = 0; i < 4; i++)
		rig->outer[i] = ip_end(outer_addrs[family == AF_INET6][i]);
	rig->inner4[OURS] = ip_end("192.168.254.1");
	rig->inner4[PEER] = ip_end("192.168.254.2");
	rig->inner6[OURS] = ip_end("fd00:254::1");
	rig->inner6[PEER] = ip_end("fd00:254::2");
}

/* Until the queue of the device has opened: the carrier comes a bit later. */
static inline void wait_running(struct __test_metadata *_metadata)
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

/* SAs */

static inline void rig_req_add(const struct esp_rig *rig, struct awtun_req *req,
			       __u32 dir, const struct esp_sa *sa)
{
	awtun_req_sa_add(req, rig->ifindex, dir, sa->spi, sa->suite,
			 sa->keymat, 0);
	if (sa->esn)
		awtun_put_flag(req, AWTUN_SA_A_ESN);
	if (dir == AWTUN_DIR_OUT && rig->encap)
		awtun_put_encap(req, ENCAP_PORT, rig->peer_port);
}

static inline int rig_call(struct esp_rig *rig, const struct awtun_req *req)
{
	return awtun_call(&rig->nl, req, NULL, NULL);
}

static inline int rig_activate(struct esp_rig *rig, __u32 spi)
{
	return awtun_sa_do(&rig->nl, AWTUN_CMD_SA_ACTIVATE, rig->ifindex,
			   AWTUN_DIR_OUT, spi);
}

static inline int rig_del_in(struct esp_rig *rig)
{
	return awtun_sa_do(&rig->nl, AWTUN_CMD_SA_DEL, rig->ifindex,
			   AWTUN_DIR_IN, rig->in.spi);
}

/* Takes the inbound SA away and adds it again, with nothing received. */
static inline int rig_renew_in(struct esp_rig *rig, __u32 window)
{
	struct awtun_req req;
	int err = rig_del_in(rig);

	if (err)
		return err;
	rig_req_add(rig, &req, AWTUN_DIR_IN, &rig->in);
	awtun_put_u32(&req, AWTUN_SA_A_REPLAY_WINDOW, window);
	return rig_call(rig, &req);
}

/* The outbound SA that begins behind @seq, used at once. */
static inline int rig_use_from(struct esp_rig *rig, const struct esp_sa *sa,
			       __u64 seq)
{
	struct awtun_req req;
	int err;

	rig_req_add(rig, &req, AWTUN_DIR_OUT, sa);
	awtun_put_u64(&req, AWTUN_SA_A_SEQ, seq);
	err = rig_call(rig, &req);
	return err ? err : rig_activate(rig, sa->spi);
}

/* Traffic selectors */

static inline struct awtun_addr addr_of(const struct ip_end *end)
{
	struct awtun_addr addr = { .len = end->family == AF_INET ? 4 : 16 };

	memcpy(addr.octets, end->addr, addr.len);
	return addr;
}

/* From address to address, with all ports of a protocol; 0: of all. */
static inline struct awtun_ts make_ts(const char *start, const char *end,
				      __u8 protocol)
{
	const struct ip_end first = ip_end(start), last = ip_end(end);

	return (struct awtun_ts){ .start = addr_of(&first),
				  .end = addr_of(&last),
				  .protocol = protocol, .port_max = 0xffff };
}

/* The whole of it */

static inline void open_network(struct __test_metadata *_metadata,
				struct esp_rig *rig)
{
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	rig->tun = open_tun("under");
	ASSERT_LE(0, rig->tun);
	ASSERT_EQ(0, ip_batch(network));
	rig->ifindex = if_nametoindex("tunnel0");
	rig->udp4 = open_udp(AF_INET, PORT);
	rig->udp6 = open_udp(AF_INET6, PORT);
	ASSERT_LE(0, rig->udp4);
	ASSERT_LE(0, rig->udp6);
}

static inline void open_transport(struct __test_metadata *_metadata,
				  struct esp_rig *rig)
{
	rig->transport = open_udp(rig->outer[OURS].family, ENCAP_PORT);
	ASSERT_LE(0, rig->transport);
	ASSERT_EQ(0, awtun_transport_do(&rig->nl, AWTUN_CMD_TRANSPORT_ADD,
					rig->transport))
		TH_LOG("%s", rig->nl.extack);
}

/* One SA each way, the outbound one active, in a new network namespace. */
static inline void rig_open(struct __test_metadata *_metadata,
			    struct esp_rig *rig,
			    const struct esp_rig_conf *conf)
{
	struct awtun_req req;

	make_addresses(rig, conf->outer);
	make_sa(&rig->in, conf, IN_SPI);
	make_sa(&rig->out, conf, OUT_SPI);
	rig->encap = conf->encap;
	rig->peer_port = PEER_PORT;
	rig->transport = -1;
	open_network(_metadata, rig);
	ASSERT_EQ(0, awtun_nl_open(&rig->nl));
	if (conf->encap)
		open_transport(_metadata, rig);

	awtun_req_tunnel_set(&req, rig->ifindex, conf->outer == AF_INET6 ?
			     AWTUN_MODE_IPSEC_IPV6 : AWTUN_MODE_IPSEC_IPV4,
			     rig->outer[OURS].addr, rig->outer[PEER].addr);
	ASSERT_EQ(0, rig_call(rig, &req));
	rig_req_add(rig, &req, AWTUN_DIR_IN, &rig->in);
	ASSERT_EQ(0, rig_call(rig, &req)) TH_LOG("%s", rig->nl.extack);
	rig_req_add(rig, &req, AWTUN_DIR_OUT, &rig->out);
	ASSERT_EQ(0, rig_call(rig, &req)) TH_LOG("%s", rig->nl.extack);
	ASSERT_EQ(0, rig_activate(rig, OUT_SPI));
}

static inline void rig_close(struct esp_rig *rig)
{
	awtun_nl_close(&rig->nl);
	close(rig->tun);
	close(rig->udp4);
	close(rig->udp6);
	if (rig->transport >= 0)
		close(rig->transport);
}

/* Counters */

struct counts {
	__u64 stat[AWTUN_TUNNEL_STAT_MAX + 1];
	struct awtun_sa in;
	__u64 delivered;	/* packets, as the device counts them */
};

static inline __u64 rx_packets(void)
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

static inline void read_counts(struct esp_rig *rig, struct counts *counts)
{
	struct awtun_tunnel tunnel;

	if (awtun_tunnel_get(&rig->nl, rig->ifindex, &tunnel) ||
	    awtun_sa_get(&rig->nl, rig->ifindex, AWTUN_DIR_IN, rig->in.spi,
			 &counts->in))
		abort();
	memcpy(counts->stat, tunnel.stat, sizeof(counts->stat));
	counts->delivered = rx_packets();
}

/* What the inbound SA counts for a cause, beside the tunnel. */
static inline __u64 *sa_counter(struct awtun_sa *sa, unsigned int stat)
{
	if (!stat || stat == AWTUN_TUNNEL_STAT_RX_UNKNOWN_SPI ||
	    strncmp(awtun_stat_names[stat], "rx_", 3))
		return NULL;
	return &sa->stat[stat];
}

/* The inbound SA's own. */
static inline void compare_sa(struct __test_metadata *_metadata,
			      const struct awtun_sa *wanted,
			      const struct awtun_sa *is, const char *what)
{
	unsigned int i;

	for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++) {
		EXPECT_EQ(wanted->stat[i], is->stat[i])
			TH_LOG("%s: %s of the SA", what, awtun_stat_names[i]);
	}
}

/*
 * From @before on exactly @n packets were dropped for the cause @stat (0: not
 * counted at all), and none was delivered.
 */
static inline void only_dropped(struct __test_metadata *_metadata,
				struct esp_rig *rig,
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
		read_counts(rig, &now);
		if (now.stat[stat] >= wanted.stat[stat] || waited >= WAIT_MS)
			break;
		pause_ms(1);
		waited++;
	}
	/* Whatever comes after a wrong one would be waited for in vain. */
	for (i = 0; i <= AWTUN_TUNNEL_STAT_MAX; i++) {
		ASSERT_EQ(wanted.stat[i], now.stat[i])
			TH_LOG("%s: %s", what, awtun_stat_names[i]);
	}
	compare_sa(_metadata, &wanted.in, &now.in, what);
	EXPECT_EQ(wanted.delivered, now.delivered) TH_LOG("%s", what);
	EXPECT_FALSE(readable(rig->udp4, 0)) TH_LOG("%s", what);
	EXPECT_FALSE(readable(rig->udp6, 0)) TH_LOG("%s", what);
}

/* To the tunnel */

static inline void fill(__u8 *data, size_t len, __u32 seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = seed * 37 + i * 5 + 1;
}

/* A datagram from the peer's side to ours, in IP. */
static inline size_t inner_packet(const struct esp_rig *rig, int family,
				  __u8 tos, size_t len, __u32 seed, __u8 *out)
{
	const struct udp_ports ports = { PORT, PORT };
	const struct ip_end *ends = family == AF_INET ? rig->inner4 :
							rig->inner6;
	__u8 data[ESP_MAX] = { 0 };

	fill(data, len, seed);
	return udp_packet(&ends[PEER], &ends[OURS], tos, ports, data, len, out);
}

/* What is around ESP: IP, and UDP when the rig is so. */
static inline size_t wrap(const struct esp_rig *rig, const struct ip_end *src,
			  const struct ip_end *dst, __u8 tos, const __u8 *esp,
			  size_t len, __u8 *packet)
{
	const struct udp_ports ports = { rig->peer_port, ENCAP_PORT };

	if (rig->encap)
		return udp_packet(src, dst, tos, ports, esp, len, packet);
	return ip_packet(src, dst, tos, IPPROTO_ESP, esp, len, packet);
}

static inline void inject_from(struct __test_metadata *_metadata,
			       struct esp_rig *rig, const struct ip_end *src,
			       const struct ip_end *dst, __u8 tos,
			       const __u8 *esp, size_t len)
{
	__u8 packet[ESP_MAX + IPV6_HDR + UDP_HDR];
	size_t total = wrap(rig, src, dst, tos, esp, len, packet);

	ASSERT_EQ((ssize_t)total, write(rig->tun, packet, total));
}

static inline void inject(struct __test_metadata *_metadata,
			  struct esp_rig *rig, const __u8 *esp, size_t len)
{
	inject_from(_metadata, rig, &rig->outer[PEER], &rig->outer[OURS], 0,
		    esp, len);
}

/* Seals @plain, which has its trailer, and sends it. */
static inline void send_plain(struct __test_metadata *_metadata,
			      struct esp_rig *rig, __u64 seq, const __u8 *plain,
			      size_t len)
{
	__u8 esp[ESP_MAX];

	inject(_metadata, rig, esp, esp_seal(&rig->in, seq, plain, len, esp));
}

/* A good ESP packet; the datagram's contents depend on the sequence number. */
static inline size_t good_esp(const struct esp_rig *rig, int family, __u64 seq,
			      size_t payload, __u8 *esp)
{
	__u8 plain[ESP_MAX];
	size_t len = inner_packet(rig, family, 0, payload, seq, plain);

	len = esp_trailer(&rig->in, plain, len,
			  family == AF_INET ? NH_IPV4 : NH_IPV6);
	return esp_seal(&rig->in, seq, plain, len, esp);
}

static inline void send_good(struct __test_metadata *_metadata,
			     struct esp_rig *rig, int family, __u64 seq,
			     size_t payload)
{
	__u8 esp[ESP_MAX];
	size_t len = good_esp(rig, family, seq, payload, esp);

	inject(_metadata, rig, esp, len);
}

static inline void arrives(struct __test_metadata *_metadata,
			   struct esp_rig *rig, int family, __u32 seed,
			   size_t payload)
{
	int fd = family == AF_INET ? rig->udp4 : rig->udp6;
	__u8 wanted[ESP_MAX], got[ESP_MAX];

	ASSERT_TRUE(readable(fd, WAIT_MS))
		TH_LOG("packet %u was not delivered", seed);
	ASSERT_EQ((ssize_t)payload, recv(fd, got, sizeof(got), 0));
	fill(wanted, payload, seed);
	EXPECT_EQ(0, memcmp(wanted, got, payload));
}

static inline void good_goes_through(struct __test_metadata *_metadata,
				     struct esp_rig *rig, __u64 seq)
{
	int family = seq % 2 ? AF_INET : AF_INET6;

	send_good(_metadata, rig, family, seq, PAYLOAD);
	arrives(_metadata, rig, family, seq, PAYLOAD);
}

/* Good, but its number is not: dropped and counted as a replay. */
static inline void is_replay(struct __test_metadata *_metadata,
			     struct esp_rig *rig, __u64 seq, const char *what)
{
	struct counts before;

	read_counts(rig, &before);
	send_good(_metadata, rig, AF_INET, seq, PAYLOAD);
	only_dropped(_metadata, rig, &before, AWTUN_TUNNEL_STAT_RX_REPLAY, 1,
		     what);
}

/* From the tunnel */

static inline ssize_t send_udp(struct esp_rig *rig, int family,
			       const __u8 *data, size_t len)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(PORT) };
	struct sockaddr_in to4 = { .sin_family = AF_INET,
				   .sin_port = htons(PORT) };

	memcpy(&to4.sin_addr, rig->inner4[PEER].addr, 4);
	memcpy(&to6.sin6_addr, rig->inner6[PEER].addr, 16);
	if (family == AF_INET)
		return sendto(rig->udp4, data, len, 0, (void *)&to4,
			      sizeof(to4));
	return sendto(rig->udp6, data, len, 0, (void *)&to6, sizeof(to6));
}

/* The next packet of the kind that the rig sends. */
static inline ssize_t read_outer(struct esp_rig *rig, __u8 *packet, size_t size)
{
	bool v4 = rig->outer[OURS].family == AF_INET;
	__u8 protocol = rig->encap ? IPPROTO_UDP : IPPROTO_ESP;
	ssize_t n;

	while (readable(rig->tun, WAIT_MS)) {
		n = read(rig->tun, packet, size);
		/* The kernel says other things too, over IPv6. */
		if (n > (ssize_t)ip_hdr_len(&rig->outer[OURS]) &&
		    packet[0] >> 4 == (v4 ? 4 : 6) &&
		    packet[v4 ? 9 : 6] == protocol)
			return n;
	}
	return -1;
}

static inline void check_udp(struct __test_metadata *_metadata,
			     const struct esp_rig *rig, const __u8 *packet,
			     size_t head, size_t len)
{
	const __u8 *udp = packet + head;

	EXPECT_TRUE(udp_header_is_right(packet, len));
	EXPECT_EQ(ENCAP_PORT, udp[0] << 8 | udp[1]);
	EXPECT_EQ(rig->peer_port, udp[2] << 8 | udp[3]);
}

/* The next ESP packet on the underlay; without what is around it. */
static inline ssize_t read_esp(struct __test_metadata *_metadata,
			       struct esp_rig *rig, __u8 *esp)
{
	size_t head = ip_hdr_len(&rig->outer[OURS]);
	bool v4 = rig->outer[OURS].family == AF_INET;
	__u8 packet[ESP_MAX + IPV6_HDR + UDP_HDR];
	ssize_t n = read_outer(rig, packet, sizeof(packet));

	if (n < 0)
		return -1;
	EXPECT_EQ(0, memcmp(packet + (v4 ? 12 : 8), rig->outer[OURS].addr,
			    v4 ? 4 : 16));
	EXPECT_EQ(0, memcmp(packet + (v4 ? 16 : 24), rig->outer[PEER].addr,
			    v4 ? 4 : 16));
	EXPECT_EQ(v4 ? n : n - IPV6_HDR,
		  v4 ? packet[2] << 8 | packet[3] :
		  packet[4] << 8 | packet[5]);
	if (rig->encap) {
		check_udp(_metadata, rig, packet, head, n);
		head += UDP_HDR;
	}
	memcpy(esp, packet + head, n - head);
	return n - head;
}

/* Decrypts one and holds it against what was sent. */
static inline void check_sent(struct __test_metadata *_metadata,
			      struct esp_rig *rig, int family, const __u8 *data,
			      size_t len, __u64 seq)
{
	size_t head = family == AF_INET ? IPV4_HDR : IPV6_HDR;
	size_t inner = head + UDP_HDR + len, block = esp_block(&rig->out);
	__u8 esp[ESP_MAX], plain[ESP_MAX];
	ssize_t n = read_esp(_metadata, rig, esp), i;
	__u32 low, spi;

	ASSERT_LT(0, n) TH_LOG("nothing sent for %zu octets", len);
	memcpy(&spi, esp, 4);
	EXPECT_EQ(rig->out.spi, ntohl(spi));
	n = esp_open(&rig->out, seq >> 32, esp, n, &low, plain);
	ASSERT_LT(0, n) TH_LOG("%zu octets: not authentic", len);
	EXPECT_EQ((__u32)seq, low);
	/* The shortest pad, 1, 2, 3 ... */
	EXPECT_EQ((inner + 2 + block - 1) / block * block, (size_t)n);
	EXPECT_EQ((size_t)n - inner - 2, plain[n - 2]);
	for (i = inner; i < n - 2; i++)
		EXPECT_EQ((__u8)(i - inner + 1), plain[i]);
	EXPECT_EQ(family == AF_INET ? NH_IPV4 : NH_IPV6, plain[n - 1]);
	EXPECT_EQ(0, memcmp(plain + head + UDP_HDR, data, len));
}

static inline void send_and_check(struct __test_metadata *_metadata,
				  struct esp_rig *rig, __u64 seq)
{
	__u8 data[PAYLOAD];

	fill(data, sizeof(data), seq);
	ASSERT_EQ(PAYLOAD, send_udp(rig, AF_INET, data, sizeof(data)));
	check_sent(_metadata, rig, AF_INET, data, sizeof(data), seq);
}

/* Events */

static inline void rig_listen(struct __test_metadata *_metadata,
			      struct awtun_nl *events)
{
	ASSERT_EQ(0, awtun_nl_open(events));
	ASSERT_EQ(0, awtun_nl_subscribe(events));
}

static inline void event_comes(struct __test_metadata *_metadata,
			       struct awtun_nl *events, __u32 wanted,
			       struct awtun_notice *notice)
{
	ASSERT_EQ(0, awtun_next_event(events, WAIT_MS, notice))
		TH_LOG("no event %u", wanted);
	EXPECT_EQ(wanted, notice->event);
}

static inline void sa_event_comes(struct __test_metadata *_metadata,
				  struct esp_rig *rig, struct awtun_nl *events,
				  __u32 wanted, __u32 spi, __u32 cause)
{
	struct awtun_notice notice;

	event_comes(_metadata, events, wanted, &notice);
	EXPECT_TRUE(notice.of_sa);
	EXPECT_EQ(rig->ifindex, notice.sa.ifindex);
	EXPECT_EQ(spi, notice.sa.spi);
	EXPECT_EQ(cause, notice.cause);
}

static inline bool no_event(struct awtun_nl *events, int wait_ms)
{
	struct awtun_notice notice;

	return awtun_next_event(events, wait_ms, &notice) == -EAGAIN;
}

static inline int rig_main(int argc, char **argv)
{
	int rc = system("./lib/load.sh");

	if (rc)
		ksft_exit_skip("load.sh could not load awtun\n");
	return test_harness_run(argc, argv);
}

#endif /* ESP_RIG_H */
