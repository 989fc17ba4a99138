# Where ggml comes from, in this order:
#   1. an installed ggml (Debian's libggml-dev, Homebrew, vcpkg, or one built by hand and named with
#      ORPHEUS_GGML_DIR=PREFIX): its back ends may be loaded at run time;
#   2. the sources that tools/fetch-ggml.sh laid into .deps/, built here as a static library with the CPU back end.
# Sanitizer builds always take the sources: a thread sanitizer must see ggml's own barriers.
set(ORPHEUS_GGML_DIR "" CACHE PATH "Prefix of an installed ggml to use")
set(ORPHEUS_GGML_SOURCE_DIR ${PROJECT_SOURCE_DIR}/.deps/ggml CACHE PATH "Sources that tools/fetch-ggml.sh laid out")

if(ORPHEUS_GGML_DIR)
  find_package(ggml CONFIG REQUIRED PATHS ${ORPHEUS_GGML_DIR} NO_DEFAULT_PATH)
elseif(NOT ORPHEUS_SANITIZE AND NOT ORPHEUS_FUZZ)
  find_package(ggml CONFIG QUIET)
endif()

add_library(orpheus_ggml INTERFACE)
if(ggml_FOUND)
  message(STATUS "ggml: installed, ${ggml_DIR}")
  target_link_libraries(orpheus_ggml INTERFACE ggml::ggml)
elseif(EXISTS ${ORPHEUS_GGML_SOURCE_DIR}/ggml.h)
  message(STATUS "ggml: built from ${ORPHEUS_GGML_SOURCE_DIR}")
  include(GgmlFromSource)
  target_link_libraries(orpheus_ggml INTERFACE ggml_from_source)
else()
  message(FATAL_ERROR
    "ggml: no installed package was found, and ${ORPHEUS_GGML_SOURCE_DIR} is empty. Run tools/fetch-ggml.sh "
    "(make build does), install libggml-dev, or name an installed one with -DORPHEUS_GGML_DIR=PREFIX.")
endif()
