#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# For the tests of whole routers, to be sourced: two routers with a LAN behind
# each, awiked or strongSwan on them, and the manual's examples.
#
#   lan-a -- router-a ==== underlay ==== router-b -- lan-b
#
# shellcheck source=../lib/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/lib.sh"

AWTUN_BIN=${AWTUN_BIN:-$(cd "$here/../build/bin" && pwd)}
[ -n "$AWTUN_KO" ] || [ ! -e "$here/../kmod/awtun.ko" ] || export AWTUN_KO=$here/../kmod/awtun.ko
work=$(mktemp -d)

# The addresses of the manual's two examples, by router.
# shellcheck disable=SC2034 # for those who source this
declare -A WAN4=([a]=10.1.1.1 [b]=10.2.2.2) \
	WAN6=([a]=2001:db8:1:1::1 [b]=2001:db8:2:2::2) \
	LAN4=([a]=192.168.10 [b]=192.168.20) \
	LAN6=([a]=2001:db8:10:10 [b]=2001:db8:10:20) \
	OTHER=([a]=b [b]=a) \
	NAMES=([a]=test1.example.com [b]=test2.example.com)

# For tests that write into /etc, or make users: what a VM writes is gone with it.
in_vm_alone() {
	[ -e /run/vm/command ] || skip_all "not in a VM"
}

routers_cleanup() {
	cleanup
	rm -rf "$work"
}
trap routers_cleanup EXIT

# spawn NS COMMAND...: in the background, ended at exit; its process id is in
# $spawned. Not by in_ns: a function in the background is a shell of its own.
spawn() {
	local name
	name=$(ns "$1")
	shift
	ip netns exec "$name" "$@" &
	spawned=$!
	jobs_started+=("$spawned")
}

### Topology

lan_up() { # SIDE
	ip link add eth0 netns "$(ns "lan-$1")" type veth \
		peer name lan netns "$(ns "router-$1")" || return
	ip -n "$(ns "router-$1")" -batch - <<-END || return
	link set lan up
	addr add ${LAN4[$1]}.1/24 dev lan
	addr add ${LAN6[$1]}::1/64 dev lan nodad
	END
	ip -n "$(ns "lan-$1")" -batch - <<-END || return
	link set eth0 up
	addr add ${LAN4[$1]}.2/24 dev eth0
	addr add ${LAN6[$1]}::2/64 dev eth0 nodad
	route add default via ${LAN4[$1]}.1
	route add default via ${LAN6[$1]}::1
	END
	in_ns "router-$1" sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
}

wan_up() { # SIDE
	ip -n "$(ns "router-$1")" -batch - <<-END
	link set wan up
	addr add ${WAN4[$1]}/32 dev wan
	addr add ${WAN6[$1]}/128 dev wan nodad
	route add ${WAN4[${OTHER[$1]}]} dev wan
	route add ${WAN6[${OTHER[$1]}]} dev wan
	END
}

routers_up() {
	ns_add lan-a router-a router-b lan-b &&
		ip link add wan netns "$(ns router-a)" type veth \
			peer name wan netns "$(ns router-b)" &&
		wan_up a && wan_up b && lan_up a && lan_up b
}

# nat_link SIDE ADDRESS LINK NAT-ADDRESS: its WAN is a link of the router "nat".
nat_link() {
	ip link add "$3" netns "$(ns nat)" type veth peer name wan netns "$(ns "router-$1")" &&
		ip -n "$(ns nat)" link set "$3" up &&
		ip -n "$(ns nat)" addr add "$4/24" dev "$3" &&
		ip -n "$(ns "router-$1")" link set wan up &&
		ip -n "$(ns "router-$1")" addr add "$2/24" dev wan
}

# distant SIDE WORD...: to the other router it is as far as the words say, netem's.
distant() {
	local side=$1
	shift
	in_ns "router-$side" tc qdisc add dev wan root netem "$@"
}

### awiked and awcli

