// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/block.h"

#include <algorithm>
#include <cstdint>

namespace awtun::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kIndent = 2;
constexpr std::size_t kGap = 2;

/// `text` broken at blanks so that no line, `indent` columns in, passes the right edge.
std::string wrap(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t used = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (used > indent && used + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      used = indent;
    }
    if (used > indent) {
      out += ' ';
      ++used;
    }
    out += word;
    used += word.size();
  }
  return out;
}

}  // namespace

void Block::add(std::string_view label, std::string text) {
  if (!text.empty()) lines_.emplace_back(label, printable(std::move(text)));
}

std::string Block::str() const {
  std::size_t width = 0;
  for (const auto& [label, text] : lines_) width = std::max(width, label.size());
  std::string out = printable(headline_) + "\n";
  for (const auto& [label, text] : lines_) {
    out += std::string(kIndent, ' ') + label + std::string(width - label.size() + kGap, ' ');
    out += wrap(text, kIndent + width + kGap) + "\n";
  }
  return out;
}

std::string counted(const std::string& number, std::string_view thing) {
  return number + " " + std::string(thing) + (number == "1" ? "" : "s");
}

std::string enumerate(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!out.empty()) out += ", ";
    out += part;
  }
  return out;
}

std::string printable(std::string text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto octet = static_cast<std::uint8_t>(text[at]);
    // U+0080 to U+009F are controls too, in UTF-8 of two octets.
    const bool high = octet == 0xc2 && at + 1 < text.size() && static_cast<std::uint8_t>(text[at + 1]) < 0xa0;
    if (high) text.replace(at, 2, "?");
    if ((octet < 0x20 && octet != '\t') || octet == 0x7f) text[at] = '?';
  }
  return text;
}

}  // namespace awtun::cli
