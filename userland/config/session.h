// SPDX-License-Identifier: Apache-2.0
// The command line as pure functions over a configuration: execute a line, complete a line, write a
// configuration down, read one back. The commands themselves are one table, grammar.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "userland/base/result.h"
#include "userland/config/model.h"
#include "userland/config/view.h"

namespace awtun::config {

enum class Mode : std::uint8_t { Exec, Config, Interface, IsakmpProfile, IpsecProfile, Trustpoint };

/// Every mode, in the order of the enumeration.
inline constexpr std::array kModes = {Mode::Exec,          Mode::Config,       Mode::Interface,
                                      Mode::IsakmpProfile, Mode::IpsecProfile, Mode::Trustpoint};

/// Whether the mode configures one thing within Config mode, whose commands it takes too.
constexpr bool is_section(Mode mode) { return mode != Mode::Exec && mode != Mode::Config; }

/// Lines that belong to one that was refused: lest they hit the section before it, they are refused too.
struct RefusedSection {
  std::string line;    ///< That was refused; may hold a secret.
  std::string reason;  ///< Why they are, instead: of a section that is gone, and in a file.
  /// The session is in no section, and all is refused but what leads out of this; else what is indented below
  /// the refused line, and nothing more.
  bool open = false;

  /// Why each of them is refused.
  [[nodiscard]] std::string why() const;
};

/// Where an operator stands. One per connection; starts in Exec.
struct Session {
  Mode mode = Mode::Exec;
  std::optional<std::uint32_t> tunnel = std::nullopt;  ///< Set in Interface mode, and only there.
  std::string name = {};  ///< Of the profile or trustpoint, in its mode, else empty.
  std::optional<RefusedSection> refused = std::nullopt;

  /// At the same place, whatever is refused there.
  bool operator==(const Session& other) const {
    return mode == other.mode && tunnel == other.tunnel && name == other.name;
  }
};

/// "exec", "config", "config-if", "config-isakmp-profile": the names of the control protocol.
std::string_view to_string(Mode mode);
/// "#", "(config)#", "(config-if)#".
std::string_view prompt_suffix(Mode mode);
/// "r1(config-if)#".
std::string prompt(const Session& session, std::string_view hostname);

/// Make `candidate` the running configuration (all of it or, saying why, nothing). Never equal to
/// the configuration execute() was given.
struct Edit {
  Config candidate;
  std::string message = {};  ///< To print when it is done; may be empty.
};
/// What `| include <pattern>` leaves of the text that a `show` prints. The one who prints it does it.
struct Filter {
  enum class What : std::uint8_t { Include, Exclude, Begin, Count };
  What what = What::Include;
  std::string pattern;  ///< A POSIX extended regular expression.

  bool operator==(const Filter&) const = default;
};
/// "include", "exclude", "begin", "count".
std::string_view to_string(Filter::What what);

/// Show something; `tunnel` narrows it to one tunnel, which need not exist, `name` to one profile.
struct Show {
  View what;
  std::optional<std::uint32_t> tunnel = std::nullopt;
  std::optional<std::string> name = std::nullopt;
  std::optional<Filter> filter = std::nullopt;
  bool json = false;  ///< As data, not as text. By the one who prints it.
};
/// Store the running configuration as the startup configuration.
struct SaveStartup {};
/// Act upon SAs or counters. The configuration stays as it is.
struct Operate {
  enum class What : std::uint8_t {
    RekeyIpsecSa,
    RekeyIsakmpSa,
    ClearIpsecSa,
    ClearIsakmpSa,
    ClearIsakmpCounters,
  };
  What what;
  std::optional<std::uint32_t> tunnel = std::nullopt;  ///< Of this configured tunnel alone.
  std::optional<IpAddress> peer = std::nullopt;        ///< Of the tunnels to this peer alone.
};
/// A step towards a trustpoint's certificates. What is pasted comes beside the line.
struct Certify {
  enum class What : std::uint8_t { Authenticate, Enroll, ImportCertificate, ImportRevocationList };
  What what;
  std::string trustpoint;  ///< Is configured.
};
/// Make a file the running configuration. Its text comes beside the line.
struct Replace {
  std::string file;  ///< The operator's, by a name that only his side opens.
};
/// Make the startup configuration the running one: now, or later unless that is cancelled.
struct Reload {
  enum class What : std::uint8_t { Now, In, Cancel };
  What what;
  std::uint32_t minutes = 0;  ///< Of In.
};
/// What the terminal of this session is to do from now on.
struct Terminal {
  enum class What : std::uint8_t {
    Length,   ///< Show pages of so many lines; 0: all at once.
    Monitor,  ///< Get the daemon's log.
    Debug,    ///< And every IKE message.
  };
  What what;
  std::uint32_t value;  ///< Of Length; else 1 for on, 0 for off.
};
/// Nothing to do: an empty line, a comment, a change of mode, a command that changes nothing.
struct Done {
  std::string message = {};  ///< To print; may be empty.
};
/// `exit` in Exec mode: end the connection.
struct Quit {};
/// The line is no command. Exit status 2.
struct SyntaxError {
  enum class Kind : std::uint8_t { Invalid, Incomplete, Ambiguous };
  Kind kind = Kind::Invalid;
  /// Octets from the line's start to the token at fault; the line's length for Incomplete.
  std::size_t column = 0;
  /// As a router prints it, e.g. "% Invalid input detected at '^' marker."; a second line, where
  /// there is one, says what is wrong with the value.
  std::string message;
  /// What would have been right there: keywords and value forms ("A.B.C.D/M"), sorted.
  std::vector<std::string> expected;
};
/// "invalid", "incomplete", "ambiguous".
std::string_view to_string(SyntaxError::Kind kind);
/// A command, but not one that can be done now. Exit status 1.
struct Refused {
  std::string reason;  ///< One sentence without full stop.
};

using Outcome = std::variant<Edit, Show, Operate, Certify, Replace, Reload, SaveStartup, Terminal, Done, Quit,
                             SyntaxError, Refused>;

/// What `line` asks for when typed by `session` over the configuration `running`. Moves the session to
/// another mode where the command does so. SyntaxError and Refused leave it where it is, but for a line that
/// may have been to open a section, and a session whose tunnel, profile or trustpoint is gone: they leave it
/// in Config mode, with Session::refused for the lines of that section. A caller that cannot apply an Edit
/// puts the session to refused_at() of what it was before. `line` is UTF-8 without line end, as it comes from
/// outside: nothing in it can do harm.
Outcome execute(const Config& running, Session& session, std::string_view line);

/// Where a session that stood at `before` stands once `line` is refused.
Session refused_at(const Session& before, std::string_view line);

/// One word that may stand at the cursor.
struct Candidate {
  std::string text;      ///< The keyword, or the form of a value: "A.B.C.D", "<0-65535>", "NAME".
  std::string help;      ///< One line.
  bool literal = false;  ///< `text` is a keyword that Tab may insert.