# daemon_start SIDE [OPTION...]
daemon_start() {
	local side=$1
	shift
	mkdir -p "$work/$side"
	spawn "router-$side" "$AWTUN_BIN/awiked" --config "$work/$side/startup-config" \
		--state-dir "$work/$side" --socket "$work/$side/sock" --pki-dir "$work/$side/pki" "$@" \
		>>"$work/$side/log" 2>&1
	declare -g "daemon_$side=$spawned"
	wait_for 20 cli "$side" show running-config
}

# daemon_stop SIDE [SIGNAL]: and its exit status.
daemon_stop() {
	local job="daemon_$1"
	kill "-${2:-TERM}" "${!job}" && wait "${!job}"
}

# has_status PID FIELD VALUE: by the kernel.
has_status() {
	[ "$(awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status")" = "$3" ]
}

# What a process that is no longer root has, and nothing else:
# CAP_NET_BIND_SERVICE and CAP_NET_ADMIN.
# shellcheck disable=SC2034 # for those who source this
readonly TWO_CAPABILITIES=0000000000001400

# cli SIDE [OPTION or WORD...]
cli() {
	local side=$1
	shift
	in_ns "router-$side" "$AWTUN_BIN/awcli" --socket "$work/$side/sock" "$@"
}

# cli_json SIDE EXPRESSION WORD...: what jq finds in a view.
cli_json() {
	local side=$1 expression=$2
	shift 2
	cli "$side" --json "$@" | jq -er "$expression"
}

# type_lines SIDE: the lines of a manual's example, prompts and all, typed from
# configuration mode as they stand.
type_lines() {
	{
		echo "configure terminal"
		sed -E 's/^[[:space:]]*awplus(\([a-z-]+\))?# //'
	} | cli "$1" -f -
}

# Router A is the manual's text to the letter; router B is its mirror.
seed_ipv4() { # SIDE
	case $1 in
	a) type_lines a <<-'END'
	awplus(config)# crypto isakmp key ouR4ecret address 10.2.2.2
	awplus(config)# interface tunnel0
	awplus(config-if)# tunnel mode ipsec ipv4
	awplus(config-if)# tunnel source 10.1.1.1
	awplus(config-if)# tunnel destination 10.2.2.2
	awplus(config-if)# tunnel protection ipsec
	awplus(config-if)# ip address 192.168.254.1/30
	awplus(config-if)# exit
	awplus(config)# ip route 192.168.20.0/24 tunnel0
	END
	;;
	b) type_lines b <<-'END'
	awplus(config)# crypto isakmp key ouR4ecret address 10.1.1.1
	awplus(config)# interface tunnel0
	awplus(config-if)# tunnel mode ipsec ipv4
	awplus(config-if)# tunnel source 10.2.2.2
	awplus(config-if)# tunnel destination 10.1.1.1
	awplus(config-if)# tunnel protection ipsec
	awplus(config-if)# ip address 192.168.254.2/30
	awplus(config-if)# exit
	awplus(config)# ip route 192.168.10.0/24 tunnel0
	END
	;;
	esac
}

seed_ipv6() { # SIDE
	case $1 in
	a) type_lines a <<-'END'
	awplus(config)# crypto isakmp key ouR4ecret address 2001:db8:2:2::2
	awplus(config)# interface tunnel0
	awplus(config-if)# tunnel mode ipsec ipv6
	awplus(config-if)# tunnel source 2001:db8:1:1::1
	awplus(config-if)# tunnel destination 2001:db8:2:2::2
	awplus(config-if)# tunnel protection ipsec
	awplus(config-if)# ipv6 enable
	awplus(config-if)# exit
	awplus(config)# ipv6 route 2001:db8:10:20::/64 tunnel0
	END
	;;
	b) type_lines b <<-'END'
	awplus(config)# crypto isakmp key ouR4ecret address 2001:db8:1:1::1
	awplus(config)# interface tunnel0
	awplus(config-if)# tunnel mode ipsec ipv6
	awplus(config-if)# tunnel source 2001:db8:2:2::2
	awplus(config-if)# tunnel destination 2001:db8:1:1::1
	awplus(config-if)# tunnel protection ipsec
	awplus(config-if)# ipv6 enable
	awplus(config-if)# exit
	awplus(config)# ipv6 route 2001:db8:10:10::/64 tunnel0
	END
	;;
	esac
}

