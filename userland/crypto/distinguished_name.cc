// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/distinguished_name.h"

#include <openssl/objects.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "userland/base/ascii.h"
#include "userland/base/hexadecimal.h"
#include "userland/crypto/openssl.h"

namespace awtun::crypto {
namespace {

using Name = openssl::Handle<X509_NAME, X509_NAME_free>;
using AttributeType = openssl::Handle<ASN1_OBJECT, ASN1_OBJECT_free>;

void free_value_octets(unsigned char* octets) { OPENSSL_free(octets); }
using ValueOctets = openssl::Handle<unsigned char, free_value_octets>;

/// What operators and other products call the attributes, in any case, beside OpenSSL's own names and OIDs.
struct Alias {
  std::string_view word;
  const char* name;
};
constexpr std::array kAliases = {
    Alias{"C", "C"},
    Alias{"ST", "ST"},
    Alias{"S", "ST"},
    Alias{"L", "L"},
    Alias{"O", "O"},
    Alias{"OU", "OU"},
    Alias{"CN", "CN"},
    Alias{"DC", "DC"},
    Alias{"UID", "UID"},
    Alias{"SN", "SN"},
    Alias{"GN", "GN"},
    Alias{"title", "title"},
    Alias{"E", "emailAddress"},
    Alias{"email", "emailAddress"},
    Alias{"emailAddress", "emailAddress"},
    Alias{"serialNumber", "serialNumber"},
};

/// Null when it is unknown.
AttributeType attribute_type(std::string_view word) {
  const auto alias = std::ranges::find_if(
      kAliases, [word](const Alias& one) { return equal_ignoring_case(one.word, word); });
  const std::string name(alias != kAliases.end() ? alias->name : word);
  return AttributeType(OBJ_txt2obj(name.c_str(), 0));
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

/// null when it is not exactly one Name.
Name read_name(ByteView der) {
  const unsigned char* at = der.data();
  Name name(d2i_X509_NAME(nullptr, &at, static_cast<long>(der.size())));
  if (name && at != der.data() + der.size()) name.reset();
  return name;
}

// ---------------------------------------------------------------- text to name

/// "CN=r1" with what it is joined to the one before by.
struct Piece {
  std::string_view text;  ///< with its escapes
  bool joined = false;    ///< into one RDN with the piece before
};

/// At `separator` and "+", unless "\" is before them.
std::vector<Piece> split_name(std::string_view text, char separator) {
  std::vector<Piece> pieces(1);
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == separator || text[at] == '+') {
      pieces.back().text = text.substr(start, at - start);
      pieces.push_back({{}, text[at] == '+'});
      start = at + 1;
    }
  }
  pieces.back().text = text.substr(std::min(start, text.size()));
  return pieces;
}

/// A value without its escapes: "\2F" is an octet, "\/" that character.
std::string unescaped(std::string_view value) {
  std::string plain;
  for (std::size_t at = 0; at < value.size(); ++at) {
    if (value[at] != '\\' || at + 1 == value.size()) {
      plain += value[at];
    } else if (const auto octet = from_hexadecimal(value.substr(at + 1, 2)); octet && octet->size() == 1) {
      plain += static_cast<char>(octet->front());
      at += 2;
    } else {
      plain += value[++at];
    }
  }
  return plain;
}

/// Why the piece could not be added; empty: it was.
std::string add_piece(X509_NAME* name, const Piece& piece) {
  const auto equals = piece.text.find('=');
  const auto word = trimmed(piece.text.substr(0, equals));
  if (equals == piece.text.npos || word.empty())
    return "a distinguished name must consist of parts like CN=r1; in a value \\ must precede / , and +";
  const auto type = attribute_type(word);
  if (!type) return "unknown attribute in a distinguished name: " + std::string(word);
  const std::string value = unescaped(trimmed(piece.text.substr(equals + 1)));
  if (value.empty() ||
      X509_NAME_add_entry_by_OBJ(name, type.get(), MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(value.data()),
                                 static_cast<int>(value.size()), -1, piece.joined ? -1 : 0) != 1)
    return "not a value of the attribute " + std::string(word) +
           ": empty, too long or with a character that it does not allow";
  return {};
}

// ---------------------------------------------------------------- name to text

/// "CN", or the OID of what has no name.
std::string type_word(const ASN1_OBJECT* type) {
  const int nid = OBJ_obj2nid(type);
  if (nid != NID_undef) return OBJ_nid2sn(nid);
  std::array<char, 128> dotted{};
  OBJ_obj2txt(dotted.data(), static_cast<int>(dotted.size()), type, 1);
  return dotted.data();
}

/// In UTF-8; nullopt when it is no text.
std::optional<std::string> text_of_value(const ASN1_STRING* value) {
  unsigned char* out = nullptr;
  const int size = ASN1_STRING_to_UTF8(&out, value);
  const ValueOctets octets(out);
  if (size < 0) return std::nullopt;
  return std::string(out, out + size);
}

ByteView octets_of_value(const ASN1_STRING* value) {
  return {ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value))};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool edge = at == 0 || at + 1 == text.size();
    if (c < 0x20 || c > 0x7e || (c == ' ' && edge)) {
      const auto octet = static_cast<std::uint8_t>(c);
      out += "\\" + to_hexadecimal({&octet, 1});
    } else {
      if (c == '/' || c == '+' || c == '\\' || (c == '#' && at == 0)) out += '\\';
      out += c;
    }
  }
  return out;
}

