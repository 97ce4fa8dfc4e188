// SPDX-License-Identifier: GPL-2.0-only
/* What the generic netlink family "awtun" tells, taken apart for the tests. */
#include <arpa/inet.h>
#include <string.h>

#include <linux/netlink.h>

#include "awtun_attr.h"
#include "awtun_nl.h"

bool nl_next_attr(const __u8 **pos, size_t *left, struct nl_attr *attr)
{
	struct nlattr nla;
	size_t step;

	if (*left < sizeof(nla))
		return false;
	memcpy(&nla, *pos, sizeof(nla));
	if (nla.nla_len < sizeof(nla) || nla.nla_len > *left)
		return false;
	attr->type = nla.nla_type & NLA_TYPE_MASK;
	attr->data = *pos + NLA_HDRLEN;
	attr->len = nla.nla_len - NLA_HDRLEN;
	step = NLA_ALIGN(nla.nla_len);
	if (step > *left)
		step = *left;
	*pos += step;
	*left -= step;
	return true;
}

bool nl_find_attr(const void *attrs, size_t len, __u16 type,
		  struct nl_attr *attr)
{
	const __u8 *pos = attrs;

	while (nl_next_attr(&pos, &len, attr))
		if (attr->type == type)
			return true;
	return false;
}

static void copy_value(const struct nl_attr *attr, void *value, size_t len)
{
	memset(value, 0, len);
	if (attr->len == len)
		memcpy(value, attr->data, len);
}

__u8 nl_attr_u8(const struct nl_attr *attr)
{
	__u8 value;

	copy_value(attr, &value, sizeof(value));
	return value;
}

__u16 nl_attr_u16(const struct nl_attr *attr)
{
	__u16 value;

	copy_value(attr, &value, sizeof(value));
	return value;
}

__u32 nl_attr_u32(const struct nl_attr *attr)
{
	__u32 value;

	copy_value(attr, &value, sizeof(value));
	return value;
}

__u64 nl_attr_u64(const struct nl_attr *attr)
{
	__u64 value;

	copy_value(attr, &value, sizeof(value));
	return value;
}

void nl_attr_string(const struct nl_attr *attr, char *out, size_t size)
{
	size_t len = attr->len < size ? attr->len : size - 1;

	memcpy(out, attr->data, len);
	out[len] = '\0';
}

static void parse_addr(const struct nl_attr *attr, struct awtun_addr *addr)
{
	if (attr->len > sizeof(addr->octets))
		return;
	addr->len = attr->len;
	memcpy(addr->octets, attr->data, attr->len);
}

static void parse_stats(const struct nl_attr *nest, __u64 *stat)
{
	const __u8 *pos = nest->data;
	size_t left = nest->len;
	struct nl_attr attr;

	while (nl_next_attr(&pos, &left, &attr))
		if (attr.type <= AWTUN_TUNNEL_STAT_MAX)
			stat[attr.type] = nl_attr_u64(&attr);
}

/* Tunnels */

static void parse_tunnel_options(const struct nl_attr *attr,
				 struct awtun_tunnel *tunnel)
{
	switch (attr->type) {
	case AWTUN_TUNNEL_A_FWMARK:
		tunnel->fwmark = nl_attr_u32(attr);
		break;
	case AWTUN_TUNNEL_A_LINK:
		tunnel->link = nl_attr_u32(attr);
		break;
	case AWTUN_TUNNEL_A_TTL:
		tunnel->ttl = nl_attr_u8(attr);
		break;
	case AWTUN_TUNNEL_A_DSCP:
		tunnel->dscp = nl_attr_u8(attr);
		break;
	case AWTUN_TUNNEL_A_DF:
		tunnel->df = nl_attr_u8(attr);
		break;
	case AWTUN_TUNNEL_A_MSS_IPV4:
		tunnel->mss_ipv4 = nl_attr_u16(attr);
		break;
	case AWTUN_TUNNEL_A_MSS_IPV6:
		tunnel->mss_ipv6 = nl_attr_u16(attr);
		break;
	}
}

static void parse_tunnel_attr(const struct nl_attr *attr,
			      struct awtun_tunnel *tunnel)
{
	switch (attr->type) {
	case AWTUN_TUNNEL_A_IFINDEX:
		tunnel->ifindex = nl_attr_u32(attr);
		break;
	case AWTUN_TUNNEL_A_MODE:
		tunnel->mode = nl_attr_u32(attr);
		break;
	case AWTUN_TUNNEL_A_LOCAL:
		if (attr->len > sizeof(tunnel->local))
			break;
		tunnel->addr_len = attr->len;
		memcpy(tunnel->local, attr->data, attr->len);
		break;
	case AWTUN_TUNNEL_A_REMOTE:
		if (attr->len > sizeof(tunnel->remote))
			break;
		tunnel->remote_len = attr->len;
		memcpy(tunnel->remote, attr->data, attr->len);
		break;
	case AWTUN_TUNNEL_A_IFNAME:
		nl_attr_string(attr, tunnel->ifname, sizeof(tunnel->ifname));
		break;
	case AWTUN_TUNNEL_A_STATS:
		parse_stats(attr, tunnel->stat);
		break;
	case AWTUN_TUNNEL_A_PATH_MTU:
		tunnel->path_mtu = nl_attr_u32(attr);
		break;
	default:
		parse_tunnel_options(attr, tunnel);
	}
}

