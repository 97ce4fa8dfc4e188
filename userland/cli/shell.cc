// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/shell.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cwchar>
#include <memory>
#include <sstream>

#include "userland/cli/dialogue.h"
#include "userland/cli/help.h"
#include "userland/cli/history.h"
#include "userland/cli/pager.h"

namespace awtun::cli {
namespace {

struct EndEditLine {
  void operator()(EditLine* editor) const { el_end(editor); }
};
struct EndHistory {
  void operator()(History* history) const { history_end(history); }
};

/// The editor with what its callbacks need; it stays at its address, which libedit keeps.
class Editor {
 public:
  explicit Editor(Client& client);
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  /// A line without its end; nullopt at the end of input.
  std::optional<std::string> read(const std::string& prompt, config::Mode mode);
  void remember(const std::string& line);

 private:
  static Editor& of(EditLine* editor);
  static char* show_prompt(EditLine* editor);
  static int next_character(EditLine* editor, wchar_t* character);
  void await_key();
  void show_log();
  static unsigned char on_help(EditLine* editor, int key);
  static unsigned char on_tab(EditLine* editor, int key);
  static unsigned char on_end(EditLine* editor, int key);
  static unsigned char on_cancel(EditLine* editor, int key);
  void bind_keys();

  Client& client_;
  bool connected_ = true;
  std::unique_ptr<History, EndHistory> history_;
  std::unique_ptr<EditLine, EndEditLine> editor_;
  std::string prompt_;
  config::Mode mode_ = config::Mode::Exec;
};

Editor::Editor(Client& client)
    : client_(client), history_(history_init()), editor_(el_init("awcli", stdin, stdout, stderr)) {
  HistEvent event;
  history(history_.get(), &event, H_SETSIZE, static_cast<int>(HistoryFile::kMaxLines));
  history(history_.get(), &event, H_SETUNIQUE, 1);
  el_set(editor_.get(), EL_CLIENTDATA, this);
  el_set(editor_.get(), EL_PROMPT, &Editor::show_prompt);
  el_set(editor_.get(), EL_HIST, history, history_.get());
  el_set(editor_.get(), EL_EDITOR, "emacs");
  el_set(editor_.get(), EL_SIGNAL, 1);
  el_set(editor_.get(), EL_GETCFN, &Editor::next_character);
  // libedit hears of the first change of the window while a line is edited, await_key() of the others.
  (void)std::signal(SIGWINCH, [](int) {});
  bind_keys();
}

void Editor::bind_keys() {
  EditLine* const editor = editor_.get();
  // While a line is edited, ^C and ^Z are keys: the terminal must not turn them into signals.
  el_set(editor, EL_SETTY, "-d", "-isig", nullptr);
  el_set(editor, EL_ADDFN, "aw-help", "List what may follow", &Editor::on_help);
  el_set(editor, EL_ADDFN, "aw-complete", "Complete the word", &Editor::on_tab);
  el_set(editor, EL_ADDFN, "aw-end", "Return to exec mode", &Editor::on_end);
  el_set(editor, EL_ADDFN, "aw-cancel", "Discard the line", &Editor::on_cancel);
  el_set(editor, EL_BIND, "?", "aw-help", nullptr);
  el_set(editor, EL_BIND, "^I", "aw-complete", nullptr);
  el_set(editor, EL_BIND, "^Z", "aw-end", nullptr);
  el_set(editor, EL_BIND, "^C", "aw-cancel", nullptr);
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
}

Editor& Editor::of(EditLine* editor) {
  void* self = nullptr;
  el_get(editor, EL_CLIENTDATA, &self);
  return *static_cast<Editor*>(self);
}

char* Editor::show_prompt(EditLine* editor) { return of(editor).prompt_.data(); }

void Editor::show_log() {
  std::fputs("\n", stdout);
  std::fflush(stdout);
  do {
    const auto taken = client_.take_log();
    connected_ = static_cast<bool>(taken);
    if (!connected_) std::fputs(("% " + taken.error() + "\n").c_str(), stdout);
  } while (connected_ && client_.log_waits());
  el_set(editor_.get(), EL_REFRESH);
}

/// Until a key is pressed the log comes in, above the line that is edited.
void Editor::await_key() {
  for (;;) {
    if (connected_ && client_.log_waits()) show_log();
    std::array<pollfd, 2> waiting{pollfd{STDIN_FILENO, POLLIN, 0},
                                  pollfd{connected_ ? client_.socket() : -1, POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0) {
      el_resize(editor_.get());
      el_set(editor_.get(), EL_REFRESH);
      continue;
    }
    if (waiting[1].revents != 0) show_log();
    if (waiting[0].revents != 0) return;
  }
}

/// As libedit itself reads one, but for the log.
int Editor::next_character(EditLine* editor, wchar_t* character) {
  std::mbstate_t state{};
  for (;;) {
    of(editor).await_key();
    char octet = 0;
    const ssize_t size = ::read(STDIN_FILENO, &octet, 1);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return static_cast<int>(size);
    const std::size_t taken = std::mbrtowc(character, &octet, 1, &state);
    if (taken == 0 || taken == 1) return 1;
    if (taken == static_cast<std::size_t>(-1)) state = {};  // no character; what follows may be one
  }
}

std::string_view before_cursor(EditLine* editor) {
  const LineInfo* const line = el_line(editor);
  return {line->buffer, static_cast<std::size_t>(line->cursor - line->buffer)};
}

/// Prints under the line being edited; the editor then shows prompt and line again.
unsigned char print_below(const std::string& text) {
  std::fputs(("\n" + text).c_str(), stdout);
  std::fflush(stdout);
  return CC_REDISPLAY;
}

unsigned char Editor::on_help(EditLine* editor, int /*key*/) {
  return print_below("?\n" + help_text(of(editor).mode_, before_cursor(editor)));
}

unsigned char Editor::on_tab(EditLine* editor, int /*key*/) {
  const Tab tab = complete_word(of(editor).mode_, before_cursor(editor));
  if (!tab.list.empty()) return print_below(tab.list);
  if (tab.insert.empty()) return CC_ERROR;
  el_deletestr(editor, static_cast<int>(tab.erase));
  return el_insertstr(editor, tab.insert.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
}

void erase_line(EditLine* editor) {
  const LineInfo* const line = el_line(editor);
  el_cursor(editor, static_cast<int>(line->lastchar - line->cursor));
  el_deletestr(editor, static_cast<int>(line->lastchar - line->buffer));
}

/// As on a router, what was typed before ^Z is not executed.
unsigned char Editor::on_end(EditLine* editor, int /*key*/) {
  erase_line(editor);
  el_insertstr(editor, "end\n");
  std::fputs("^Z", stdout);
  return CC_NEWLINE;
}

unsigned char Editor::on_cancel(EditLine* editor, int /*key*/) {
  erase_line(editor);
  el_insertstr(editor, "\n");  // an empty line would be the end of input
  std::fputs("^C", stdout);
  return CC_NEWLINE;
}

std::optional<std::string> Editor::read(const std::string& prompt, config::Mode mode) {
  prompt_ = prompt;
  mode_ = mode;
  // el_gets() shows the prompt first; when the prompt is visible the keys must be bound.
  el_set(editor_.get(), EL_PREP_TERM, 1);
  int length = 0;
  const char* const text = el_gets(editor_.get(), &length);
  if (text == nullptr || length <= 0) return std::nullopt;
  std::string line(text, static_cast<std::size_t>(length));
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  return line;
}

void Editor::remember(const std::string& line) {
  if (line.find_first_not_of(" \t") == line.npos) return;
  HistEvent event;
  history(history_.get(), &event, H_ENTER, line.c_str());
}

}  // namespace

ExitStatus run_shell(Client& client, const Output& output) {
  const HistoryFile file = HistoryFile::of_user();
  client.on_log([&output](const control::LogLine& line) { print_log(output, line); });
  Editor editor(client);
  std::optional<std::size_t> length;
  for (const std::string& line : file.read()) editor.remember(line);
  control::Reply last;
  while (!last.quit) {
    const auto line = editor.read(client.hostname() + last.place.prompt + " ", last.place.mode);
    if (!line) {
      output.out << "\n";
      break;
    }
    if (!config::mask_secrets(*line)) editor.remember(*line);
    const auto ask = [&](const std::string& question) { return editor.read(question, last.place.mode); };
    auto reply = converse(client, *line, {ask}, output.out);
    if (!reply) {
      output.err << "awcli: " << reply.error() << "\n";
      return ExitStatus::Unreachable;
    }
    if (reply->length) length = reply->length;
    std::ostringstream text;
    print_reply({text, output.err, output.json}, *line, *reply);
    print_pages(text.str(), page_length(length));
    if (reply->ok()) file.append(*line);
    last = *std::move(reply);
  }
  return ExitStatus::Done;
}

}  // namespace awtun::cli