/// The octets of a BIT STRING, "#41"; of any other type behind its number, "#7:41", so that no two look
/// alike.
std::string no_text(const ASN1_STRING* value) {
  const int type = ASN1_STRING_type(value);
  return "#" + (type == V_ASN1_BIT_STRING ? "" : std::to_string(type) + ":") +
         to_hexadecimal(octets_of_value(value));
}

// ---------------------------------------------------------------- comparison

/// White space folded, at the ends removed; ASCII letters in lower case.
std::string folded(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  std::string out;
  for (const char c : text) {
    const bool space = kSpace.find(c) != kSpace.npos;
    if (!space) out += to_lower(c);
    if (space && !out.empty() && out.back() != ' ') out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

void append(Bytes& out, ByteView part) {
  const auto size = part.size();
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<std::uint8_t>(size >> shift));
  out.insert(out.end(), part.begin(), part.end());
}

/// An attribute's type and value, of which no text may be taken for another's.
Bytes canonical_attribute(const X509_NAME_ENTRY* entry) {
  const ASN1_OBJECT* type = X509_NAME_ENTRY_get_object(entry);
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
  Bytes out;
  append(out, {OBJ_get0_data(type), OBJ_length(type)});
  if (const auto text = text_of_value(value)) {
    const std::string compared = folded(*text);
    out.push_back(V_ASN1_UTF8STRING);
    append(out, {reinterpret_cast<const std::uint8_t*>(compared.data()), compared.size()});
  } else {
    out.push_back(static_cast<std::uint8_t>(ASN1_STRING_type(value)));
    append(out, octets_of_value(value));
  }
  return out;
}

}  // namespace

std::optional<std::string> distinguished_name(ByteView der) {
  const openssl::ErrorScope errors;
  const Name name = read_name(der);
  if (!name || X509_NAME_entry_count(name.get()) == 0) return std::nullopt;
  std::string text;
  int last = -1;
  for (int i = 0; i < X509_NAME_entry_count(name.get()); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name.get(), i);
    const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
    const auto plain = text_of_value(value);
    text += std::exchange(last, X509_NAME_ENTRY_set(entry)) == X509_NAME_ENTRY_set(entry) ? "+" : "/";
    text += type_word(X509_NAME_ENTRY_get_object(entry)) + "=";
    text += plain ? escaped(*plain) : no_text(value);
  }
  return text;
}

bool reads_as_distinguished_name(std::string_view text) {
  const openssl::ErrorScope errors;
  if (text.starts_with('/')) return true;
  const auto equals = text.find('=');
  return equals != text.npos && attribute_type(trimmed(text.substr(0, equals))) != nullptr;
}

Result<Bytes, std::string> parse_distinguished_name(std::string_view text) {
  const openssl::ErrorScope errors;
  const bool slashes = text.starts_with('/');
  const Name name(X509_NAME_new());
  if (!name) return Error{std::string("the cryptographic library failed")};
  for (const Piece& piece : split_name(text.substr(slashes ? 1 : 0), slashes ? '/' : ','))
    if (auto why = add_piece(name.get(), piece); !why.empty()) return Error{std::move(why)};
  Bytes der = openssl::der_of<X509_NAME>(i2d_X509_NAME, name.get());
  if (der.empty()) return Error{std::string("the cryptographic library failed")};
  return der;
}

std::optional<Bytes> canonical_name(ByteView der) {
  const openssl::ErrorScope errors;
  const Name name = read_name(der);
  if (!name) return std::nullopt;
  std::vector<std::pair<int, Bytes>> attributes;
  for (int i = 0; i < X509_NAME_entry_count(name.get()); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name.get(), i);
    attributes.emplace_back(X509_NAME_ENTRY_set(entry), canonical_attribute(entry));
  }
  // Within one RDN, which is a set, the order says nothing.
  std::ranges::sort(attributes);
  Bytes out;
  int last = -1;
  for (const auto& [rdn, attribute] : attributes) {
    out.push_back(std::exchange(last, rdn) == rdn ? 1 : 0);
    append(out, attribute);
  }
  return out;
}

}  // namespace awtun::crypto
