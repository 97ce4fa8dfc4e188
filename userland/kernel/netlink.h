// SPDX-License-Identifier: Apache-2.0
// A request to the kernel and its answer: the part that all netlink families share.
#pragma once

#include <netlink/attr.h>
#include <netlink/msg.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "userland/base/bytes.h"
#include "userland/base/ip.h"
#include "userland/base/result.h"

namespace awtun::kernel {

/// What the kernel refused, and why.
struct KernelError {
  int code = 0;         ///< errno, positive
  std::string doing;    ///< "add address 10.0.0.1/30"
  std::string message;  ///< the kernel's own words (extended acknowledgement); may be empty

  /// "add address 10.0.0.1/30: File exists (address already assigned)".
  [[nodiscard]] std::string to_string() const;
};

template <class T>
using KernelResult = Result<T, KernelError>;

/// The same for those who only report it.
[[nodiscard]] Result<void, std::string> as_text(const KernelResult<void>& result);

/// One request under construction. Its buffer is wiped when it goes: it may have held keys.
class Message {
 public:
  /// `flags`: NLM_F_*, without NLM_F_REQUEST, which every message has.
  Message(int type, int flags);

  /// Appends a fixed header (struct ifinfomsg, genlmsghdr...) and returns it zeroed.
  template <class Header>
  Header& append() {
    return *static_cast<Header*>(append_raw(sizeof(Header)));
  }

  void put(int attribute, ByteView value);
  void put_u8(int attribute, std::uint8_t value);
  void put_u16(int attribute, std::uint16_t value);
  void put_u32(int attribute, std::uint32_t value);
  void put_u64(int attribute, std::uint64_t value);
  void put_flag(int attribute) { put(attribute, ByteView()); }
  void put_string(int attribute, std::string_view value);
  void put(int attribute, const IpAddress& address) { put(attribute, address.bytes()); }

  /// Calls `fill` with the attributes it puts enclosed in `attribute`.
  template <class Fill>
  void nest(int attribute, Fill fill) {
    auto* start = begin_nest(attribute);
    fill();
    end_nest(start);
  }

  [[nodiscard]] nlmsghdr* header() { return nlmsg_hdr(message_.get()); }
  [[nodiscard]] const nlmsghdr* header() const { return nlmsg_hdr(message_.get()); }
  /// True when an attribute did not fit; such a message is not to be sent.
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  struct Wipe {
    void operator()(nl_msg* message) const;
  };

  void* append_raw(std::size_t size);
  nlattr* begin_nest(int attribute);
  void end_nest(nlattr* start);

  std::unique_ptr<nl_msg, Wipe> message_;
  bool overflowed_ = false;
};

/// The attributes of a message or of a nest, by number. Refers to the message's memory. An
/// attribute of the wrong length reads as absent: the kernel is trusted, its version is not.
class Attributes {
 public:
  static constexpr int kMaxType = 64;

  explicit Attributes(ByteView attributes);

  [[nodiscard]] bool has(int attribute) const { return find(attribute) != nullptr; }
  [[nodiscard]] std::optional<ByteView> bytes(int attribute) const;
  [[nodiscard]] std::optional<std::uint8_t> u8(int attribute) const;
  [[nodiscard]] std::optional<std::uint16_t> u16(int attribute) const;
  [[nodiscard]] std::optional<std::uint32_t> u32(int attribute) const;
  [[nodiscard]] std::optional<std::uint64_t> u64(int attribute) const;
  [[nodiscard]] std::optional<std::string> string(int attribute) const;
  [[nodiscard]] std::optional<IpAddress> address(int attribute) const;
  [[nodiscard]] std::optional<Attributes> nest(int attribute) const;

 private:
  [[nodiscard]] const nlattr* find(int attribute) const;
  template <class Number>
  [[nodiscard]] std::optional<Number> number(int attribute) const;
  std::array<const nlattr*, kMaxType + 1> table_{};
};

/// The attributes that follow a fixed header of `header_size` octets.
Attributes attributes_of(const nlmsghdr& message, std::size_t header_size);

/// The fixed header of a message, or nullptr when the message is too short to hold it.
template <class Header>
const Header* header_of(const nlmsghdr& message) {
  return nlmsg_valid_hdr(&message, sizeof(Header)) ? static_cast<const Header*>(nlmsg_data(&message))
                                                   : nullptr;
}

/// The verdict of an NLMSG_ERROR or NLMSG_DONE message.
struct Verdict {
  int code = 0;         ///< errno, positive; 0: done
  std::string message;  ///< NLMSGERR_ATTR_MSG
};
Verdict verdict_of(const nlmsghdr& message);

/// A netlink socket. Requests are synchronous: the kernel answers before send() returns.
class NetlinkSocket {
 public:
  using Handler = std::function<void(const nlmsghdr&)>;

  /// `protocol`: NETLINK_ROUTE or NETLINK_GENERIC.
  static KernelResult<NetlinkSocket> open(int protocol);

  [[nodiscard]] int fd() const;
  [[nodiscard]] nl_sock* handle() { return socket_.get(); }

  /// Sends a request, gives every answering message to `handler` and returns the verdict; `doing`
  /// names the request in an error. A dump that the kernel says was interrupted by a change
  /// gives EINTR.
  KernelResult<void> request(Message& message, const std::string& doing, const Handler& handler = {});

  /// Joins a multicast group and makes the socket non-blocking: from now on for events only.
  KernelResult<void> subscribe(int group);

  /// Reads the events that wait. Returns false when the kernel had to throw some away (ENOBUFS):
  /// the caller must read the whole state again.
  bool drain(const Handler& handler);

 private:
  struct Free {
    void operator()(nl_sock* socket) const;
  };

  NetlinkSocket() = default;
  KernelResult<void> collect(std::uint32_t sequence, const std::string& doing, const Handler& handler);

  std::unique_ptr<nl_sock, Free> socket_;
  Bytes buffer_;
};

}  // namespace awtun::kernel