# Two routers with the manual's first example, as a test's first checks.
check_seed_pair() {
	check "the routers come up" routers_up
	check "awiked starts on A" daemon_start a
	check "awiked starts on B" daemon_start b
	check "router A takes the manual's lines" seed_ipv4 a
	check "router B takes them" seed_ipv4 b
}

# The other family's LAN through the same tunnel.
route_both_families() { # SIDE
	type_lines "$1" <<-END
	ip route ${LAN4[${OTHER[$1]}]}.0/24 tunnel0
	ipv6 route ${LAN6[${OTHER[$1]}]}::/64 tunnel0
	END
}

# up SIDE: the tunnel is up, with its routes, and there is exactly one SA of each kind.
up() {
	cli_json "$1" '.sas | length == 1 and .[0].state == "Established"' show isakmp sa >/dev/null &&
		cli_json "$1" '.sas | length == 1 and .[0].state == "Installed"' show ipsec sa >/dev/null &&
		tunnel_running "router-$1" && cli_json "$1" '.routes | all(.installed)' show routes static >/dev/null
}

both_up() { up a && up b; }

drops() { # SIDE
	cli_json "$1" '.interfaces[0].drops | tojson' show interface tunnel0
}

# What was dropped before both sides were ready is not lost to anything.
count_drops_from_here() {
	drops a >"$work/a/drops" && drops b >"$work/b/drops"
}

# lost_nothing SIDE: the module has dropped no packet of tunnel0 since then.
lost_nothing() {
	drops "$1" | tee "$work/$1/drops.now" && cmp "$work/$1/drops" "$work/$1/drops.now"
}

### Traffic between the LANs

# as_hex TEXT: its octets, two digits each.
as_hex() { printf %s "$1" | od -An -tx1 | tr -d ' \n'; }

ping_lan() { # FROM 4|6
	local to=${OTHER[$1]} address
	address=${LAN4[$to]}.2
	[ "$2" = 4 ] || address=${LAN6[$to]}::2
	in_ns "lan-$1" ping -q -c 5 -i 0.2 -W 5 "$address"
}

# LAN a pings LAN b twenty times a second, from here until pings_stop.
pings_start() {
	spawn lan-a ping -i 0.05 -W 5 "${LAN4[b]}.2" >"$work/pings"
	pings=$spawned
	wait_for 20 grep -q "icmp_seq=20 " "$work/pings"
}

# The sequence numbers of the answers, which start at 1.
answered() { sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' "$work/pings" | sort -n; }

answered_up_to() { [ "$(answered | tail -n 1)" -ge "$1" ]; }

# No ping is lost: an answer is awaited to one of after this, a second further on,
# which is further than the routers are apart, and below it none is missing.
pings_stop() {
	local last
	last=$(answered | tail -n 1)
	wait_for 20 answered_up_to $((last + 20)) || return
	kill -INT "$pings"
	wait "$pings"
	tail -n 3 "$work/pings"
	answered | awk '$1 != NR { gap = 1 } END { exit gap || !NR }'
}

# tcp_lan FROM 4|6 OCTETS: random octets through TCP, compared at the far end.
tcp_lan() {
	local from=$1 to=${OTHER[$1]} address server
	address=${LAN4[$to]}.2
	[ "$2" = 4 ] || address=[${LAN6[$to]}::2]
	head -c "$3" /dev/urandom >"$work/sent"
	spawn "lan-$to" timeout 60 socat -u "TCP$2-LISTEN:7000,reuseaddr" "OPEN:$work/received,creat,trunc"
	server=$spawned
	wait_for 10 listens "lan-$to" 7000 || return
	in_ns "lan-$from" timeout 60 socat -u "OPEN:$work/sent" "TCP$2:$address:7000" || return
	wait "$server" && cmp "$work/sent" "$work/received"
}

listens() { # NS PORT
	in_ns "$1" ss -Hltn "sport = :$2" | grep -q .
}

### Certificates, by openssl

# ca NAME SUBJECT: a self-signed CA in $work/ca/NAME.
ca() {
	mkdir -p "$work/ca/$1" &&
		openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "$2" \
			-addext "keyUsage=critical,keyCertSign,cRLSign" \
			-keyout "$work/ca/$1/key.pem" -out "$work/ca/$1/ca.pem"
}

# key_pair KIND FILE: RSA of KEY_BITS (2048) bits or on the curve P-256.
key_pair() {
	case $1 in
	rsa) openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:"${KEY_BITS:-2048}" -out "$2" ;;
	ecdsa) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$2" ;;
	esac && chmod 600 "$2"
}

