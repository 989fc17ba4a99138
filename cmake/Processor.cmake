# ORPHEUS_PROCESSOR_FLAGS: the processors that our code and ggml are compiled for. ORPHEUS_NATIVE=ON uses every instruction
# of this machine. OFF builds a program that also runs on other machines: PCs since 2013 (x86-64-v3: AVX2, FMA, F16C), and on other
# architectures the compiler's default.
include(CheckCXXCompilerFlag)
set(ORPHEUS_PROCESSOR_FLAGS "")
if(NOT ORPHEUS_NATIVE)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    set(ORPHEUS_PROCESSOR_FLAGS -march=x86-64-v3)
  endif()
  return()
endif()

foreach(flag -march=native -mcpu=native)  # compilers for Arm may support only the second
  string(MAKE_C_IDENTIFIER "ORPHEUS_HAS${flag}" known)
  check_cxx_compiler_flag(${flag} ${known})
  if(${known})
    # "native" is the same text on every machine. With a compiler cache that two machines share, or a build folder that
    # moved, one machine could get the other's instructions. So the meaning of "native" becomes a part of the command line.
    execute_process(COMMAND ${CMAKE_CXX_COMPILER} ${flag} -dM -E -x c++ /dev/null
      OUTPUT_VARIABLE macros COMMAND_ERROR_IS_FATAL ANY)
    string(SHA256 meaning "${macros}")
    string(SUBSTRING ${meaning} 0 12 meaning)
    set(ORPHEUS_PROCESSOR_FLAGS ${flag} -DORPHEUS_NATIVE_MEANS=0x${meaning})
    return()
  endif()
endforeach()
