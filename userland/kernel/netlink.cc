// SPDX-License-Identifier: Apache-2.0
#include "userland/kernel/netlink.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <openssl/crypto.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace awtun::kernel {
namespace {

// A dump message is at most 32 KiB (NLMSG_GOODSIZE and skb limits); an event may come in a batch.
constexpr std::size_t kReceiveSize = 64 * 1024;
constexpr int kEventBufferSize = 1024 * 1024;

KernelError error_from(int code, const std::string& doing, std::string message = {}) {
  return KernelError{code, doing, std::move(message)};
}

void set_option(int fd, int option) {
  const int on = 1;
  // Older kernels lack some of these; without them errors are only less telling.
  (void)setsockopt(fd, SOL_NETLINK, option, &on, sizeof on);
}

}  // namespace

std::string KernelError::to_string() const {
  std::string text = doing + ": " + std::strerror(code);
  if (!message.empty()) text += " (" + message + ")";
  return text;
}

Result<void, std::string> as_text(const KernelResult<void>& result) {
  if (result) return {};
  return Error{result.error().to_string()};
}

// ---------------------------------------------------------------- Message

Message::Message(int type, int flags) : message_(nlmsg_alloc()) {
  if (!message_ || nlmsg_put(message_.get(), NL_AUTO_PORT, 0, type, 0, flags | NLM_F_REQUEST) == nullptr)
    throw std::bad_alloc();
}

void Message::Wipe::operator()(nl_msg* message) const {
  OPENSSL_cleanse(nlmsg_hdr(message), nlmsg_get_max_size(message));
  nlmsg_free(message);
}

void* Message::append_raw(std::size_t size) {
  void* place = nlmsg_reserve(message_.get(), size, NLMSG_ALIGNTO);
  if (place == nullptr) throw std::bad_alloc();
  std::memset(place, 0, size);
  return place;
}

void Message::put(int attribute, ByteView value) {
  if (nla_put(message_.get(), attribute, static_cast<int>(value.size()), value.data()) < 0)
    overflowed_ = true;
}

void Message::put_u8(int attribute, std::uint8_t value) { put(attribute, ByteView(&value, 1)); }

void Message::put_u16(int attribute, std::uint16_t value) {
  if (nla_put_u16(message_.get(), attribute, value) < 0) overflowed_ = true;
}

void Message::put_u32(int attribute, std::uint32_t value) {
  if (nla_put_u32(message_.get(), attribute, value) < 0) overflowed_ = true;
}

void Message::put_u64(int attribute, std::uint64_t value) {
  if (nla_put_u64(message_.get(), attribute, value) < 0) overflowed_ = true;
}

void Message::put_string(int attribute, std::string_view value) {
  if (nla_put_string(message_.get(), attribute, std::string(value).c_str()) < 0) overflowed_ = true;
}

nlattr* Message::begin_nest(int attribute) {
  auto* start = nla_nest_start(message_.get(), attribute | NLA_F_NESTED);
  if (start == nullptr) overflowed_ = true;
  return start;
}

void Message::end_nest(nlattr* start) {
  if (start != nullptr) nla_nest_end(message_.get(), start);
}

// ---------------------------------------------------------------- Attributes

Attributes::Attributes(ByteView attributes) {
  int remaining = static_cast<int>(attributes.size());
  auto* attribute = reinterpret_cast<nlattr*>(const_cast<std::uint8_t*>(attributes.data()));
  for (; nla_ok(attribute, remaining); attribute = nla_next(attribute, &remaining))
    if (nla_type(attribute) <= kMaxType) table_[static_cast<std::size_t>(nla_type(attribute))] = attribute;
}

const nlattr* Attributes::find(int attribute) const { return table_[static_cast<std::size_t>(attribute)]; }

std::optional<ByteView> Attributes::bytes(int attribute) const {
  const auto* found = find(attribute);
  if (found == nullptr) return std::nullopt;
  return ByteView(static_cast<const std::uint8_t*>(nla_data(found)),
                  static_cast<std::size_t>(nla_len(found)));
}

template <class Number>
std::optional<Number> Attributes::number(int attribute) const {
  const auto value = bytes(attribute);
  if (!value || value->size() != sizeof(Number)) return std::nullopt;
  Number found = 0;
  std::memcpy(&found, value->data(), sizeof found);
  return found;
}

std::optional<std::uint8_t> Attributes::u8(int attribute) const { return number<std::uint8_t>(attribute); }

std::optional<std::uint16_t> Attributes::u16(int attribute) const { return number<std::uint16_t>(attribute); }

std::optional<std::uint32_t> Attributes::u32(int attribute) const { return number<std::uint32_t>(attribute); }

std::optional<std::uint64_t> Attributes::u64(int attribute) const { return number<std::uint64_t>(attribute); }

std::optional<std::string> Attributes::string(int attribute) const {
  const auto value = bytes(attribute);
  if (!value) return std::nullopt;
  const auto* text = reinterpret_cast<const char*>(value->data());
  return std::string(text, strnlen(text, value->size()));
}

std::optional<IpAddress> Attributes::address(int attribute) const {
  const auto value = bytes(attribute);
  return value ? IpAddress::from_bytes(*value) : std::nullopt;
}

