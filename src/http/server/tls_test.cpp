// Speech over TLS, with a certificate that this test makes.

#include "http/server/tls.h"

#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/testing/test_folder.h"
#include "http/server/testing/test_client.h"

namespace orpheus::http {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

struct Files {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

// Signs itself, for localhost.
Files make_certificate(const std::filesystem::path& folder, const std::string& name) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> maker(
      EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* made = nullptr;
  EVP_PKEY_keygen_init(maker.get());
  EVP_PKEY_keygen(maker.get(), &made);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(made, &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600L * 24);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  const std::string host = "localhost";
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(host.data()),
                             static_cast<int>(host.size()), -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_sign(certificate.get(), key.get(), nullptr);

  Files files{folder / (name + ".crt"), folder / (name + ".key")};
  std::FILE* file = std::fopen(files.certificate.c_str(), "w");
  PEM_write_X509(file, certificate.get());
  std::fclose(file);
  file = std::fopen(files.key.c_str(), "w");
  PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  return files;
}

class TlsServer : public testing::Test {
 protected:
  Options options() const {
    Options options = patient_options();
    options.tls_certificate = files_.certificate;
    options.tls_key = files_.key;
    return options;
  }

  const TestFolder own_;
  const std::filesystem::path folder_ = own_.path();
  const Files files_ = make_certificate(folder_, "server");
};

// Trusts that certificate and no other.
class TlsClient {
 public:
  TlsClient(uint16_t port, const std::filesystem::path& certificate) {
    context_.load_verify_file(certificate.string());
    stream_.next_layer().connect({asio::ip::address_v4::loopback(), port});
    stream_.set_verify_mode(ssl::verify_peer);
    stream_.handshake(ssl::stream_base::client);
  }
  void send(const std::string& bytes) { asio::write(stream_, asio::buffer(bytes)); }
  // Up to and with this text.
  std::string read_to(const std::string& end) {
    std::string bytes;
    char byte = 0;
    while (!bytes.ends_with(end)) {
      asio::read(stream_, asio::buffer(&byte, 1));
      bytes += byte;
    }
    return bytes;
  }
  void leave() { stream_.next_layer().close(); }
  // The server says goodbye as TLS wants it, so that nothing can have been cut off.
  bool ends_well() {
    boost::system::error_code error;
    char byte = 0;
    asio::read(stream_, asio::buffer(&byte, 1), error);
    return error == asio::error::eof;
  }

 private:
  asio::io_context io_;
  ssl::context context_{ssl::context::tls_client};
  ssl::stream<asio::ip::tcp::socket> stream_{io_, context_};
};

TEST_F(TlsServer, SpeaksAndKeepsTheConnection) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, options());
  TlsClient client(server->port(), files_.certificate);
  for (int i = 0; i < 2; ++i) {
    client.send(get("/health"));
    EXPECT_TRUE(client.read_to("\r\n\r\n").starts_with("HTTP/1.1 200"));
    client.read_to("}");
    client.send(post_pcm());
    EXPECT_TRUE(client.read_to("\r\n\r\n").starts_with("HTTP/1.1 200"));
    EXPECT_GT(client.read_to("\r\n0\r\n\r\n").size(), 4U * speech::kSamplesPerFrame * 2);
  }
  client.send(get("/health", "Connection: close\r\n"));
  client.read_to("}");
  EXPECT_TRUE(client.ends_well());
}

TEST_F(TlsServer, WhoLeavesEndsHisSpeech) {
  std::promise<void> ended;
  FakeSynthesiser synthesiser([&](const speech::Request& request,
                                  const speech::SampleSink& sink) -> Result<speech::Summary> {
    sink(sine_frame(0));
    while (!request.cancel.cancelled()) std::this_thread::yield();
    ended.set_value();
    return fail({.kind = ErrorKind::kCancelled, .what = "left"});
  });
  const auto server = serve(synthesiser, options());
  TlsClient client(server->port(), files_.certificate);
  client.send(post_pcm());
  client.read_to("\r\n\r\n");
  client.leave();
  ended.get_future().wait();
}

