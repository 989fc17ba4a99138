#pragma once
// Where the system keeps the certificates that it trusts. libcurl knows one place, that of the
// system that it was built on; in the archive of "make package" it comes from Debian and may run on
// another system.
//
// Every function may be called from any thread.

#include <span>
#include <string>

namespace orpheus::net {

// The file to give to libcurl: empty if its own can be read or none of the known ones can. libcurl
// then uses its own, and its error names it.
std::string system_certificates();

// The same, of the given files: empty if own can be read, else the first place that can. own may be
// null: a libcurl that asks the system (macOS).
std::string certificates_among(const char* own, std::span<const char* const> places);

}  // namespace orpheus::net