bool awtun_parse_tunnel(const void *attrs, size_t len,
			struct awtun_tunnel *tunnel)
{
	struct nl_attr nest, attr;
	const __u8 *pos;
	size_t left;

	memset(tunnel, 0, sizeof(*tunnel));
	tunnel->dscp = -1;
	if (!nl_find_attr(attrs, len, AWTUN_A_TUNNEL, &nest))
		return false;
	pos = nest.data;
	left = nest.len;
	while (nl_next_attr(&pos, &left, &attr))
		parse_tunnel_attr(&attr, tunnel);
	return true;
}

/* SAs */

static void parse_ts(const struct nl_attr *nest, struct awtun_ts *ts)
{
	const __u8 *pos = nest->data;
	size_t left = nest->len;
	struct nl_attr attr;

	ts->port_max = 0xffff;
	while (nl_next_attr(&pos, &left, &attr)) {
		switch (attr.type) {
		case AWTUN_TS_A_START:
			parse_addr(&attr, &ts->start);
			break;
		case AWTUN_TS_A_END:
			parse_addr(&attr, &ts->end);
			break;
		case AWTUN_TS_A_PROTOCOL:
			ts->protocol = nl_attr_u8(&attr);
			break;
		case AWTUN_TS_A_PORT_MIN:
			ts->port_min = nl_attr_u16(&attr);
			break;
		case AWTUN_TS_A_PORT_MAX:
			ts->port_max = nl_attr_u16(&attr);
			break;
		}
	}
}

static void parse_ts_list(const struct nl_attr *nest,
			  struct awtun_ts_list *list)
{
	const __u8 *pos = nest->data;
	size_t left = nest->len;
	struct nl_attr attr;

	while (nl_next_attr(&pos, &left, &attr)) {
		if (attr.type == AWTUN_TS_LIST_A_SELECTOR &&
		    list->n < AWTUN_TS_MAX)
			parse_ts(&attr, &list->ts[list->n++]);
		if (attr.type == AWTUN_TS_LIST_A_ANY)
			list->any = true;
	}
}

static void parse_sa_lifetime(const struct nl_attr *attr, struct awtun_sa *sa)
{
	switch (attr->type) {
	case AWTUN_SA_A_SOFT_SECONDS:
		sa->soft.seconds = nl_attr_u64(attr);
		break;
	case AWTUN_SA_A_HARD_SECONDS:
		sa->hard.seconds = nl_attr_u64(attr);
		break;
	case AWTUN_SA_A_SOFT_BYTES:
		sa->soft.bytes = nl_attr_u64(attr);
		break;
	case AWTUN_SA_A_HARD_BYTES:
		sa->hard.bytes = nl_attr_u64(attr);
		break;
	case AWTUN_SA_A_SOFT_PACKETS:
		sa->soft.packets = nl_attr_u64(attr);
		break;
	case AWTUN_SA_A_HARD_PACKETS:
		sa->hard.packets = nl_attr_u64(attr);
		break;
	case AWTUN_SA_A_AGE:
		sa->age = nl_attr_u64(attr);
		break;
	case AWTUN_SA_A_EXPIRED:
		sa->expired = true;
		break;
	case AWTUN_SA_A_HEARD:
		sa->was_heard = true;
		sa->heard = nl_attr_u64(attr);
		break;
	}
}

static void parse_sa_peer(const struct nl_attr *attr, struct awtun_sa *sa)
{
	switch (attr->type) {
	case AWTUN_SA_A_ENCAP_LOCAL_PORT:
		sa->encap_local_port = ntohs(nl_attr_u16(attr));
		break;
	case AWTUN_SA_A_ENCAP_REMOTE_PORT:
		sa->encap_remote_port = ntohs(nl_attr_u16(attr));
		break;
	case AWTUN_SA_A_REMOTE:
		parse_addr(attr, &sa->remote);
		break;
	case AWTUN_SA_A_FOLLOW:
		sa->follow = true;
		break;
	case AWTUN_SA_A_TS_LOCAL:
		parse_ts_list(attr, &sa->ts_local);
		break;
	case AWTUN_SA_A_TS_REMOTE:
		parse_ts_list(attr, &sa->ts_remote);
		break;
	default:
		parse_sa_lifetime(attr, sa);
	}
}

