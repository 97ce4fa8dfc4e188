// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/prf.h"

#include <algorithm>

#include "userland/crypto/openssl.h"

namespace awtun::crypto {

Result<Prf, CryptoError> Prf::create(wire::PrfId id) {
  const HashRow* hash = find_hash(id);
  if (hash == nullptr) return Error{CryptoError::Unsupported};
  return Prf(*hash);
}

Result<Secret, CryptoError> Prf::compute(ByteView key, std::initializer_list<ByteView> parts) const {
  Secret output(size());
  if (!openssl::hmac(*hash_, key, parts, output.bytes())) return Error{CryptoError::Library};
  return output;
}

// T1 = prf(K, S | 0x01), T2 = prf(K, T1 | S | 0x02), ...
Result<Secret, CryptoError> Prf::plus(ByteView key, std::initializer_list<ByteView> parts,
                                      std::size_t length) const {
  if (length > 255 * size()) return Error{CryptoError::BadLength};
  std::size_t seed_size = 0;
  for (const ByteView part : parts) seed_size += part.size();
  Secret seed(seed_size);  // may hold g^ir
  auto at = seed.bytes().begin();
  for (const ByteView part : parts) at = std::copy(part.begin(), part.end(), at);

  Secret output(length);
  Secret block;
  std::uint8_t counter = 0;
  for (std::size_t done = 0; done < length; done += size()) {
    ++counter;
    auto next = compute(key, {block.view(), seed.view(), ByteView(&counter, 1)});
    if (!next) return next;
    block = *std::move(next);
    const std::size_t take = std::min(size(), length - done);
    std::copy_n(block.view().begin(), take, output.bytes().subspan(done).begin());
  }
  return output;
}

}  // namespace awtun::crypto
