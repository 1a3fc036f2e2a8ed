#include "postgres/cutting_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>

namespace ingot::postgres {

namespace {

sockaddr_in local(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

}  // namespace

CuttingProxy::CuttingProxy(int server_port) : server_port_(server_port), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = local(0);
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::listen(listener_, 8);
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

CuttingProxy::~CuttingProxy() {
  stop_ = true;
  acceptor_.join();
  threads_.clear();
  ::close(listener_);
}

void CuttingProxy::accept_all() {
  while (!stop_) {
    pollfd wait{listener_, POLLIN, 0};
    if (::poll(&wait, 1, 50) <= 0) continue;
    const int client = ::accept(listener_, nullptr, nullptr);
    threads_.emplace_back([this, client] { pump(client); });
  }
}

void CuttingProxy::pump(int client) {
  const int server = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = local(server_port_);
  ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address);
  std::array<char, 65536> buffer;
  bool cut_at_answer = false;
  while (!stop_) {
    std::array<pollfd, 2> wait{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    if (::poll(wait.data(), 2, 50) <= 0) continue;
    if (wait[0].revents) {
      const ssize_t n = ::read(client, buffer.data(), buffer.size());
      if (n <= 0) break;
      if (cut != Cut::never &&
          std::string_view(buffer.data(), static_cast<size_t>(n)).find("COMMIT") != std::string_view::npos) {
        if (cut.exchange(Cut::never) == Cut::before) break;
        cut_at_answer = true;
      }
      if (::write(server, buffer.data(), static_cast<size_t>(n)) != n) break;
    }
    if (wait[1].revents) {
      const ssize_t n = ::read(server, buffer.data(), buffer.size());
      if (n <= 0 || cut_at_answer) break;
      if (::write(client, buffer.data(), static_cast<size_t>(n)) != n) break;
    }
  }
  ::close(client);
  ::close(server);
}

}  // namespace ingot::postgres
