// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/job.h"

#include <algorithm>

namespace awtun::ike {
namespace {

/// The octets of a job as the random source that a key is made from.
crypto::RandomSource source_of(const Secret& octets) {
  return [&octets](MutableByteView out) {
    const std::size_t size = std::min(out.size(), octets.size());
    std::copy_n(octets.view().begin(), size, out.begin());
  };
}

JobFailed failed(crypto::CryptoError error) {
  return {"the Diffie-Hellman exchange failed", std::string(crypto::to_string(error))};
}

}  // namespace

JobResult run(const KeyExchangeJob& job) {
  KeyExchangeDone done{job.ours, {}};
  if (!done.ours) {
    if (job.random.size() < crypto::KeyExchange::random_size(job.group))
      return failed(crypto::CryptoError::BadLength);
    auto made = crypto::KeyExchange::generate(job.group, source_of(job.random));
    if (!made) return failed(made.error());
    done.ours = std::make_shared<const crypto::KeyExchange>(*std::move(made));
  }
  if (job.peer) {
    auto shared = done.ours->derive(*job.peer);
    if (!shared) return failed(shared.error());
    done.shared = *std::move(shared);
  }
  return done;
}

}  // namespace awtun::ike
