# Sources of ggml, in this order:
#   1. an installed ggml (Debian's libggml-dev, Homebrew, vcpkg, or your own build at ORPHEUS_GGML_DIR=PREFIX); its back
#      ends may be loaded at run time;
#   2. the sources that tools/fetch-ggml.sh puts into .deps/, built here (GgmlFromSource.cmake), with the back ends that
#      ORPHEUS_GPU names (Gpu.cmake).
# Sanitizer builds always use the sources, because the thread sanitizer must instrument ggml's barriers.
set(ORPHEUS_GGML_DIR "" CACHE PATH "Prefix of an installed ggml to use")
set(ORPHEUS_GGML_SOURCE_DIR ${PROJECT_SOURCE_DIR}/.deps/ggml CACHE PATH "ggml's sources, where none is installed")

if(NOT "${ORPHEUS_GGML_DIR}" STREQUAL "${ORPHEUS_GGML_DIR_BEFORE}")
  unset(ggml_DIR CACHE)  # otherwise find_package keeps the result of the earlier prefix
  set(ORPHEUS_GGML_DIR_BEFORE "${ORPHEUS_GGML_DIR}" CACHE INTERNAL "")
endif()
if(ORPHEUS_SANITIZE OR ORPHEUS_FUZZ)
  set(ORPHEUS_GPU "")
endif()
include(Gpu)
if(ORPHEUS_GPUS AND ORPHEUS_GGML_DIR)
  message(FATAL_ERROR "GPU=${ORPHEUS_GPU} builds ggml's back ends from their sources, and GGML_DIR=${ORPHEUS_GGML_DIR} names an "
    "installed ggml with its own. Give one of them; GPU= or GGML_DIR= forgets the other.")
endif()
if(ORPHEUS_SANITIZE OR ORPHEUS_FUZZ OR ORPHEUS_GPUS)
  set(ggml_FOUND FALSE)
elseif(ORPHEUS_GGML_DIR)
  find_package(ggml CONFIG QUIET PATHS ${ORPHEUS_GGML_DIR} NO_DEFAULT_PATH)
  if(NOT ggml_FOUND)
    message(FATAL_ERROR "ggml: no ggml-config.cmake below ORPHEUS_GGML_DIR=${ORPHEUS_GGML_DIR}. "
      "Name the prefix that 'cmake --install' of ggml was given; an empty one takes what the system has.")
  endif()
else()
  find_package(ggml CONFIG QUIET)
endif()

add_library(orpheus_ggml INTERFACE)
if(ggml_FOUND)
  message(STATUS "ggml: installed, ${ggml_DIR}")
  target_link_libraries(orpheus_ggml INTERFACE ggml::ggml)
  if(GGML_BACKEND_DL)
    set(folder ${GGML_BACKEND_DIR})
    if(NOT folder)
      set(folder ${PACKAGE_PREFIX_DIR}/bin)  # where its own CMake installs modules
    endif()
    target_compile_definitions(orpheus_ggml INTERFACE ORPHEUS_GGML_MODULES="${folder}")
  endif()
  # A newer ggml deprecates calls that are the only ones in older versions.
  target_compile_options(orpheus_ggml INTERFACE -Wno-deprecated-declarations)
else()
  if(ORPHEUS_GGML_SOURCE_DIR STREQUAL ${PROJECT_SOURCE_DIR}/.deps/ggml)
    set(fetch ${PROJECT_SOURCE_DIR}/tools/fetch-ggml.sh)
    set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${fetch})
    execute_process(COMMAND ${fetch} RESULT_VARIABLE failed)
    if(failed)
      message(FATAL_ERROR "ggml: its sources could not be fetched; why stands above. An installed ggml does as well: "
        "libggml-dev where the system has it, or make build GGML_DIR=PREFIX.")
    endif()
  endif()
  if(NOT EXISTS ${ORPHEUS_GGML_SOURCE_DIR}/include/ggml.h)
    message(FATAL_ERROR "ggml: ORPHEUS_GGML_SOURCE_DIR=${ORPHEUS_GGML_SOURCE_DIR} holds no include/ggml.h.")
  endif()
  message(STATUS "ggml: built from ${ORPHEUS_GGML_SOURCE_DIR}")
  include(GgmlFromSource)
  target_link_libraries(orpheus_ggml INTERFACE ggml)
endif()