# certificate CA KIND NAME FILE [OPTION...]: signed by the CA, its key beside it;
# the options are those of `openssl x509 -req`.
certificate() {
	local ca=$work/ca/$1 kind=$2 name=$3 file=$4
	shift 4
	key_pair "$kind" "$file.key" &&
		openssl req -new -key "$file.key" -subj "/CN=$name" -out "$file.csr" &&
		openssl x509 -req -in "$file.csr" -CA "$ca/ca.pem" -CAkey "$ca/key.pem" \
			-set_serial "0x$(openssl rand -hex 8)" -days 7 \
			-extfile <(echo "subjectAltName=DNS:$name") -out "$file" "$@"
}

# trustpoint SIDE NAME CA CERTIFICATE: as awiked keeps it.
trustpoint() {
	local dir=$work/$1/pki/trustpoints/$2
	mkdir -p "$dir" && cp "$work/ca/$3/ca.pem" "$dir/ca.pem" &&
		(umask 077 && cat "$4.key" "$4" >"$dir/own.pem")
}

# enrolled SIDE TRUSTPOINT CA rsa|ecdsa: a trustpoint by the router's own commands,
# its request signed by the CA.
enrolled() {
	local ca=$work/ca/$3 name=${NAMES[$1]} kind=rsakeypair
	[ "$4" = rsa ] || kind=eckeypair
	type_lines "$1" <<-END || return
	crypto pki trustpoint $2
	enrollment terminal
	subject-name /CN=$name
	subject-alt-name $name
	$kind $2
	END
	cli "$1" --yes crypto pki authenticate "$2" <"$ca/ca.pem" &&
		cli "$1" crypto pki enroll "$2" | openssl x509 -req -CA "$ca/ca.pem" -CAkey "$ca/key.pem" \
			-set_serial "0x$(openssl rand -hex 8)" -days 7 \
			-extfile <(echo "subjectAltName=DNS:$name") -out "$work/$1-$2.pem" &&
		cli "$1" --yes crypto pki import "$2" pem terminal <"$work/$1-$2.pem"
}

# certificates_up: one CA; RSA and ECDSA certificates of it for strongSwan on
# router B.
certificates_up() {
	local kind
	mkdir -p "$work"/{x509,x509ca,private} && ca common /C=JP/O=EXAMPLE/CN=SampleRootCA &&
		cp "$work/ca/common/ca.pem" "$work/x509ca/" || return
	for kind in rsa ecdsa; do
		certificate common $kind "${NAMES[b]}" "$work/x509/$kind.pem" &&
			mv "$work/x509/$kind.pem.key" "$work/private/$kind.pem" || return
	done
}

### Captures of the underlay

capture_start() { # FILE
	spawn router-a tcpdump -i wan -U -w "$1" --immediate-mode 2>"$work/tcpdump"
	capture=$spawned
	wait_for 20 grep -q "listening on" "$work/tcpdump"
}

capture_stop() {
	kill "$capture"
	wait "$capture"
}

### strongSwan on router B