static void parse_sa_suite(const struct nl_attr *attr, struct awtun_sa *sa)
{
	switch (attr->type) {
	case AWTUN_SA_A_CIPHER:
		sa->cipher = nl_attr_u32(attr);
		break;
	case AWTUN_SA_A_CIPHER_KEY_LEN:
		sa->cipher_key_len = nl_attr_u32(attr);
		break;
	case AWTUN_SA_A_ICV_LEN:
		sa->icv_len = nl_attr_u32(attr);
		break;
	case AWTUN_SA_A_AUTH:
		sa->auth = nl_attr_u32(attr);
		break;
	case AWTUN_SA_A_ESN:
		sa->esn = true;
		break;
	case AWTUN_SA_A_DRIVER:
		nl_attr_string(attr, sa->driver, sizeof(sa->driver));
		break;
	default:
		parse_sa_peer(attr, sa);
	}
}

static void parse_sa_attr(const struct nl_attr *attr, struct awtun_sa *sa)
{
	switch (attr->type) {
	case AWTUN_SA_A_IFINDEX:
		sa->ifindex = nl_attr_u32(attr);
		break;
	case AWTUN_SA_A_DIR:
		sa->dir = nl_attr_u32(attr);
		break;
	case AWTUN_SA_A_SPI:
		sa->spi = ntohl(nl_attr_u32(attr));
		break;
	case AWTUN_SA_A_REPLAY_WINDOW:
		sa->window = nl_attr_u32(attr);
		break;
	case AWTUN_SA_A_ACTIVE:
		sa->active = true;
		break;
	case AWTUN_SA_A_SEQ:
		sa->seq = nl_attr_u64(attr);
		break;
	case AWTUN_SA_A_PACKETS:
		sa->packets = nl_attr_u64(attr);
		break;
	case AWTUN_SA_A_BYTES:
		sa->bytes = nl_attr_u64(attr);
		break;
	case AWTUN_SA_A_STATS:
		parse_stats(attr, sa->stat);
		break;
	default:
		parse_sa_suite(attr, sa);
	}
}

bool awtun_parse_sa(const void *attrs, size_t len, struct awtun_sa *sa)
{
	struct nl_attr nest, attr;
	const __u8 *pos;
	size_t left;

	memset(sa, 0, sizeof(*sa));
	if (!nl_find_attr(attrs, len, AWTUN_A_SA, &nest))
		return false;
	pos = nest.data;
	left = nest.len;
	while (nl_next_attr(&pos, &left, &attr))
		parse_sa_attr(&attr, sa);
	return true;
}

/* Transports and events */

bool awtun_parse_transport(const void *attrs, size_t len,
			   struct awtun_transport *transport)
{
	struct nl_attr nest, attr;
	const __u8 *pos;
	size_t left;

	memset(transport, 0, sizeof(*transport));
	if (!nl_find_attr(attrs, len, AWTUN_A_TRANSPORT, &nest))
		return false;
	pos = nest.data;
	left = nest.len;
	while (nl_next_attr(&pos, &left, &attr)) {
		if (attr.type == AWTUN_TRANSPORT_A_PORT)
			transport->port = ntohs(nl_attr_u16(&attr));
		else if (attr.type == AWTUN_TRANSPORT_A_LOCAL)
			parse_addr(&attr, &transport->local);
	}
	return true;
}

static void parse_detail(const struct nl_attr *attr,
			 struct awtun_notice *notice)
{
	switch (attr->type) {
	case AWTUN_DETAIL_A_COUNT:
		notice->count = nl_attr_u64(attr);
		break;
	case AWTUN_DETAIL_A_CAUSE:
		notice->cause = nl_attr_u32(attr);
		break;
	case AWTUN_DETAIL_A_SPI:
		notice->spi = ntohl(nl_attr_u32(attr));
		break;
	case AWTUN_DETAIL_A_SRC:
		parse_addr(attr, &notice->src);
		break;
	case AWTUN_DETAIL_A_SRC_PORT:
		notice->src_port = ntohs(nl_attr_u16(attr));
		break;
	case AWTUN_DETAIL_A_DST:
		parse_addr(attr, &notice->dst);
		break;
	case AWTUN_DETAIL_A_PROTOCOL:
		notice->protocol = nl_attr_u8(attr);
		break;
	}
}

bool awtun_parse_notice(const void *attrs, size_t len,
			struct awtun_notice *notice)
{
	struct nl_attr event, nest, attr;
	const __u8 *pos;
	size_t left;

	memset(notice, 0, sizeof(*notice));
	if (!nl_find_attr(attrs, len, AWTUN_A_EVENT, &event))
		return false;
	notice->event = nl_attr_u32(&event);
	notice->of_sa = awtun_parse_sa(attrs, len, &notice->sa);
	notice->of_tunnel = awtun_parse_tunnel(attrs, len, &notice->tunnel);
	notice->of_transport = awtun_parse_transport(attrs, len,
						     &notice->transport);
	if (!nl_find_attr(attrs, len, AWTUN_A_DETAIL, &nest))
		return true;
	pos = nest.data;
	left = nest.len;
	while (nl_next_attr(&pos, &left, &attr))
		parse_detail(&attr, notice);
	return true;
}
