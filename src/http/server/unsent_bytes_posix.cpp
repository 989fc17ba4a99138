#include <sys/ioctl.h>

#include "http/server/transport.h"

namespace orpheus::http {

bool Transport::has_unsent_bytes() {
  int num_bytes = 0;
  auto& socket = socket_stream().socket();
  return socket.is_open() && ::ioctl(socket.native_handle(), TIOCOUTQ, &num_bytes) == 0 &&
         num_bytes > 0;
}

}  // namespace orpheus::http
