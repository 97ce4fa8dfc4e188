// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/drive/message_trace.h"

#include <fmt/format.h>

#include "userland/wire/message.h"

namespace awtun::daemon {

std::string describe_message(Way way, const Endpoint& peer, ByteView message) {
  const auto where = fmt::format("{} {}", way == Way::In ? "from" : "to", peer.to_string());
  const auto header = wire::parse_header(message);
  if (!header) return fmt::format("{}: no IKE message, {} octets", where, message.size());
  return fmt::format("{}: {} {} {}, {} octets, SPIs {:016x} {:016x}", where,
                     wire::to_string(header->exchange), header->response ? "response" : "request",
                     header->message_id, message.size(), header->initiator_spi, header->responder_spi);
}

}  // namespace awtun::daemon
