#include "http/server/tls.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/log.h"
#include "http/errors.h"
#include "http/server/wire.h"

namespace orpheus::http {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;

constexpr char kHandshakeRecord = 0x16;      // the first byte of a TLS client
constexpr std::chrono::seconds kReadsOn{2};  // for a client that was refused

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

// A plain response for a client that speaks plain HTTP.
std::string plain_refusal() {
  const Response refusal =
      error_response({.status = 400,
                      .message = "this port speaks TLS: the address begins with https://",
                      .code = "tls_required"});
  return head_bytes(refusal, {.id = request_id(std::nullopt)}, BodyEnd::kLength) + refusal.body;
}

class TlsTransport final : public Transport {
 public:
  TlsTransport(asio::ip::tcp::socket socket, ssl::context& context)
      : stream_(boost::beast::tcp_stream(std::move(socket)), context) {}

  Awaitable<bool> open() override {
    error_code error;
    std::array<char, 512> first{};
    const size_t num_read =
        co_await stream_.next_layer().async_read_some(asio::buffer(first), into(error));
    if (error) co_return false;
    if (first[0] != kHandshakeRecord) {
      const std::string refusal = plain_refusal();
      co_await asio::async_write(stream_.next_layer(), asio::buffer(refusal), into(error));
      stream_.next_layer().socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
      // Otherwise unread bytes would reset the connection before the client reads the response.
      const auto until = std::chrono::steady_clock::now() + kReadsOn;
      while (!error && std::chrono::steady_clock::now() < until) {
        co_await stream_.next_layer().async_read_some(asio::buffer(first), into(error));
      }
      co_return false;
    }
    co_await stream_.async_handshake(ssl::stream_base::server, asio::buffer(first, num_read),
                                     into(error));
    co_return !error;
  }

  Awaitable<size_t> read_some(asio::mutable_buffer buffer, Error& error) override {
    co_return co_await stream_.async_read_some(buffer, into(error));
  }
  Awaitable<void> write(std::array<asio::const_buffer, 3> buffers, Error& error) override {
    co_await asio::async_write(stream_, buffers, into(error));
  }
  Awaitable<void> finish() override {
    error_code ignored;
    co_await stream_.async_shutdown(into(ignored));
    stream_.next_layer().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }
  boost::beast::tcp_stream& socket_stream() override { return stream_.next_layer(); }

 private:
  ssl::stream<boost::beast::tcp_stream> stream_;
};

class OpenTls final : public Tls {
 public:
  explicit OpenTls(ssl::context context) : context_(std::move(context)) {}
  std::unique_ptr<Transport> around(asio::ip::tcp::socket socket) override {
    return std::make_unique<TlsTransport>(std::move(socket), context_);
  }

 private:
  ssl::context context_;
};

Result<void> check_readable(const std::filesystem::path& path, const char* name) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored) && std::ifstream(path)) return {};
  return fail({.kind = ErrorKind::kNotFound,
               .what = std::string("the ") + name + " '" + path.string() + "' cannot be read",
               .expected = "a PEM file",
               .remedy = "Check the path and the file's permissions."});
}

// Clients refuse an expired certificate. The operator must find out whether the clock or the file
// is wrong.
void warn_of_date(SSL_CTX* context, const std::filesystem::path& path) {
  const X509* const certificate = SSL_CTX_get0_certificate(context);
  if (certificate == nullptr) return;
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    log::warn("the TLS certificate '{}' has expired: clients will refuse it", path.string());
  } else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    log::warn("the TLS certificate '{}' is not valid yet: clients will refuse it", path.string());
  }
}

Error bad_file(const std::filesystem::path& path, const char* name, const char* expected,
               error_code error) {
  return {.kind = ErrorKind::kBadFile,
          .what = std::string("the ") + name + " '" + path.string() + "' cannot be used",
          .expected = expected,
          .found = error.message(),
          .remedy = "Set --tls-certificate and --tls-key to valid files."};
}

}  // namespace

Result<std::unique_ptr<Tls>> Tls::open(const Options& options) {
  const auto& certificate = options.tls_certificate;
  const auto& key = options.tls_key;
  if (certificate.empty() && key.empty()) return nullptr;
  if (certificate.empty() || key.empty()) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = certificate.empty() ? "--tls-key is set without --tls-certificate"
                                             : "--tls-certificate is set without --tls-key",
                 .expected = "both, or neither",
                 .remedy = "Set both --tls-certificate and --tls-key."});
  }
  ORPHEUS_CHECK(check_readable(certificate, "TLS certificate"));
  ORPHEUS_CHECK(check_readable(key, "TLS key"));
  ssl::context context(ssl::context::tls_server);
  SSL_CTX* const native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // idle connections need little memory
  error_code error;
  context.use_certificate_chain_file(certificate.string(), error);
  if (error) {
    return fail(bad_file(certificate, "TLS certificate",
                         "PEM: the certificate followed by its intermediate certificates", error));
  }
  // Without this callback, OpenSSL would ask for a password on the terminal.
  context.set_password_callback(
      [](size_t /*most*/, ssl::context::password_purpose /*purpose*/) { return std::string(); },
      error);
  context.use_private_key_file(key.string(), ssl::context::pem, error);
  const bool is_of_another = error ? ERR_GET_REASON(static_cast<unsigned long>(error.value())) ==
                                         X509_R_KEY_VALUES_MISMATCH
                                   : SSL_CTX_check_private_key(native) != 1;
  ERR_clear_error();
  if (is_of_another) {
    return fail({.kind = ErrorKind::kUsage,
                 .what = "the TLS key '" + key.string() + "' does not match the certificate '" +
                         certificate.string() + "'",
                 .expected = "the key of this certificate",
                 .remedy = "Set --tls-key to the key of this certificate."});
  }
  if (error) {
    return fail(bad_file(key, "TLS key", "PEM: a private key without a password", error));
  }
  warn_of_date(native, certificate);
  return std::unique_ptr<Tls>(std::make_unique<OpenTls>(std::move(context)));
}

}  // namespace orpheus::http