# charon_start [OPTION]: its kernel side is XFRM, its interface xfrm0. OPTION: a line of
# its configuration.
charon_start() {
	ip -n "$(ns router-b)" -batch - <<-END || return
	link add xfrm0 type xfrm dev wan if_id 42
	link set xfrm0 up mtu 1400
	route add ${LAN4[a]}.0/24 dev xfrm0
	route add ${LAN6[a]}::/64 dev xfrm0
	END
	cat >"$work/strongswan.conf" <<-END
	charon {
		load = random nonce aes sha1 sha2 hmac kdf gmp gcm openssl pem pkcs1 pkcs8 x509 revocation constraints pubkey kernel-netlink socket-default vici
		install_routes = no
		${1-}
		plugins { vici { socket = unix://$work/charon.vici } }
		filelog { stderr { default = 1 } }
	}
	END
	# The pid file's place is compiled in: a /run of its own hides it.
	STRONGSWAN_CONF=$work/strongswan.conf spawn router-b unshare -m \
		sh -c 'mount -t tmpfs tmpfs /run && exec /usr/lib/ipsec/charon' >>"$work/charon.log" 2>&1
	charon=$spawned
	wait_for 30 test -S "$work/charon.vici"
}

swanctl() {
	STRONGSWAN_CONF=$work/strongswan.conf SWANCTL_DIR=$work command swanctl "$@" \
		--uri "unix://$work/charon.vici"
}

# What strongSwan calls the ends, a and b, where not by their addresses or the
# names in their certificates.
declare -A CHARON_ID=()

# charon_auth SIDE AUTH FAMILY: how one end proves who it is.
charon_auth() {
	local -n address=WAN$3
	case $2 in
	psk) echo "auth = psk; id = \"${CHARON_ID[$1]-${address[$1]}}\"" ;;
	*)
		echo "auth = pubkey; id = \"${CHARON_ID[$1]-${NAMES[$1]}}\""
		[ "$1" = a ] || echo "certs = $2.pem"
		;;
	esac | tr ';' '\n'
}

# What strongSwan makes a Child SA each for: its name, its networks, router A's.
CHARON_CHILDREN="net 0.0.0.0/0,::/0 0.0.0.0/0,::/0"

# charon_children ESP-PROPOSALS
charon_children() {
	local name here there
	while read -r name here there; do
		cat <<-END
		$name {
			local_ts = $here
			remote_ts = $there
			if_id_in = 42
			if_id_out = 42
			esp_proposals = $1
			${CHARON_CHILD-}
		}
		END
	done <<<"$CHARON_CHILDREN"
}

# charon_configure 4|6 [ESP-PROPOSALS] [KEY] [psk|rsa|ecdsa] [IKE-PROPOSALS]: with
# router A, or what CHARON_REMOTE has in its place.
charon_configure() {
	local -n wan=WAN$1
	local auth=${4:-psk}
	local ike=aes256-sha256-modp2048,aes256-sha256-modp4096,aes256-sha1-modp2048,aes256-sha1-modp4096
	ike+=,${ike//aes256/aes128}
	local esp=aes256-sha256,aes256gcm16,aes256gcm8,aes256-sha1
	esp+=,${esp//aes256/aes128}
	cat >"$work/swanctl.conf" <<-END
	connections {
		peer {
			version = 2
			local_addrs = ${wan[b]}
			remote_addrs = ${CHARON_REMOTE-${wan[a]}}
			proposals = ${5:-$ike}
			${CHARON_PEER-}
			local {
				$(charon_auth b "$auth" "$1")
			}
			remote {
				$(charon_auth a "$auth" "$1")
			}
			children {
				$(charon_children "${2:-$esp}")
			}
		}
	}
	secrets {
		ike-peer { id = "${CHARON_ID[a]-${wan[a]}}"
			secret = "${3:-ouR4ecret}" }
	}
	END
	swanctl --load-all --file "$work/swanctl.conf"
}

charon_initiate() {
	swanctl --initiate --child net --timeout 60
}

charon_up() {
	swanctl --list-sas --ike peer | grep -q INSTALLED
}

# requests_lost add|del: none of awiked's own IKE_SA_INIT requests (exchange 34,
# initiator flag) gets through meanwhile, so it is strongSwan's that makes the
# SA, whoever is faster.
requests_lost() {
	in_ns router-b tc qdisc "$1" dev wan clsact || return
	[ "$1" = add ] || return 0
	in_ns router-b tc filter add dev wan ingress prio 1 protocol ip \
		u32 match u16 0x2208 0xffff at 46 action drop &&
		in_ns router-b tc filter add dev wan ingress prio 2 protocol ipv6 \
			u32 match u16 0x2208 0xffff at 66 action drop
}

connecting() {
	cli_json a '.sas | map(.state) | index("Connecting") != null' show isakmp sa
}
