# The processors that code is compiled for.
#
#   ORPHEUS_PROCESSOR_FLAGS   flags of all our code and of ggml
#   ORPHEUS_LEVELS            the levels that our kernels are compiled for, best first (orpheus_levels below)
#   ORPHEUS_IS_PORTABLE       whether ggml's CPU back end is built for several processors too (GgmlFromSource.cmake)
#
# ORPHEUS_NATIVE=ON uses every instruction of this machine, in all code. There is one level. ORPHEUS_NATIVE=OFF builds a program that
# runs on x86-64-v2 processors (Intel since 2009, AMD since 2011, Atom since 2013): all code is compiled for the lowest x86-64, our
# kernels for each level, and the program takes a level when it starts (base/processor.h). On other architectures, OFF means the compiler's default, and there is one level.
include(CheckCXXCompilerFlag)
set(ORPHEUS_PROCESSOR_FLAGS "")
set(ORPHEUS_IS_PORTABLE OFF)

if(NOT ORPHEUS_NATIVE AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  # Linux's ggml modules; a Mac's program stays one file.
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND NOT ORPHEUS_SANITIZE AND NOT ORPHEUS_FUZZ)
    set(ORPHEUS_IS_PORTABLE ON)
  endif()
  set(ORPHEUS_LEVELS avx512_vnni avx_vnni avx2 x86_64_v2)
  # GCC's generic tuning makes the product of one row a tenth slower (docs/speed.csv, 30 November 2026).
  set(ORPHEUS_FLAGS_avx512_vnni -march=x86-64-v4 -mavx512vnni -mtune=znver3)
  set(ORPHEUS_FLAGS_avx_vnni -march=x86-64-v3 -mavxvnni)
  set(ORPHEUS_FLAGS_avx2 -march=x86-64-v3)
  set(ORPHEUS_FLAGS_x86_64_v2 -march=x86-64-v2)
  foreach(level IN LISTS ORPHEUS_LEVELS)
    set(ORPHEUS_LANES_${level} ${level})
    set(ORPHEUS_VECTOR_BYTES_${level} 32)
  endforeach()
  set(ORPHEUS_VECTOR_BYTES_avx512_vnni 64)
  set(ORPHEUS_VECTOR_BYTES_x86_64_v2 16)
  unset(ORPHEUS_LANES_x86_64_v2)
else()
  if(ORPHEUS_NATIVE)
    foreach(flag -march=native -mcpu=native)  # compilers for Arm may support only the second
      string(MAKE_C_IDENTIFIER "ORPHEUS_HAS${flag}" known)
      check_cxx_compiler_flag(${flag} ${known})
      if(${known} AND NOT ORPHEUS_PROCESSOR_FLAGS)
        set(ORPHEUS_PROCESSOR_FLAGS ${flag})
      endif()
    endforeach()
  endif()
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} ${ORPHEUS_PROCESSOR_FLAGS} -dM -E -x c++ /dev/null
    OUTPUT_VARIABLE macros COMMAND_ERROR_IS_FATAL ANY)
  if(ORPHEUS_PROCESSOR_FLAGS)
    # "native" is the same text on every machine. With a compiler cache that two machines share, or a build folder that
    # moved, one machine could get the other's instructions. So the meaning of "native" becomes a part of the command line.
    string(SHA256 meaning "${macros}")
    string(SUBSTRING ${meaning} 0 12 meaning)
    list(APPEND ORPHEUS_PROCESSOR_FLAGS -DORPHEUS_NATIVE_MEANS=0x${meaning})
  endif()
  # The lanes of the packed matrices and of the attention, and the vectors of the codec and the sampler.
  if(macros MATCHES "__AVX512F__" AND macros MATCHES "__AVX512BW__" AND macros MATCHES "__AVX512VNNI__")
    set(ORPHEUS_LEVELS avx512_vnni)
    set(ORPHEUS_LANES_avx512_vnni avx512_vnni)
  elseif(NOT (macros MATCHES "__AVX2__" AND macros MATCHES "__FMA__" AND macros MATCHES "__F16C__"))
    set(ORPHEUS_LEVELS generic)  # ggml's products and attention are used
  elseif(macros MATCHES "__AVXVNNI__")
    set(ORPHEUS_LEVELS avx_vnni)
    set(ORPHEUS_LANES_avx_vnni avx_vnni)
  else()
    set(ORPHEUS_LEVELS avx2)
    set(ORPHEUS_LANES_avx2 avx2)
  endif()
  set(vector_bytes 16)
  if(macros MATCHES "__AVX512F__")
    set(vector_bytes 64)
  elseif(macros MATCHES "__AVX__")
    set(vector_bytes 32)
  endif()
  set(ORPHEUS_VECTOR_BYTES_${ORPHEUS_LEVELS} ${vector_bytes})
endif()

