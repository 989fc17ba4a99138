# ORPHEUS_PROCESSOR_FLAGS: which processors the program is compiled for, ours and ggml alike.
# ORPHEUS_NATIVE=ON takes every instruction of this machine. OFF takes what PCs have had since 2013 (x86-64-v3: AVX2,
# FMA, F16C) and elsewhere the compiler's default, for a program that other machines run too.
include(CheckCXXCompilerFlag)
set(ORPHEUS_PROCESSOR_FLAGS "")
if(NOT ORPHEUS_NATIVE)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    set(ORPHEUS_PROCESSOR_FLAGS -march=x86-64-v3)
  endif()
  return()
endif()

foreach(flag -march=native -mcpu=native)  # compilers for Arm may know only the second
  string(MAKE_C_IDENTIFIER "ORPHEUS_HAS${flag}" known)
  check_cxx_compiler_flag(${flag} ${known})
  if(${known})
    # "native" reads the same on every machine, so a compiler cache shared between two, or a build folder that moved,
    # would hand one the other's instructions. What it stands for here is made part of the command line.
    execute_process(COMMAND ${CMAKE_CXX_COMPILER} ${flag} -dM -E -x c++ /dev/null
      OUTPUT_VARIABLE macros COMMAND_ERROR_IS_FATAL ANY)
    string(SHA256 meaning "${macros}")
    string(SUBSTRING ${meaning} 0 12 meaning)
    set(ORPHEUS_PROCESSOR_FLAGS ${flag} -DORPHEUS_NATIVE_MEANS=0x${meaning})
    return()
  endif()
endforeach()
