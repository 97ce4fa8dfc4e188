// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/shell.h"

#include <histedit.h>

#include <cstdio>
#include <memory>

#include "userland/cli/dialogue.h"
#include "userland/cli/help.h"
#include "userland/cli/history.h"

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
  Editor();
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  /// A line without its end; nullopt at the end of input.
  std::optional<std::string> read(const std::string& prompt, config::Mode mode);
  void remember(const std::string& line);

 private:
  static Editor& of(EditLine* editor);
  static char* show_prompt(EditLine* editor);
  static unsigned char on_help(EditLine* editor, int key);
  static unsigned char on_tab(EditLine* editor, int key);
  static unsigned char on_end(EditLine* editor, int key);
  static unsigned char on_cancel(EditLine* editor, int key);
  void bind_keys();

  std::unique_ptr<History, EndHistory> history_;
  std::unique_ptr<EditLine, EndEditLine> editor_;
  std::string prompt_;
  config::Mode mode_ = config::Mode::Exec;
};

Editor::Editor() : history_(history_init()), editor_(el_init("awcli", stdin, stdout, stderr)) {
  HistEvent event;
  history(history_.get(), &event, H_SETSIZE, static_cast<int>(HistoryFile::kMaxLines));
  history(history_.get(), &event, H_SETUNIQUE, 1);
  el_set(editor_.get(), EL_CLIENTDATA, this);
  el_set(editor_.get(), EL_PROMPT, &Editor::show_prompt);
  el_set(editor_.get(), EL_HIST, history, history_.get());
  el_set(editor_.get(), EL_EDITOR, "emacs");
  el_set(editor_.get(), EL_SIGNAL, 1);
  bind_keys();
}

void Editor::bind_keys() {
  EditLine* const editor = editor_.get();
  // While a line is edited, ^C and ^Z are keys: the terminal must not turn them into signals.
  el_set(editor, EL_SETTY, "-d", "-isig", nullptr);
  el_set(editor, EL_ADDFN, "aw-help", "List what may follow", &Editor::on_help);
  el_set(editor, EL_ADDFN, "aw-complete", "Complete the word", &Editor::on_tab);
  el_set(editor, EL_ADDFN, "aw-end", "Return to exec mode", &Editor::on_end);
  el_set(editor, EL_ADDFN, "aw-cancel", "Give the line up", &Editor::on_cancel);
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

std::string_view before_cursor(EditLine* editor) {
  const LineInfo* const line = el_line(editor);
  return {line->buffer, static_cast<std::size_t>(line->cursor - line->buffer)};
}

/// Prints under the line being edited; the editor then shows prompt and line anew.
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
  // el_gets() shows the prompt first; whoever types at the sight of it must find the keys bound.
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
  Editor editor;
  for (const std::string& line : file.read()) editor.remember(line);
  Reply last;
  while (!last.quit) {
    const auto line = editor.read(client.hostname() + last.prompt + " ", last.mode);
    if (!line) {
      output.out << "\n";
      break;
    }
    if (!config::mask_secrets(*line)) editor.remember(*line);
    const auto ask = [&](const std::string& question) { return editor.read(question, last.mode); };
    auto reply = converse(client, *line, {ask}, output.out);
    if (!reply) {
      output.err << "awcli: " << reply.error() << "\n";
      return ExitStatus::Unreachable;
    }
    print_reply(output, *line, *reply);
    if (reply->ok) file.append(*line);
    last = *std::move(reply);
  }
  return ExitStatus::Done;
}

}  // namespace awtun::cli
