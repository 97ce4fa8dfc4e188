// SPDX-License-Identifier: Apache-2.0
// A headline and aligned "label  text" lines under it, wrapped at the width of a terminal.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace awtun::cli {

class Block {
 public:
  explicit Block(std::string headline) : headline_(std::move(headline)) {}

  /// Nothing when `text` is empty.
  void add(std::string_view label, std::string text);
  [[nodiscard]] std::string str() const;

 private:
  std::string headline_;
  std::vector<std::pair<std::string, std::string>> lines_;
};

/// "2 packets", "1 packet".
std::string counted(const std::string& number, std::string_view thing);

/// `parts` that are not empty with ", " between them.
std::string enumerate(const std::vector<std::string>& parts);

/// Control characters but the tab as '?', so that foreign text stays on its line.
std::string printable(std::string text);

}  // namespace awtun::cli
