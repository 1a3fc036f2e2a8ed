#include "cli/stop_signal.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>

namespace ingot {

namespace {

// A signal handler can reach only this.
std::atomic<int> pipe_to_write{-1};
std::atomic<int> signals_seen{0};

void on_signal(int) {
  const int seen = ++signals_seen;
  if (seen > 1) ::_exit(130);
  const int saved = errno;
  const char byte = 's';
  if (const int file = pipe_to_write; file >= 0) (void)!::write(file, &byte, 1);
  errno = saved;
}

}  // namespace

StopSignal::StopSignal(std::function<void()> stop) {
  if (::pipe(pipe_) != 0) return;  // without it Ctrl-C ends the process at once, which is safe, too
  signals_seen = 0;
  pipe_to_write = pipe_[1];
  thread_ = std::thread([this, stop = std::move(stop)] {
    char byte = 0;
    if (::read(pipe_[0], &byte, 1) == 1 && byte == 's') {
      std::fputs("\nstopping: what is not committed is rolled back; once more ends at once\n", stderr);
      stop();
    }
  });
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

StopSignal::~StopSignal() {
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  pipe_to_write = -1;
  if (pipe_[1] >= 0) {
    const char byte = 'q';
    (void)!::write(pipe_[1], &byte, 1);
  }
  if (thread_.joinable()) thread_.join();
  for (int file : pipe_) {
    if (file >= 0) ::close(file);
  }
}

}  // namespace ingot
