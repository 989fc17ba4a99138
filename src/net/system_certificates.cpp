#include "net/system_certificates.h"

#include <array>
#include <fstream>

#include <curl/curl.h>

namespace orpheus::net {
namespace {

constexpr std::array kPlaces{
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Arch, Alpine, NixOS
    "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // the same, without compatibility links
    "/etc/ssl/ca-bundle.pem",                             // openSUSE
    "/etc/ssl/cert.pem",                                  // Alpine, macOS, the BSDs
};

bool can_be_read(const char* file) { return std::ifstream(file).good(); }

}  // namespace

std::string certificates_among(const char* own, std::span<const char* const> places) {
  if (own == nullptr || can_be_read(own)) return {};
  for (const char* place : places)
    if (can_be_read(place)) return place;
  return {};
}

std::string system_certificates() {
  const curl_version_info_data* built = curl_version_info(CURLVERSION_NOW);
  const bool tells = built != nullptr && built->age >= CURLVERSION_SEVENTH;  // 7.70 and newer
  return certificates_among(tells ? built->cainfo : nullptr, kPlaces);
}

}  // namespace orpheus::net