std::optional<Attributes> Attributes::nest(int attribute) const {
  const auto value = bytes(attribute);
  if (!value) return std::nullopt;
  return Attributes(*value);
}

Attributes attributes_of(const nlmsghdr& message, std::size_t header_size) {
  const auto* start = static_cast<const std::uint8_t*>(nlmsg_data(&message));
  const auto size = static_cast<std::size_t>(nlmsg_datalen(&message));
  const auto skip = NLMSG_ALIGN(header_size);
  return Attributes(skip <= size ? ByteView(start + skip, size - skip) : ByteView());
}

// ---------------------------------------------------------------- verdicts

Verdict verdict_of(const nlmsghdr& message) {
  const auto* code = header_of<int>(message);
  if (code == nullptr) return {message.nlmsg_type == NLMSG_DONE ? 0 : EPROTO, {}};
  Verdict verdict{-*code, {}};
  if ((message.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return verdict;
  std::size_t fixed = sizeof(int);
  if (message.nlmsg_type == NLMSG_ERROR) {
    const auto* error = header_of<nlmsgerr>(message);
    if (error == nullptr) return verdict;
    fixed = sizeof(nlmsgerr);
    // Without NLM_F_CAPPED the whole refused request stands before the attributes.
    if ((message.nlmsg_flags & NLM_F_CAPPED) == 0) fixed += error->msg.nlmsg_len - sizeof(nlmsghdr);
  }
  verdict.message = attributes_of(message, fixed).string(NLMSGERR_ATTR_MSG).value_or("");
  return verdict;
}

// ---------------------------------------------------------------- NetlinkSocket

void NetlinkSocket::Free::operator()(nl_sock* socket) const { nl_socket_free(socket); }

KernelResult<NetlinkSocket> NetlinkSocket::open(int protocol) {
  NetlinkSocket made;
  made.socket_.reset(nl_socket_alloc());
  made.buffer_.resize(kReceiveSize);
  if (!made.socket_) return Error{error_from(ENOMEM, "allocate a netlink socket")};
  if (const int error = nl_connect(made.socket_.get(), protocol); error < 0)
    return Error{error_from(errno != 0 ? errno : EIO, "open a netlink socket", nl_geterror(error))};
  set_option(made.fd(), NETLINK_EXT_ACK);
  set_option(made.fd(), NETLINK_CAP_ACK);  // a refused request is not sent back: it may hold keys
  return made;
}

int NetlinkSocket::fd() const { return nl_socket_get_fd(socket_.get()); }

KernelResult<void> NetlinkSocket::request(Message& message, const std::string& doing,
                                          const Handler& handler) {
  if (message.overflowed()) return Error{error_from(EMSGSIZE, doing)};
  auto* header = message.header();
  if ((header->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP) header->nlmsg_flags |= NLM_F_ACK;
  header->nlmsg_seq = nl_socket_use_seq(socket_.get());
  header->nlmsg_pid = nl_socket_get_local_port(socket_.get());
  if (::send(fd(), header, header->nlmsg_len, 0) < 0) return Error{error_from(errno, doing)};
  return collect(header->nlmsg_seq, doing, handler);
}

KernelResult<void> NetlinkSocket::collect(std::uint32_t sequence, const std::string& doing,
                                          const Handler& handler) {
  bool interrupted = false;
  for (;;) {
    const auto received = ::recv(fd(), buffer_.data(), buffer_.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) return Error{error_from(errno, doing)};
    int remaining = static_cast<int>(received);
    for (auto* part = reinterpret_cast<nlmsghdr*>(buffer_.data()); nlmsg_ok(part, remaining);
         part = nlmsg_next(part, &remaining)) {
      if (part->nlmsg_seq != sequence) continue;  // the rest of a dump given up earlier
      if ((part->nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted = true;
      if (part->nlmsg_type == NLMSG_ERROR || part->nlmsg_type == NLMSG_DONE) {
        auto verdict = verdict_of(*part);
        if (verdict.code == 0 && interrupted) verdict.code = EINTR;
        if (verdict.code != 0) return Error{error_from(verdict.code, doing, std::move(verdict.message))};
        return {};
      }
      if (handler) handler(*part);
    }
  }
}

KernelResult<void> NetlinkSocket::subscribe(int group) {
  if (const int error = nl_socket_add_membership(socket_.get(), group); error < 0)
    return Error{error_from(errno, "subscribe to kernel events", nl_geterror(error))};
  nl_socket_set_nonblocking(socket_.get());
  // CAP_NET_ADMIN may exceed rmem_max; without it the default size has to do.
  (void)setsockopt(fd(), SOL_SOCKET, SO_RCVBUFFORCE, &kEventBufferSize, sizeof kEventBufferSize);
  return {};
}

bool NetlinkSocket::drain(const Handler& handler) {
  bool complete = true;
  for (;;) {
    const auto received = ::recv(fd(), buffer_.data(), buffer_.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && errno == ENOBUFS) {
      complete = false;
      continue;
    }
    if (received <= 0) return complete;
    int remaining = static_cast<int>(received);
    for (auto* part = reinterpret_cast<nlmsghdr*>(buffer_.data()); nlmsg_ok(part, remaining);
         part = nlmsg_next(part, &remaining))
      handler(*part);
  }
}

}  // namespace awtun::kernel
