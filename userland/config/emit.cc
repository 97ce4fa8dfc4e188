// SPDX-License-Identifier: Apache-2.0
// Configuration to text: the rows of the table, each writing its own lines.
#include "userland/config/grammar.h"

namespace awtun::config {

std::string Writer::print(const Token& token, const Value& value) const {
  if (token.type == ParamType::Secret && secrets_ == Secrets::Hidden) return std::string(kHiddenKey);
  return print_value(token, value);
}

void Writer::write_line(std::span<const Value> values) {
  const Pattern& pattern = form_->pattern;
  std::string text = is_section(form_->row->mode) ? " " : "";
  for (std::size_t i = 0; i < pattern.size; ++i) {
    const Token& token = pattern.tokens[i];
    if (!token.keyword && token.argument >= values.size()) break;
    if (i > 0) text += ' ';
    text += token.keyword ? std::string(token.text) : print(token, values[token.argument]);
  }
  out_ += text + "\n";
}

void Writer::separator() {
  if (out_ != "!\n" && !out_.ends_with("\n!\n")) out_ += "!\n";
}

void Writer::rows(Mode mode, const Scope& scope) {
  const Form* const outer = form_;
  for (const Form& form : forms()) {
    if (form.row->mode != mode || form.negated || !form.row->emit) continue;
    form_ = &form;
    const std::size_t before = out_.size();
    (*form.row->emit)(scope, *this);
    if (mode == Mode::Config && out_.size() != before) separator();
  }
  form_ = outer;
}

std::string emit(const Config& config, Secrets secrets) {
  std::string out("!\n");
  Writer(out, secrets).rows(Mode::Config, {config});
  return out + "end\n";
}

std::string emit_interface(const Config& config, std::uint32_t number) {
  const auto at = config.tunnels.find(number);
  if (at == config.tunnels.end()) return {};
  Config alone;
  alone.tunnels.insert(*at);
  std::string out;
  Writer(out, Secrets::Hidden).rows(Mode::Config, {alone});
  return out;
}

}  // namespace awtun::config
