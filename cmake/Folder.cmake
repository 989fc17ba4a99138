# Defines one library for each folder of src/, with the folders that it may include and the third-party libraries that it may
# use. The linker and the include test (tests/check_arrows.cmake) use the same lists.
#
#   orpheus_folder(lm/engine
#     SOURCES engine.cpp            # .cpp files; none makes a header-only library
#     TESTS engine_test.cpp         # gtest files, built into one program, test/<folder>
#     MAY_INCLUDE base prompt tensor/device.h lm/llama   # folders, or single headers of a folder
#     USES ggml                     # third-party libraries: keys of ORPHEUS_THIRD_PARTY below
#     TEST_USES json)               # the same, for *_test.cpp only
set(ORPHEUS_THIRD_PARTY_expected tl_expected)
set(ORPHEUS_THIRD_PARTY_spdlog spdlog::spdlog)
set(ORPHEUS_THIRD_PARTY_ggml orpheus_ggml)
set(ORPHEUS_THIRD_PARTY_icu ICU::i18n ICU::uc)
set(ORPHEUS_THIRD_PARTY_cmark cmark_gfm)
set(ORPHEUS_THIRD_PARTY_xml libxml2)
set(ORPHEUS_THIRD_PARTY_json nlohmann_json::nlohmann_json)
set(ORPHEUS_THIRD_PARTY_beast boost_beast)
set(ORPHEUS_THIRD_PARTY_curl CURL::libcurl)
set(ORPHEUS_THIRD_PARTY_openssl $<IF:$<BOOL:${OPENSSL_FOUND}>,OpenSSL::SSL,no_openssl>)
set(ORPHEUS_THIRD_PARTY_cli11 CLI11::CLI11)
set(ORPHEUS_THIRD_PARTY_toml toml_plus_plus)
set(ORPHEUS_THIRD_PARTY_ffmpeg $<IF:$<BOOL:${FFMPEG_FOUND}>,PkgConfig::FFMPEG,no_ffmpeg>)
set_property(GLOBAL PROPERTY ORPHEUS_ARROWS "")

function(orpheus_folder folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;TESTS;MAY_INCLUDE;USES;TEST_USES")
  string(REPLACE "/" "_" name ${folder})
  set(target orpheus_${name})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} ${scope} orpheus_warnings)
  foreach(entry IN LISTS arg_MAY_INCLUDE)
    string(REGEX REPLACE "/[a-z_0-9]+\\.h$" "" entry_folder ${entry})
    string(REPLACE "/" "_" entry_name ${entry_folder})
    if(NOT entry_name STREQUAL name)
      target_link_libraries(${target} ${scope} orpheus_${entry_name})
    endif()
  endforeach()
  foreach(use IN LISTS arg_USES)
    target_link_libraries(${target} ${scope} ${ORPHEUS_THIRD_PARTY_${use}})
  endforeach()
  string(CONCAT arrows
    "list(APPEND FOLDERS ${folder})\n"
    "set(MAY_INCLUDE_${folder} \"${arg_MAY_INCLUDE}\")\n"
    "set(USES_${folder} \"${arg_USES}\")\n"
    "set(TEST_USES_${folder} \"${arg_TEST_USES}\")\n")
  set_property(GLOBAL APPEND_STRING PROPERTY ORPHEUS_ARROWS "${arrows}")

  if(ORPHEUS_TESTS AND arg_TESTS)
    add_executable(test_${name} ${arg_TESTS})
    target_link_libraries(test_${name} PRIVATE ${target} orpheus_test_main orpheus_quick_to_build)
    foreach(use IN LISTS arg_TEST_USES)
      target_link_libraries(test_${name} PRIVATE ${ORPHEUS_THIRD_PARTY_${use}})
    endforeach()
    target_compile_definitions(test_${name} PRIVATE
      ORPHEUS_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data" ORPHEUS_TEST_DEPS="${PROJECT_SOURCE_DIR}/.deps")
    gtest_discover_tests(test_${name} TEST_PREFIX "${folder}: " DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${ORPHEUS_TEST_TIMEOUT})
  endif()
endfunction()

# For code that is not critical for speed: tests, and the commands' flags. Halves the optimiser's part of the build time.
add_library(orpheus_quick_to_build INTERFACE)
target_compile_options(orpheus_quick_to_build INTERFACE $<$<CONFIG:Release>:-O1>)

# Seconds until a test counts as hanging. A sanitizer makes a test up to ten times slower. tests/test_main.cpp has a limit of its own,
# which tools/test.sh sets.
set(ORPHEUS_TEST_TIMEOUT 300)
set(ORPHEUS_LONG_TEST_TIMEOUT 600)
if(ORPHEUS_SANITIZE)
  set(ORPHEUS_TEST_TIMEOUT 1200)
  set(ORPHEUS_LONG_TEST_TIMEOUT 1200)
endif()

add_library(orpheus_warnings INTERFACE)
target_compile_options(orpheus_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  -Wno-missing-field-initializers)  # designated initialisers omit members with defaults
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 and 16 give false warnings inside std::string and std::vector; the sanitizers find real errors.
  target_compile_options(orpheus_warnings INTERFACE -Wno-restrict -Wno-array-bounds)
endif()
target_compile_options(orpheus_warnings INTERFACE ${ORPHEUS_PROCESSOR_FLAGS})

# The main of every test program: a test that hangs fails.
if(ORPHEUS_TESTS)
  add_library(orpheus_test_main STATIC ${PROJECT_SOURCE_DIR}/tests/test_main.cpp)
  target_link_libraries(orpheus_test_main PRIVATE orpheus_base PUBLIC GTest::gtest)
endif()
