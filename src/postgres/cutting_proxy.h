#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace ingot::postgres {

/// A proxy before a server on 127.0.0.1, for tests: cuts a connection when the client sends COMMIT.
class CuttingProxy {
 public:
  enum class Cut : uint8_t { never, before, after };  ///< before the server gets the COMMIT, or after it has answered

  explicit CuttingProxy(int server_port);
  ~CuttingProxy();
  int port() const { return port_; }
  std::atomic<Cut> cut = Cut::never;  ///< of the next COMMIT; then never

 private:
  void accept_all();
  void pump(int client);

  int server_port_;
  int listener_;
  int port_ = 0;
  std::atomic<bool> stop_ = false;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace ingot::postgres
