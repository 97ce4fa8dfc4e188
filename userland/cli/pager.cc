// SPDX-License-Identifier: Apache-2.0
#include "userland/cli/pager.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace awtun::cli {
namespace {

constexpr std::string_view kMore = "--More--";
constexpr char kInterrupt = 3;  // ^C, which is no signal meanwhile

/// Keys come one by one and unseen while it lives.
class KeyByKey {
 public:
  KeyByKey() {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &now);
  }
  ~KeyByKey() { ::tcsetattr(STDIN_FILENO, TCSANOW, &before_); }
  KeyByKey(const KeyByKey&) = delete;
  KeyByKey& operator=(const KeyByKey&) = delete;

 private:
  termios before_{};
};

/// The key pressed at the end of a page; q when there will be no other.
char ask_for_more() {
  std::fwrite(kMore.data(), 1, kMore.size(), stdout);
  std::fflush(stdout);
  char key = 'q';
  if (::read(STDIN_FILENO, &key, 1) != 1) key = 'q';
  std::fputs("\r        \r", stdout);
  return key;
}

/// How many lines a key asks for.
std::size_t lines_for(char key, std::size_t length) {
  if (key == 'q' || key == 'Q' || key == kInterrupt) return 0;
  return key == '\r' || key == '\n' ? 1 : length - 1;
}

std::size_t print_line(std::string_view text) {
  const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
  std::fwrite(text.data(), 1, size, stdout);
  return size;
}

}  // namespace

std::size_t page_length(std::optional<std::size_t> wanted) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) return 0;
  if (wanted) return *wanted;
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

void print_pages(std::string_view text, std::size_t length) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (length < 2 || lines < length) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
    return;
  }
  const KeyByKey keys;
  for (std::size_t left = length - 1; !text.empty(); --left) {
    if (left == 0) left = lines_for(ask_for_more(), length);
    if (left == 0) break;
    text.remove_prefix(print_line(text));
  }
  std::fflush(stdout);
}

}  // namespace awtun::cli
