// SPDX-License-Identifier: Apache-2.0
// Damaged messages: whatever becomes of them, nothing outside them may be read. Each case is copied
// into an allocation of its own, so that AddressSanitizer sees one octet too far.
#include <gtest/gtest.h>

#include "userland/tests/wire/samples.h"
#include "userland/tests/wire/wire_walk.h"

namespace awtun::wire {
namespace {

/// For walk_octets(): whole messages, and chains preceded by the type of the first payload.
std::vector<Bytes> samples() {
  std::vector<Bytes> all{written(init_header(), init_payloads())};
  for (const PayloadWriter& payloads : {init_payloads(), auth_payloads(), informational_payloads()}) {
    all.push_back(written(header_of(ExchangeType::Informational), payloads));
    Bytes chain{static_cast<std::uint8_t>(payloads.first())};
    chain.insert(chain.end(), payloads.octets().begin(), payloads.octets().end());
    all.push_back(chain);
  }
  return all;
}

void walk_copy(ByteView octets) {
  const Bytes copy(octets.begin(), octets.end());
  walk_octets(copy);
}

TEST(Damage, TruncationAtEveryLength) {
  for (const Bytes& sample : samples())
    for (std::size_t size = 0; size <= sample.size(); ++size) walk_copy(ByteView(sample).first(size));
}

// The header's length follows the truncation, so that the payloads are looked at.
TEST(Damage, TruncationAtEveryLengthWithTheLengthFieldSet) {
  for (const Bytes& sample : samples())
    for (std::size_t size = kHeaderSize; size < sample.size(); ++size) {
      Bytes shorter(sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(size));
      shorter[24] = shorter[25] = 0;
      shorter[26] = static_cast<std::uint8_t>(size >> 8);
      shorter[27] = static_cast<std::uint8_t>(size);
      walk_copy(shorter);
      EXPECT_FALSE(parse_message(shorter) && sample[17] == 0x20 && sample[16] == 33);
    }
}

TEST(Damage, EveryOctetWithEveryValue) {
  for (const Bytes& sample : samples())
    for (std::size_t at = 0; at < sample.size(); ++at) {
      Bytes damaged = sample;
      for (int value = 0; value < 256; ++value) {
        damaged[at] = static_cast<std::uint8_t>(value);
        walk_copy(damaged);
      }
    }
}

}  // namespace
}  // namespace awtun::wire