# Writes a source with the text of CONTENT, and names it in RESULT. An equal source is not written again.
function(orpheus_write_source name content result)
  set(file ${PROJECT_BINARY_DIR}/made/${name})
  file(CONFIGURE OUTPUT ${file} CONTENT "${content}" @ONLY)
  set(${result} ${file} PARENT_SCOPE)
endfunction()

list(TRANSFORM ORPHEUS_LEVELS REPLACE "(.+)" "\"\\1\"" OUTPUT_VARIABLE names)
list(LENGTH ORPHEUS_LEVELS count)
list(JOIN names ", " names)
orpheus_write_source(processor_levels.cpp "// Made by cmake/Processor.cmake.
#include <array>

#include \"base/processor.h\"

namespace orpheus {
namespace {
constexpr std::array<std::string_view, ${count}> kLevels = {${names}};
}  // namespace

std::span<const std::string_view> processor_levels() { return kLevels; }

}  // namespace orpheus
" ORPHEUS_LEVEL_NAMES_SOURCE)

# Compiles the kernels of a folder once for each level, in the namespace of the folder and the level:
#
#   orpheus_levels(tensor
#     SOURCES level_products.cpp      # they define ProcessorKernels ORPHEUS_LEVEL::kProcessorKernels
#     WITHOUT_LANES no_kernels.cpp)   # the sources of levels without lanes, instead
#
# These macros are defined: ORPHEUS_LEVEL, the namespace; ORPHEUS_VECTOR_BYTES; ORPHEUS_LANES, the header of the level's lanes, if it
# has one. The folder's processor_kernels.h declares ProcessorKernels and processor_kernels(), which this function defines.
#
# A kernel's source may define nothing outside of its level's namespace, not even inline functions: the linker keeps one of several
# equal ones, so other code would execute the level's instructions. It is optimised in every preset, so that templates of the
# standard library are inlined. tests/levels_test.sh checks the object files.
function(orpheus_levels folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;WITHOUT_LANES")
  string(REPLACE "/" "_" name ${folder})
  get_filename_component(last ${folder} NAME)
  set(declared "")
  set(tables "")
  foreach(level IN LISTS ORPHEUS_LEVELS)
    set(sources ${arg_SOURCES})
    set(definitions ORPHEUS_LEVEL=${level} ORPHEUS_VECTOR_BYTES=${ORPHEUS_VECTOR_BYTES_${level}})
    if(ORPHEUS_LANES_${level})
      list(APPEND definitions ORPHEUS_LANES="tensor/lanes_${ORPHEUS_LANES_${level}}.h")
    elseif(arg_WITHOUT_LANES)
      set(sources ${arg_WITHOUT_LANES})
    endif()
    set(kernels orpheus_${name}_for_${level})
    add_library(${kernels} OBJECT ${sources})
    target_link_libraries(${kernels} PRIVATE orpheus_warnings orpheus_ggml)
    target_include_directories(${kernels} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_compile_definitions(${kernels} PRIVATE ${definitions})
    # Fuses a product and a sum at every optimisation level. By default GCC does this only from -O2 on, and without it the samples differ.
    # GCC 12 warns of undefined registers in its own intrinsics.
    target_compile_options(${kernels} PRIVATE ${ORPHEUS_FLAGS_${level}} -O3 -ffp-contract=fast -Wno-uninitialized
      $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> -Wno-ignored-attributes)
    target_sources(orpheus_${name} PRIVATE $<TARGET_OBJECTS:${kernels}>)
    set_property(GLOBAL APPEND PROPERTY ORPHEUS_LEVEL_OBJECTS "$<TARGET_OBJECTS:${kernels}>")
    string(APPEND declared "namespace ${level} {\nextern const ProcessorKernels kProcessorKernels;\n}\n")
    list(APPEND tables "&${level}::kProcessorKernels")
  endforeach()
  list(LENGTH tables count)
  list(JOIN tables ", " tables)
  orpheus_write_source(${name}_kernels.cpp "// Made by cmake/Processor.cmake.
#include \"${folder}/processor_kernels.h\"

#include <array>

#include \"base/processor.h\"

namespace orpheus::${last} {
${declared}
const ProcessorKernels& processor_kernels() {
  static constexpr std::array<const ProcessorKernels*, ${count}> kTables = {${tables}};
  return *kTables[processor_level()];
}

}  // namespace orpheus::${last}
" made)
  target_sources(orpheus_${name} PRIVATE ${made})

  # The folder's tests take the best level; they run again with each other one that this processor has.
  if(ORPHEUS_TESTS)
    set(others ${ORPHEUS_LEVELS})
    list(REMOVE_AT others 0)
    foreach(level IN LISTS others)
      add_test(NAME "${folder}: all tests, ${level}" COMMAND test_${name} --gtest_brief=1 --processor-level=${level})
      set_tests_properties("${folder}: all tests, ${level}" PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT ${ORPHEUS_TEST_TIMEOUT})
    endforeach()
  endif()
endfunction()
