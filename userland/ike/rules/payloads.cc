// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/payloads.h"

#include <algorithm>

#include "userland/base/hexadecimal.h"
#include "userland/wire/rules.h"

namespace awtun::ike {

static bool decodes(const wire::PayloadView& payload) {
  switch (payload.type) {
    case wire::PayloadType::Sa:
      return static_cast<bool>(wire::decode_sa(payload));
    case wire::PayloadType::Ke:
      return static_cast<bool>(wire::decode_ke(payload));
    case wire::PayloadType::IdI:
    case wire::PayloadType::IdR:
      return static_cast<bool>(wire::decode_id(payload));
    case wire::PayloadType::Cert:
    case wire::PayloadType::CertReq:
      return static_cast<bool>(wire::decode_cert(payload));
    case wire::PayloadType::Auth:
      return static_cast<bool>(wire::decode_auth(payload));
    case wire::PayloadType::Nonce:
      return static_cast<bool>(wire::decode_nonce(payload));
    case wire::PayloadType::Notify:
      return static_cast<bool>(wire::decode_notify(payload));
    case wire::PayloadType::Delete:
      return static_cast<bool>(wire::decode_delete(payload));
    case wire::PayloadType::TsI:
    case wire::PayloadType::TsR:
      return static_cast<bool>(wire::decode_ts(payload));
    case wire::PayloadType::None:
    case wire::PayloadType::VendorId:
    case wire::PayloadType::Sk:
    case wire::PayloadType::Cp:
    case wire::PayloadType::Eap:
    case wire::PayloadType::Skf:
      return true;
  }
  return true;
}

bool well_formed(const wire::PayloadChain& chain) { return std::all_of(chain.begin(), chain.end(), decodes); }

bool well_formed(const wire::Header& header, const wire::PayloadChain& inner) {
  return std::all_of(inner.begin(), inner.end(), [&](const wire::PayloadView& payload) {
    return wire::is_ignored(header, payload.type) || decodes(payload);
  });
}

std::optional<wire::NotifyView> find_notify(const wire::PayloadChain& chain, wire::NotifyType type) {
  for (const wire::PayloadView payload : chain) {
    if (payload.type != wire::PayloadType::Notify) continue;
    if (const auto notify = wire::decode_notify(payload); notify && notify->type == type) return *notify;
  }
  return std::nullopt;
}

std::optional<wire::NotifyView> find_error(const wire::PayloadChain& chain) {
  for (const wire::PayloadView payload : chain) {
    if (payload.type != wire::PayloadType::Notify) continue;
    if (const auto notify = wire::decode_notify(payload); notify && wire::is_error(notify->type))
      return *notify;
  }
  return std::nullopt;
}

bool has_vendor_id(const wire::PayloadChain& chain, ByteView id) {
  return std::any_of(chain.begin(), chain.end(), [&](const wire::PayloadView& payload) {
    return payload.type == wire::PayloadType::VendorId &&
           std::equal(payload.body.begin(), payload.body.end(), id.begin(), id.end());
  });
}

std::optional<Identity> identity_of(const wire::IdView& id) {
  if (id.data.size() > kMaxIdentitySize) return std::nullopt;
  const auto with = [&id](Identity::Type type) {
    return Identity{type, Bytes(id.data.begin(), id.data.end())};
  };
  switch (id.type) {
    case wire::IdType::Ipv4Address:
      return with(Identity::Type::Ipv4Address);
    case wire::IdType::Fqdn:
      return with(Identity::Type::Fqdn);
    case wire::IdType::Rfc822:
      return with(Identity::Type::Rfc822);
    case wire::IdType::Ipv6Address:
      return with(Identity::Type::Ipv6Address);
    case wire::IdType::DerAsn1Dn:
      return with(Identity::Type::DerAsn1Dn);
    case wire::IdType::KeyId:
      return with(Identity::Type::KeyId);
    case wire::IdType::DerAsn1Gn:
      return std::nullopt;
  }
  return std::nullopt;
}

std::string describe(const wire::IdView& id) {
  if (const auto identity = identity_of(id)) return identity->to_string();
  return "of type " + std::to_string(static_cast<unsigned>(id.type)) + " 0x" + to_hexadecimal(id.data);
}

}  // namespace awtun::ike
