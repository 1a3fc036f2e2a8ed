#pragma once

#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ingot {

/// What a test's server was asked.
struct SeenRequest {
  std::string method, target, text;  ///< text: all of its head
  std::string body;
  int number = 0;  ///< of its target, from 1

  std::string header(const std::string& name) const {
    size_t at = 0;
    while ((at = text.find("\r\n", at)) != std::string::npos) {
      at += 2;
      if (::strncasecmp(text.c_str() + at, name.c_str(), name.size()) != 0 || text[at + name.size()] != ':') continue;
      const size_t begin = text.find_first_not_of(' ', at + name.size() + 1);
      return text.substr(begin, text.find("\r\n", at) - begin);
    }
    return {};
  }
};

/// How it answers: bytes as they stand on the wire, pauses, and the end of the connection.
class Wire {
 public:
  explicit Wire(int socket) : socket_(socket) {}

  void send(const std::string& bytes) const {
    size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return;
      sent += static_cast<size_t>(count);
    }
  }
  void answer(int status, const std::string& headers, const std::string& body) const {
    send("HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body);
  }
  static void pause(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }
  void close() { closing_ = true; }
  /// As when a process dies: a reset instead of an end.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    closing_ = true;
  }
  bool closing() const { return closing_; }

 private:
  int socket_;
  bool closing_ = false;
};

/// A web server on the loopback that does what a test tells it, faults included; a thread a connection.
class ServerForTest {
 public:
  using Handler = std::function<void(const SeenRequest&, Wire&)>;

  explicit ServerForTest(Handler handler) : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    (void)::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    (void)::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    (void)::listen(listener_, 512);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~ServerForTest() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
  }

  int port() const { return port_; }
  std::string url(const std::string& target) const { return "http://127.0.0.1:" + std::to_string(port_) + target; }
  std::vector<SeenRequest> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  int connections() const { return connections_; }
  int most_at_a_time() const { return most_; }

 private:
  void accept_all() {
    while (true) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      ++connections_;
      const std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }

  void serve(int socket) {
    std::string input;
    Wire wire(socket);
    SeenRequest request;
    while (!wire.closing() && read(socket, input, request)) {
      {
        const std::lock_guard lock(mutex_);
        request.number = ++numbers_[request.target];
        seen_.push_back(request);
      }
      const int now = ++at_a_time_;
      for (int most = most_; now > most && !most_.compare_exchange_weak(most, now);) {
      }
      handler_(request, wire);
      --at_a_time_;
    }
    const std::lock_guard lock(mutex_);
    std::erase(sockets_, socket);
    ::close(socket);
  }

  static bool read(int socket, std::string& input, SeenRequest& request) {
    size_t end;
    while ((end = input.find("\r\n\r\n")) == std::string::npos) {
      if (!receive(socket, input)) return false;
    }
    request = SeenRequest{};
    request.text = input.substr(0, end + 2);
    input.erase(0, end + 4);
    const size_t space = request.text.find(' ');
    request.method = request.text.substr(0, space);
    request.target = request.text.substr(space + 1, request.text.find(' ', space + 1) - space - 1);
    const std::string length = request.header("Content-Length");
    const size_t size = length.empty() ? 0 : std::stoul(length);
    while (input.size() < size) {
      if (!receive(socket, input)) return false;
    }
    request.body = input.substr(0, size);
    input.erase(0, size);
    return true;
  }

  static bool receive(int socket, std::string& input) {
    char piece[65536];
    const ssize_t count = ::recv(socket, piece, sizeof piece, 0);
    if (count <= 0) return false;
    input.append(piece, static_cast<size_t>(count));
    return true;
  }

  const Handler handler_;
  const int listener_;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<SeenRequest> seen_;
  std::map<std::string, int> numbers_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::atomic<int> connections_{0};
  std::atomic<int> at_a_time_{0};
  std::atomic<int> most_{0};
  std::thread acceptor_;
};

}  // namespace ingot
