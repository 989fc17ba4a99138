# Finds all third-party libraries once. Each folder lists those that it uses (see Folder.cmake).
find_package(Threads REQUIRED)
find_package(PkgConfig QUIET)
find_package(spdlog REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW)
endif()
find_package(Boost 1.74 REQUIRED)
find_package(CURL 7.85 REQUIRED)
# Its headers are in a separate folder, which only text/markup uses.
find_package(LibXml2 2.9.14 REQUIRED)
add_library(libxml2 INTERFACE)
target_link_libraries(libxml2 INTERFACE ${LIBXML2_LIBRARIES})

# Not every system has a CMake package of cmark-gfm.
find_path(CMARK_INCLUDE_DIR cmark-gfm.h REQUIRED)
find_library(CMARK_LIBRARY cmark-gfm REQUIRED)
find_library(CMARK_EXTENSIONS_LIBRARY cmark-gfm-extensions REQUIRED)
add_library(cmark_gfm INTERFACE)
target_include_directories(cmark_gfm SYSTEM INTERFACE ${CMARK_INCLUDE_DIR})
target_link_libraries(cmark_gfm INTERFACE ${CMARK_EXTENSIONS_LIBRARY} ${CMARK_LIBRARY})
find_path(EXPECTED_INCLUDE_DIR tl/expected.hpp REQUIRED)

add_library(tl_expected INTERFACE)
target_include_directories(tl_expected SYSTEM INTERFACE ${EXPECTED_INCLUDE_DIR})

# Used as headers only, so a program that is copied to another machine needs no toml++ library.
find_path(TOML_INCLUDE_DIR toml++/toml.h REQUIRED)
add_library(toml_plus_plus INTERFACE)
target_include_directories(toml_plus_plus SYSTEM INTERFACE ${TOML_INCLUDE_DIR})

add_library(boost_beast INTERFACE)
target_link_libraries(boost_beast INTERFACE Boost::headers Threads::Threads)
# Used as headers only: no Boost library is linked, and Asio's deprecated names are disabled.
target_compile_definitions(boost_beast INTERFACE BOOST_ERROR_CODE_HEADER_ONLY BOOST_ASIO_NO_DEPRECATED)
# Asio 1.74 does not detect the coroutines of Clang, and so of clang-tidy.
target_compile_definitions(boost_beast INTERFACE BOOST_ASIO_HAS_CO_AWAIT BOOST_ASIO_HAS_STD_COROUTINE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A false warning: Asio's recycling allocator allocates and frees a coroutine's frame.
  target_compile_options(boost_beast INTERFACE -Wno-mismatched-new-delete)
  if(ORPHEUS_SANITIZE)
    # Another false warning, only in sanitized code: Beast's empty optionals.
    target_compile_options(boost_beast INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
if(ORPHEUS_SANITIZE MATCHES "thread")
  # The thread sanitizer does not support fences; the scheduler's mutex provides the order that we need.
  target_compile_definitions(boost_beast INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()

# OpenSSL encrypts the server's connections. Without it, use a reverse proxy for TLS.
option(ORPHEUS_TLS "Use OpenSSL where it is installed: TLS in the server" ON)
if(ORPHEUS_TLS)
  find_package(OpenSSL 1.1.1)
endif()
if(NOT OPENSSL_FOUND)
  message(STATUS "OpenSSL: none (libssl-dev brings it): the server has no TLS")
  add_library(no_openssl INTERFACE)
endif()

# FFmpeg's libraries encode, decode and resample sound. Without them a build writes wav and pcm only.
option(ORPHEUS_FFMPEG "Use FFmpeg's libraries where they are installed: mp3, opus, aac, flac, speed, sample rates" ON)
if(ORPHEUS_FFMPEG AND PkgConfig_FOUND)
  pkg_check_modules(FFMPEG IMPORTED_TARGET
    libavformat>=59.27 libavcodec>=59.37 libavfilter>=8.44 libswresample>=4.7 libavutil>=57.28)
endif()
if(NOT FFMPEG_FOUND)
  message(STATUS "FFmpeg's libraries: none (libavfilter-dev and libavformat-dev bring them): wav and pcm alone")
  add_library(no_ffmpeg INTERFACE)
endif()

if(ORPHEUS_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

include(Ggml)