  bool operator==(const Candidate&) const = default;
};

/// The answer to `?` and Tab.
struct Completion {
  std::size_t word_start = 0;         ///< Octets from the line's start to the word under the cursor.
  std::vector<Candidate> candidates;  ///< Sorted by text, keywords first; empty: nothing fits here.
  bool executable = false;            ///< The line up to the cursor is a whole command: "<cr>".

  /// The text that every candidate which is a keyword shares, at least as long as the word typed;
  /// empty when a value may stand here too or nothing fits.
  [[nodiscard]] std::string common_prefix() const;
};

/// What may follow at the end of `line`. A word directly before the cursor narrows the candidates to
/// those that it begins; a blank before the cursor asks for the next word.
Completion complete(Mode mode, std::string_view line);

enum class Secrets : std::uint8_t { Written, Hidden };

/// The text of kHiddenKey stands in for a key that is not shown; it is refused as a key, lest a
/// configuration copied from a screen destroys the keys.
inline constexpr std::string_view kHiddenKey = "********";

/// `config` as commands, only what differs from the defaults, with a final "end". Written secrets
/// make it the startup file: load(emit(c)) equals c.
std::string emit(const Config& config, Secrets secrets = Secrets::Written);
/// The part of emit() under `interface tunnel<number>`, that line included; empty when it is not there.
std::string emit_interface(const Config& config, std::uint32_t number);

/// The longest text of a configuration, in octets, wherever one is read, written or sent.
inline constexpr std::size_t kMaxConfiguration = std::size_t{64} * 1024 * 1024;

/// Why a line of a configuration file is refused.
struct FileError {
  std::size_t line = 0;    ///< From 1.
  std::size_t column = 0;  ///< Octets into `text`; see `syntax`.
  std::string text;        ///< The line, without its end; of an endless one the beginning.
  std::string message;     ///< As in SyntaxError, or the reason of a refusal.
  std::vector<std::string> expected;
  bool syntax = true;            ///< False: refused; there is no caret to show.
  std::string consequence = {};  ///< Of load_good_lines(): "tunnel0 is shut down"; empty: none.
  SyntaxError::Kind kind = SyntaxError::Kind::Invalid;  ///< Of a syntax error.
};

/// Reads a configuration file: the commands of Config mode from an empty configuration. All or nothing.
Result<Config, FileError> load(std::string_view text);

/// What could be read of a file, and what could not.
struct Loaded {
  Config config;
  std::vector<FileError> errors;  ///< By line.
};
/// The same, less the lines that are refused, what belongs to a refused section, and what uses a name that
/// nothing has. A tunnel is shut down that might protect less, or let others in, for want of such a line.
/// After kMaxFileErrors the rest is not read.
Loaded load_good_lines(std::string_view text);
inline constexpr std::size_t kMaxFileErrors = 100'000;

/// `line` with kHiddenKey for every word that may be a secret, for its author and his history; nullopt when
/// there is none.
std::optional<std::string> mask_secrets(std::string_view line);

/// Who reads a report of a line: only the user who has just typed it, or others too.
enum class Audience : std::uint8_t { Author, Others };

/// `line` for logs and reports, whatever is wrong with it: shortened, and kHiddenKey for every word that may
/// be a secret. To others that is, in a line that errs, every word from there on that is no keyword.
std::string without_secrets(std::string_view line, Audience audience);

/// `line` with a caret under the octet at `column` (neither without a column), the message and what
/// was expected, each on its line, ready to print.
std::string render_error(std::string_view line, std::optional<std::size_t> column, std::string_view message,
                         const std::vector<std::string>& expected);

/// Changes whenever a command does: a client and a daemon with different ones are of different builds.
std::uint64_t grammar_hash();

}  // namespace awtun::config
