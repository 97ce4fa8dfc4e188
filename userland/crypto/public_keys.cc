// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/public_keys.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace awtun::crypto::openssl {

namespace {

constexpr const char* kName = "awtun-public-keys";
constexpr std::array<std::string_view, 5> kKinds{"RSA", "RSA-PSS", "EC", "ED25519", "ED448"};

/// By the first of its names: "RSA:rsaEncryption:1.2.840.113549.1.1.1".
bool is_of_kind(const OSSL_ALGORITHM& algorithm) {
  const std::string_view names(algorithm.algorithm_names);
  return std::ranges::find(kKinds, names.substr(0, names.find(':'))) != kKinds.end();
}

bool reads_public_keys(const OSSL_ALGORITHM& algorithm) {
  const std::string_view properties(algorithm.property_definition);
  return properties.find("input=der") != properties.npos &&
         properties.find("structure=SubjectPublicKeyInfo") != properties.npos;
}

/// Those for which `wanted` is true, and OpenSSL's mark of the end.
std::vector<OSSL_ALGORITHM> selection(const OSSL_ALGORITHM* all, auto&& wanted) {
  std::vector<OSSL_ALGORITHM> selected;
  for (; all && all->algorithm_names; ++all)
    if (wanted(*all)) selected.push_back(*all);
  selected.push_back({});
  return selected;
}

/// The default provider, and what of it is selected. Immutable once made.
struct Selection {
  OSSL_PROVIDER* all = OSSL_PROVIDER_load(nullptr, "default");
  std::vector<OSSL_ALGORITHM> kinds = selection(of(OSSL_OP_KEYMGMT), is_of_kind);
  std::vector<OSSL_ALGORITHM> decoders = selection(of(OSSL_OP_DECODER), [](const OSSL_ALGORITHM& decoder) {
    return is_of_kind(decoder) && reads_public_keys(decoder);
  });

  const OSSL_ALGORITHM* of(int operation) const {
    int no_cache = 0;
    return all ? OSSL_PROVIDER_query_operation(all, operation, &no_cache) : nullptr;
  }
};

const Selection& selected() {
  static const Selection instance;
  return instance;
}

// ---------------------------------------------------------------- provider(7)

const OSSL_ALGORITHM* query(void* /*context*/, int operation, int* no_cache) {
  *no_cache = 0;
  switch (operation) {
    case OSSL_OP_KEYMGMT:
      return selected().kinds.data();
    case OSSL_OP_DECODER:
      return selected().decoders.data();
    default:
      return selected().of(operation);
  }
}

const std::array kFunctions{
    OSSL_DISPATCH{OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<void (*)()>(query)},
    OSSL_DISPATCH{0, nullptr},
};

/// The algorithms are the default provider's, so their context is too.
int init(const OSSL_CORE_HANDLE* /*handle*/, const OSSL_DISPATCH* /*in*/, const OSSL_DISPATCH** out,
         void** context) {
  if (!selected().all) return 0;
  *out = kFunctions.data();
  *context = OSSL_PROVIDER_get0_provider_ctx(selected().all);
  return 1;
}

OSSL_LIB_CTX* make() {
  OSSL_LIB_CTX* context = OSSL_LIB_CTX_new();
  if (context && OSSL_PROVIDER_add_builtin(context, kName, init) == 1 && OSSL_PROVIDER_load(context, kName))
    return context;
  OSSL_LIB_CTX_free(context);
  return nullptr;
}

}  // namespace

OSSL_LIB_CTX* public_keys() {
  static OSSL_LIB_CTX* const context = make();
  return context;
}

}  // namespace awtun::crypto::openssl