TEST_F(TlsServer, ARenewedCertificateIsForThoseWhoComeThen) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, options());
  TlsClient before(server->port(), files_.certificate);
  const Files other = make_certificate(folder_, "other");
  std::filesystem::copy_file(other.certificate, files_.certificate,
                             std::filesystem::copy_options::overwrite_existing);
  const auto half_done = server->renew_certificate(options());  // the key is still the former one
  ASSERT_FALSE(half_done);
  EXPECT_EQ(half_done.error().kind, ErrorKind::kUsage) << half_done.error().message();
  std::filesystem::copy_file(other.key, files_.key,
                             std::filesystem::copy_options::overwrite_existing);
  ASSERT_TRUE(server->renew_certificate(options()));
  TlsClient after(server->port(), other.certificate);
  for (TlsClient* client : {&before, &after}) {
    client->send(get("/health"));
    EXPECT_TRUE(client->read_to("\r\n\r\n").starts_with("HTTP/1.1 200"));
  }
  EXPECT_EQ(server->renew_certificate({}).error().kind, ErrorKind::kUsage);
}

TEST_F(TlsServer, WhoSpeaksPlainHttpIsToldSo) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, options());
  TestClient plain(server->port());
  const Reply reply = plain.ask(post_pcm());
  EXPECT_EQ(reply.status, 400);
  EXPECT_NE(reply.body.find("https://"), std::string::npos);
  EXPECT_TRUE(reply.whole);
}

// Guards against: a client that sends without end after its refusal is never left.
TEST_F(TlsServer, AFloodOfPlainBytesEnds) {
  FakeSynthesiser synthesiser;
  const auto server = serve(synthesiser, options());
  TestClient flood(server->port());
  const std::string zeros(1U << 20U, '\0');
  while (flood.send(zeros)) continue;
}

TEST_F(TlsServer, BytesThatAreNoHandshakeAreClosedAndHarmNobody) {
  FakeSynthesiser synthesiser;
  Options options = TlsServer::options();
  options.header_timeout = std::chrono::milliseconds(50);
  const auto server = serve(synthesiser, options);
  TestClient silent(server->port());
  TestClient garbage(server->port());
  garbage.send("\x16\x03\x01\x00\x05hello, this is no handshake");
  garbage.read_to_end();
  TestClient half(server->port());
  half.send(std::string("\x16\x03\x01\x01", 4));
  half.read_to_end();
  silent.read_to_end();
}

TEST_F(TlsServer, WhatCannotBeUsedIsToldBeforeAnybodyIsServed) {
  FakeSynthesiser synthesiser;
  const auto error_of = [&](const std::filesystem::path& certificate,
                            const std::filesystem::path& key) {
    Options options;
    options.port = 0;
    options.tls_certificate = certificate;
    options.tls_key = key;
    const auto server = Server::start(options, synthesiser);
    return server ? Error{.what = "it serves"} : server.error();
  };
  const Files other = make_certificate(folder_, "other");
  EXPECT_EQ(error_of(files_.certificate, "").kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of("", files_.key).kind, ErrorKind::kUsage);
  EXPECT_EQ(error_of(folder_ / "none", files_.key).kind, ErrorKind::kNotFound);
  EXPECT_EQ(error_of(folder_, files_.key).kind, ErrorKind::kNotFound);
  EXPECT_EQ(error_of(files_.key, files_.key).kind, ErrorKind::kBadFile);
  EXPECT_EQ(error_of(files_.certificate, files_.certificate).kind, ErrorKind::kBadFile);
  const Error mismatch = error_of(files_.certificate, other.key);
  EXPECT_EQ(mismatch.kind, ErrorKind::kUsage) << mismatch.message();
  EXPECT_NE(mismatch.message().find("other.key"), std::string::npos);
}

}  // namespace
}  // namespace orpheus::http
