#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "aws/credentials_provider.h"
#include "core/environment.h"

namespace ingot {

namespace {

constexpr const char* kAddress = "169.254.169.254";
constexpr uint16_t kPort = 80;
constexpr int kMostWaitMillis = 1000;  // it lies in the machine itself, or one hop away

bool connects(int socket) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  ::inet_pton(AF_INET, kAddress, &address.sin_addr);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd wait{socket, POLLOUT, 0};
  if (::poll(&wait, 1, kMostWaitMillis) != 1) return false;
  int error = 0;
  socklen_t size = sizeof(error);
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

}  // namespace

bool instance_metadata_listens() {
  if (environment_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") ||
      environment_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"))
    return true;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  const bool listens = connects(socket);
  ::close(socket);
  return listens;
}

}  // namespace ingot
