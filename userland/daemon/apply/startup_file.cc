// SPDX-License-Identifier: Apache-2.0
#include "userland/daemon/apply/startup_file.h"

#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include <span>

#include "userland/daemon/io/files.h"

namespace awtun::daemon {
namespace {

void wipe(std::string& text) { OPENSSL_cleanse(text.data(), text.size()); }

constexpr std::size_t kMaxLogged = 100;
constexpr std::size_t kMaxSummarised = 20;

std::string describe(const std::filesystem::path& path, const config::FileError& error) {
  const auto where = path.string() + ":" + std::to_string(error.line) + ": ";
  // In a line with a key the columns no longer fit once the key is masked.
  if (const auto masked = config::mask_secrets(error.text)) return where + error.message + "\n" + *masked;
  if (!error.syntax) return where + error.message + "\n" + error.text;
  return where + "\n" + error.text + "\n" +
         config::render_error(error.text, error.column, error.message, error.expected);
}

std::string where_is(const StartupError& error) {
  return error.line != 0 ? "line " + std::to_string(error.line) : "the file";
}

/// "hostname branch: no such command".
std::string describe(const StartupError& error) {
  return (error.text.empty() ? "" : error.text + ": ") + error.reason;
}

/// What is wrong with a line, in one line and without its words.
std::string reason_of(const config::FileError& error) {
  if (error.kind == config::SyntaxError::Kind::Incomplete) return "incomplete command";
  if (error.kind == config::SyntaxError::Kind::Ambiguous) return "ambiguous command";
  std::string text = error.message;
  const auto first_end = text.find('\n');
  if (error.syntax) {
    if (first_end == text.npos) return "invalid from column " + std::to_string(error.column + 1) + " on";
    text.erase(0, first_end + 1);
  }
  for (std::size_t at = 0; (at = text.find("\n% ", at)) != text.npos;) text.replace(at, 3, "; ");
  if (text.starts_with("% ")) text.erase(0, 2);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string lines_left_out(std::size_t count, std::string_view more) {
  return std::to_string(count) + " " + std::string(more) + (count == 1 ? "line is" : "lines are") +
         " left out: show startup-config errors";
}

/// The errors as an operator reads them before they are lost.
std::string summary(const std::filesystem::path& path, const std::vector<StartupError>& errors) {
  std::string text = "In " + path.string() + " the following is not in force and would be lost:\n";
  for (std::size_t at = 0; at < errors.size() && at < kMaxSummarised; ++at)
    text += "  " + where_is(errors[at]) + ": " + describe(errors[at]) + "\n";
  if (errors.size() > kMaxSummarised)
    text += "  and " + std::to_string(errors.size() - kMaxSummarised) + " more: show startup-config errors\n";
  return text;
}

}  // namespace

Result<config::Config, std::string> load_text(std::string text, const std::filesystem::path& name) {
  auto loaded = config::load(text);
  wipe(text);
  if (!loaded) return Error{describe(name, loaded.error())};
  return std::move(*loaded);
}

Startup StartupFile::load() const {
  auto text = read_file(path_);
  if (!text) return {{}, {{0, "", text.error()}}, false};
  if (!*text) return {};
  auto loaded = config::load_good_lines(**text);
  wipe(**text);
  Startup startup{std::move(loaded.config), {}};
  for (const auto& error : loaded.errors)
    startup.errors.push_back(
        {error.line, config::without_secrets(error.text, config::Audience::Others),
         reason_of(error) + (error.consequence.empty() ? "" : "; so " + error.consequence)});
  return startup;
}

const StartupShown& StartupFile::shown() {
  // Asked for first: what is written meanwhile is read next time.
  const auto version = file_version(path_);
  if (version && version == version_) return shown_;
  auto startup = load();
  shown_ = {config::emit(startup.config, config::Secrets::Hidden), std::move(startup.errors),
            startup.readable};
  version_ = startup.readable ? version : std::nullopt;
  return shown_;
}

control::Json StartupFile::errors_view() {
  using control::Json;
  auto list = Json::array();
  for (const auto& error : shown().errors) {
    Json object = Json::object();
    if (error.line != 0) object["line"] = error.line;
    if (!error.text.empty()) object["text"] = error.text;
    object["reason"] = error.reason;
    list.push_back(std::move(object));
  }
  return {{"schema", control::kSchema}, {"file", path_.string()}, {"errors", std::move(list)}};
}

Result<control::Turn, std::string> StartupFile::save(const config::Config& config,
                                                     const control::Enclosed& enclosed) {
  auto text = config::emit(config, config::Secrets::Written);
  if (text.size() <= config::kMaxConfiguration && !enclosed.accepted) {
    if (const auto lost = load().errors; !lost.empty()) {
      wipe(text);
      return control::Turn{control::Ask::Acceptance, summary(path_, lost),
                           "Save the running configuration without them?"};
    }
  }
  auto written = write_file(path_, text);
  wipe(text);
  if (!written) return Error{std::move(written.error())};
  return control::Turn{control::Ask::Nothing, ""};
}

std::string left_out(const std::vector<StartupError>& errors) {
  if (errors.empty()) return "";
  return lines_left_out(errors.size(), "") + "\n";
}

void log_errors(const std::filesystem::path& path, const std::vector<StartupError>& errors) {
  for (std::size_t at = 0; at < errors.size() && at < kMaxLogged; ++at)
    spdlog::warn("{}: {} is left out: {}", path.string(), where_is(errors[at]), describe(errors[at]));
  if (errors.size() > kMaxLogged)
    spdlog::warn("{}: {}", path.string(), lines_left_out(errors.size() - kMaxLogged, "more "));
}

}  // namespace awtun::daemon
