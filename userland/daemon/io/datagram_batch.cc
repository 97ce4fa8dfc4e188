// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/io/datagram_batch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "userland/daemon/io/socket_address.h"

namespace awtun::daemon {

struct alignas(cmsghdr) DatagramControl {
  std::array<char, 128> octets;
};

namespace {

constexpr std::size_t kMaxDatagram = 65536;

template <class T>
T value_of(const cmsghdr& part) {
  T value{};
  std::memcpy(&value, CMSG_DATA(&part), sizeof value);
  return value;
}

/// What the kernel reports with the octets.
struct Aside {
  std::optional<IpAddress> local;
  std::optional<std::uint32_t> lost;
};

Aside aside_of(msghdr& message) {
  Aside told;
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO)
      told.local = to_address(value_of<in_pktinfo>(*part).ipi_addr);
    else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO)
      told.local = to_address(value_of<in6_pktinfo>(*part).ipi6_addr);
    else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_RXQ_OVFL)
      told.lost = value_of<std::uint32_t>(*part);
  }
  return told;
}

template <class Info>
void put_control(msghdr& message, int level, int type, const Info& info) {
  message.msg_controllen = CMSG_SPACE(sizeof info);
  auto* part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = level;
  part->cmsg_type = type;
  part->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(part), &info, sizeof info);
}

void put_source(msghdr& message, const IpAddress& source) {
  if (source.is_v4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, source.bytes().data(), sizeof info.ipi_spec_dst);
    put_control(message, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, source.bytes().data(), sizeof info.ipi6_addr);
    put_control(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

iovec to_iovec(ByteView octets) { return {const_cast<std::uint8_t*>(octets.data()), octets.size()}; }

/// The parts of one datagram's message header, which points to them.
struct Parts {
  SocketAddress remote;
  std::array<iovec, 2> data;
  DatagramControl control;
};

void fill(msghdr& message, Parts& parts, const OutgoingDatagram& datagram) {
  parts.remote = to_socket_address(datagram.remote);
  parts.data = {to_iovec(datagram.marker), to_iovec(datagram.bytes)};
  parts.control = {};
  message.msg_name = &parts.remote.storage;
  message.msg_namelen = parts.remote.size;
  message.msg_iov = parts.data.data();
  message.msg_iovlen = parts.data.size();
  message.msg_control = parts.control.octets.data();
  put_source(message, datagram.local);
}

}  // namespace

// The octets are not written before the kernel does: of the 2 MiB only what is needed becomes real.
struct ReceiveBatch::Room {
  std::unique_ptr<std::uint8_t[]> octets =
      std::make_unique_for_overwrite<std::uint8_t[]>(kMaxBatch * kMaxDatagram);
  std::array<mmsghdr, kMaxBatch> messages;
  std::array<sockaddr_storage, kMaxBatch> remotes;
  std::array<iovec, kMaxBatch> data;
  std::array<DatagramControl, kMaxBatch> controls;

  std::uint8_t* octets_of(std::size_t index) { return octets.get() + index * kMaxDatagram; }

  void prepare() {
    for (std::size_t i = 0; i < kMaxBatch; ++i) {
      data[i] = {octets_of(i), kMaxDatagram};
      auto& message = messages[i].msg_hdr;
      message = {};
      message.msg_name = &remotes[i];
      message.msg_namelen = sizeof remotes[i];
      message.msg_iov = &data[i];
      message.msg_iovlen = 1;
      message.msg_control = controls[i].octets.data();
      message.msg_controllen = controls[i].octets.size();
    }
  }
};

ReceiveBatch::ReceiveBatch() : room_(std::make_unique<Room>()) {}
ReceiveBatch::ReceiveBatch(ReceiveBatch&&) noexcept = default;
ReceiveBatch::~ReceiveBatch() = default;

std::size_t ReceiveBatch::receive(int socket, const std::function<void(const IncomingDatagram&)>& take) {
  room_->prepare();
  const int received = ::recvmmsg(socket, room_->messages.data(), kMaxBatch, MSG_DONTWAIT, nullptr);
  const auto count = static_cast<std::size_t>(std::max(received, 0));
  for (std::size_t i = 0; i < count; ++i) {
    auto& message = room_->messages[i];
    const auto told = aside_of(message.msg_hdr);
    const auto remote = to_endpoint(room_->remotes[i]);
    if (remote && told.local)
      take({*told.local, *remote, ByteView(room_->octets_of(i), message.msg_len), told.lost});
  }
  return count;
}

Sent send_batch(std::span<const OutgoingDatagram> datagrams) {
  std::array<mmsghdr, kMaxBatch> messages{};
  std::array<Parts, kMaxBatch> parts;
  for (std::size_t i = 0; i < datagrams.size(); ++i) fill(messages[i].msg_hdr, parts[i], datagrams[i]);
  const auto count = static_cast<unsigned>(datagrams.size());
  const int sent = ::sendmmsg(datagrams.front().socket, messages.data(), count, MSG_DONTWAIT);
  // An error is reported only for the first: that of a later one is reported by the next call.
  if (sent <= 0) return {1, errno};
  return {static_cast<std::size_t>(sent), 0};
}

}  // namespace awtun::daemon
