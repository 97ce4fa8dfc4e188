// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/fragments.h"

namespace awtun::ike {

bool Reassembly::wants(std::uint32_t message_id, const wire::FragmentView& fragment) const {
  if (fragment.total > kMaxFragments) return false;
  if (!under_way_ || message_id != under_way_->message_id) return true;
  // The peer has begun again with smaller parts; or this is left over from before it did.
  if (fragment.total != under_way_->total) return fragment.total > under_way_->total;
  return !under_way_->parts.contains(fragment.number);
}

std::optional<Reassembly::Message> Reassembly::add(Time now, std::uint32_t message_id,
                                                   const wire::FragmentView& fragment, Bytes plaintext,
                                                   std::size_t limit) {
  if (!under_way_ || message_id != under_way_->message_id || fragment.total != under_way_->total)
    under_way_ = std::make_unique<UnderWay>(UnderWay{message_id, fragment.total});
  UnderWay& so_far = *under_way_;
  so_far.expires_at = now + kReassemblyPatience;
  so_far.size += plaintext.size();
  if (so_far.size > limit) {
    forget();
    return std::nullopt;
  }
  if (fragment.number == 1) so_far.first = fragment.encrypted.first_inner;
  so_far.parts.emplace(fragment.number, std::move(plaintext));
  if (so_far.parts.size() < so_far.total) return std::nullopt;
  Message message{so_far.first, {}};
  message.plaintext.reserve(so_far.size);
  for (const auto& [number, part] : so_far.parts)
    message.plaintext.insert(message.plaintext.end(), part.begin(), part.end());
  forget();
  return message;
}

}  // namespace awtun::ike
