// SPDX-License-Identifier: Apache-2.0
// Startup file to configuration.
#include <algorithm>
#include <optional>

#include "userland/config/apply.h"
#include "userland/config/lost_protection.h"
#include "userland/config/match.h"
#include "userland/config/session.h"

namespace awtun::config {
namespace {

FileError refusal(std::string reason) { return {0, 0, {}, "% " + std::move(reason), {}, false}; }

/// What keeps the outcome of one line from being good in a file; nullopt when nothing does.
std::optional<FileError> check(const Applied& applied) {
  if (const auto* error = std::get_if<SyntaxError>(&applied))
    return FileError{0, error->column, {}, error->message, error->expected, true, {}, error->kind};
  if (const auto* refused = std::get_if<Refused>(&applied)) return refusal(refused->reason);
  if (!std::holds_alternative<Done>(applied))
    return refusal("This command is not allowed in a configuration file");
  return std::nullopt;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

FileError at(std::size_t number, std::string_view line, FileError error) {
  error.line = number;
  error.text = line.substr(0, kMaxLine);
  return error;
}

/// A blank line or a comment is Done in every mode; after `end` nothing else may come.
std::optional<FileError> load_line(Config& config, Session& session, std::string_view line) {
  if (session.mode == Mode::Exec && !is_blank_or_comment(line))
    return refusal("Nothing may follow the end of the configuration");
  return check(apply(config, session, line));
}

// ---------------------------------------------------------------- what is good of it

/// How many words of the line are of a command of the mode.
std::size_t words_taken(Mode mode, std::string_view line) {
  line = line.substr(0, kMaxLine);
  Matcher matcher(mode, false);
  return follow(matcher, split(line), line);
}

/// The section that lines belong to, though it may have been left by mistake.
class SectionOfLines {
 public:
  /// That of the refused `line`, read at `before`; nullopt: none, or one that was refused itself.
  [[nodiscard]] std::optional<Session> of(const Session& before, std::string_view line) const {
    if (!section_) return std::nullopt;
    const auto inner = words_taken(section_->mode, line);
    if (before.refused && (before.refused->open || is_indented(line)))
      return inner > 0 && !separated_ ? section_ : std::nullopt;
    if (is_indented(line)) return section_;
    const bool within = is_section(before.mode);
    const auto outer = words_taken(Mode::Config, line);
    const bool left = (indented_ && separated_) || was_to_open_section(before.mode, line);
    const bool belongs = within ? inner >= outer && !left : inner > outer;
    return belongs ? section_ : std::nullopt;
  }

  /// After a line that led to `after`.
  void follow_line(const Session& after, std::string_view line, bool good) {
    if (is_blank_or_comment(line)) {
      separated_ = separated_ || line.starts_with('!');
      return;
    }
    if (section_ && after.refused && after.refused->open && may_open(section_->mode, line)) section_.reset();
    if (!good || !is_section(after.mode)) return;
    if (!section_ || *section_ != after) *this = {};
    separated_ = false;
    indented_ = indented_ || is_indented(line);
    section_ = Session{after.mode, after.tunnel, after.name};
  }

 private:
  std::optional<Session> section_;
  bool indented_ = false;   ///< Its lines are.
  bool separated_ = false;  ///< By a "!" at the left margin.
};

/// Reads a file line by line, leaving out what is refused.
class GoodLines {
 public:
  explicit GoodLines(Loaded& loaded) : loaded_(loaded) {}

  void take(std::size_t number, std::string_view line) {
    if (session_.mode == Mode::Exec && !is_blank_or_comment(line)) go_on_behind_end();
    const Session before = session_;
    auto error = check(apply(loaded_.config, session_, line));
    const bool good = !error;
    if (error) {
      lost_.note(section_.of(before, line), line, loaded_.errors.size());
      loaded_.errors.push_back(at(number, line, *std::move(error)));
      say_where(number);
    }
    section_.follow_line(session_, line, good);
    if (session_.mode == Mode::Exec && before.mode != Mode::Exec) end_ = {number, std::string(line)};
  }

  void leave_rest(std::size_t number) {
    lost_.note_rest(loaded_.errors.size());
    loaded_.errors.push_back(at(number, {}, refusal("too many lines are refused; the rest is not read")));
  }

  void shut_down_tunnels() { lost_.shut_down_tunnels(loaded_); }

 private:
  /// Lines that belong to the line that was just refused name its number: a reader may see that, not the
  /// line.
  void say_where(std::size_t number) {
    auto& refused = session_.refused;
    if (!refused || !refused->reason.empty()) return;
    const auto line = "line " + std::to_string(number);
    refused->reason =
        refused->open ? "refused with the section at " + line : "refused with " + line + " above it";
  }

  /// An `end` or `exit` in the middle is one wrong line.
  void go_on_behind_end() {
    session_ = {Mode::Config};
    loaded_.errors.push_back(
        at(end_.first, end_.second, refusal("the configuration continues after its end")));
  }

  Loaded& loaded_;
  Session session_{Mode::Config};
  std::pair<std::size_t, std::string> end_;
  SectionOfLines section_;
  LostProtection lost_;
};

/// The lines that made these references, each section looked at alone.
std::map<Reference, std::size_t> lines_of(const std::vector<Reference>& wanted, std::string_view text) {
  std::map<Reference, std::size_t> lines;
  for (const Reference& reference : wanted) lines[reference] = 0;
  Config section;
  Session session{Mode::Config};
  for (std::size_t number = 1; !text.empty(); ++number) {
    if (!is_section(session.mode)) section = {};
    if (session.mode == Mode::Exec) session = {Mode::Config};
    static_cast<void>(apply(section, session, take_line(text)));
    for (const Reference& reference : references(section))
      if (const auto line = lines.find(reference); line != lines.end() && line->second == 0)
        line->second = number;
  }
  return lines;
}

void leave_out_dangling(Loaded& loaded, std::string_view text) {
  const auto removed = remove_dangling_references(loaded.config);
  if (removed.empty()) return;
  for (const auto& [reference, line] : lines_of(removed, text)) {
    auto error = refusal(reference.missing());
    if (reference.user.starts_with("crypto isakmp peer"))
      error.consequence = "the tunnels of this peer are shut down";
    loaded.errors.push_back(at(line, reference.user, std::move(error)));
  }
}

}  // namespace

Loaded load_good_lines(std::string_view text) {
  Loaded loaded;
  GoodLines lines(loaded);
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    if (loaded.errors.size() >= kMaxFileErrors) {
      lines.leave_rest(number);
      break;
    }
    lines.take(number, take_line(rest));
  }
  lines.shut_down_tunnels();
  leave_out_dangling(loaded, text);
  std::ranges::stable_sort(loaded.errors, {}, &FileError::line);
  return loaded;
}

Result<Config, FileError> load(std::string_view text) {
  Config config;
  Session session{Mode::Config, std::nullopt};
  std::size_t last = 0;
  for (std::size_t number = 1; !text.empty(); ++number) {
    last = number;
    const std::string_view line = take_line(text);
    if (auto error = load_line(config, session, line)) return Error{at(number, line, *std::move(error))};
  }
  if (auto reason = dangling_reference(config)) return Error{at(last, {}, refusal(*std::move(reason)))};
  return config;
}

}  // namespace awtun::config
