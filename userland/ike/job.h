// SPDX-License-Identifier: Apache-2.0
// Work that takes long enough, or needs what the engine may not see (private keys, certificates, the
// date), to be done outside of a step: public key cryptography. A job is a value that knows nothing of
// the engine, so any thread may run it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "userland/base/bytes.h"
#include "userland/base/secret.h"
#include "userland/crypto/key_exchange.h"
#include "userland/ike/identity.h"
#include "userland/pki/attachments.h"
#include "userland/pki/refusal.h"
#include "userland/wire/constants.h"

namespace awtun::ike {

/// Make a key pair, unless there is one in `ours`; with a value of the `peer`, the shared secret too.
struct KeyExchangeJob {
  wire::GroupId group;
  Secret random;  ///< KeyExchange::random_size() octets; empty when there is `ours`
  std::shared_ptr<const crypto::KeyExchange> ours;
  std::optional<Bytes> peer;
};
/// Sign our AUTH octets with a trustpoint's private key.
struct SignJob {
  std::string trustpoint;
  /// The peer's SIGNATURE_HASH_ALGORITHMS (RFC 7427 4), as numbers of that registry; empty: the peer
  /// knows only the methods of RFC 7296 and RFC 4754.
  std::vector<std::uint16_t> peer_hashes;
  Bytes octets;
};
/// Is this the peer's signature, made by a key that a certificate ties to its identity, and does that
/// certificate come from the trustpoint's CA?
struct VerifyJob {
  std::string trustpoint;
  Identity identity;                ///< as the ID payload has it
  std::vector<Bytes> certificates;  ///< DER; the peer's own first (RFC 7296 3.6)
  wire::AuthMethodId method;
  Bytes signature;  ///< the AUTH payload's data
  Bytes octets;
  pki::Attachments attached = {};
};
using Job = std::variant<KeyExchangeJob, SignJob, VerifyJob>;

struct KeyExchangeDone {
  std::shared_ptr<const crypto::KeyExchange> ours;
  std::optional<Secret> shared;
};
struct SignDone {
  wire::AuthMethodId method;
  Bytes signature;           ///< the AUTH payload's data
  std::vector<Bytes> chain;  ///< DER: our certificate, then those between it and the CA
};
/// The peer is who it says.
struct VerifyDone {};
/// It could not be done, or the peer is not who it says.
struct JobFailed {
  std::string reason;  ///< for the operator: "certificate expired", "no such trustpoint"
  std::string detail;  ///< ours against theirs, where that explains it: "subject /CN=r2, issuer /CN=Other CA"
  /// Nobody did it, or not in time: it says nothing about what the job was given.
  bool undone = false;
  pki::RefusalCause cause = pki::RefusalCause::Other;
};
using JobResult = std::variant<KeyExchangeDone, SignDone, VerifyDone, JobFailed>;

/// For whom a job is done: decides its turn among the jobs that wait (see JobQueue).
struct JobOwner {
  /// What the one who waits for it has shown; the first go first.
  enum class Standing : std::uint8_t {
    Trusted,   ///< a peer that is authenticated, or one that we ask
    Expected,  ///< from the address of a configured peer
    Stranger,  ///< from any other address
    Nobody,    ///< not waited for: a key for the pool
  };
  Standing standing = Standing::Nobody;
  /// Those of one share stand in one line: the number of a tunnel or, of strangers, their /24 or /48.
  std::uint64_t share = 0;

  auto operator<=>(const JobOwner&) const = default;
};

/// Does a Diffie-Hellman job. Depends on nothing but the job: equal jobs give equal results.
[[nodiscard]] JobResult run(const KeyExchangeJob& job);

}  // namespace awtun::ike
