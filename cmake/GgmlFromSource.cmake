# ggml's core and CPU back end (Metal too on a Mac) as one static library, from ORPHEUS_GGML_SOURCE_DIR.
include(CheckCCompilerFlag)
set(dir ${ORPHEUS_GGML_SOURCE_DIR})
set(cpu ${dir}/ggml-cpu)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|i686)$")
  set(arch x86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|arm.*)$")
  set(arch arm)
endif()

add_library(ggml_from_source STATIC
  ${dir}/ggml.c ${dir}/ggml-alloc.c ${dir}/ggml-quants.c ${dir}/ggml-backend.cpp ${dir}/ggml-backend-dl.cpp
  ${dir}/ggml-backend-meta.cpp ${dir}/ggml-backend-reg.cpp ${dir}/ggml-opt.cpp ${dir}/ggml-threading.cpp ${dir}/gguf.cpp
  ${cpu}/ggml-cpu.c ${cpu}/ggml-cpu.cpp ${cpu}/binary-ops.cpp ${cpu}/ops.cpp ${cpu}/quants.c ${cpu}/repack.cpp
  ${cpu}/traits.cpp ${cpu}/unary-ops.cpp ${cpu}/vec.cpp ${cpu}/amx/amx.cpp ${cpu}/amx/mmq.cpp)
if(arch)
  target_sources(ggml_from_source PRIVATE ${cpu}/arch/${arch}/quants.c ${cpu}/arch/${arch}/repack.cpp)
else()
  target_compile_definitions(ggml_from_source PRIVATE GGML_CPU_GENERIC)
endif()
target_compile_definitions(ggml_from_source PRIVATE
  GGML_USE_CPU GGML_USE_CPU_REPACK GGML_VERSION="0.9-rn" GGML_COMMIT="llama.rn" _GNU_SOURCE _XOPEN_SOURCE=700)
target_include_directories(ggml_from_source SYSTEM PUBLIC ${dir})
target_include_directories(ggml_from_source PRIVATE ${cpu})
# Every test uses these kernels, so they are optimised in every preset.
target_compile_options(ggml_from_source PRIVATE -w -O3 ${ORPHEUS_PROCESSOR_FLAGS})
set_target_properties(ggml_from_source PROPERTIES
  COMPILE_WARNING_AS_ERROR OFF CXX_STANDARD 17 C_STANDARD 11 POSITION_INDEPENDENT_CODE ON)
if(ORPHEUS_NATIVE)
  # With AVX512-FP16 ggml would add up float16 dot products in float16, and greedy tokens would differ from llama.cpp's.
  check_c_compiler_flag(-mno-avx512fp16 HAS_NO_AVX512FP16)
  if(HAS_NO_AVX512FP16)
    target_compile_options(ggml_from_source PRIVATE -mno-avx512fp16)
  endif()
endif()
target_link_libraries(ggml_from_source PUBLIC Threads::Threads ${CMAKE_DL_LIBS} m)

if(APPLE)
  enable_language(OBJC ASM)
  set(metal ${dir}/ggml-metal)
  # The source of the kernels is embedded in the program and compiled on the user's machine.
  set(kernels ${CMAKE_CURRENT_BINARY_DIR}/ggml-metal-kernels.s)
  file(WRITE ${kernels} ".section __DATA,__ggml_metallib\n.globl _ggml_metallib_start\n_ggml_metallib_start:\n"
    ".incbin \"${metal}/ggml-metal.metal\"\n.globl _ggml_metallib_end\n_ggml_metallib_end:\n")
  target_sources(ggml_from_source PRIVATE ${kernels}
    ${metal}/ggml-metal.cpp ${metal}/ggml-metal-common.cpp ${metal}/ggml-metal-device.cpp ${metal}/ggml-metal-ops.cpp
    ${metal}/ggml-metal-device.m ${metal}/ggml-metal-context.m)
  target_compile_definitions(ggml_from_source PRIVATE GGML_USE_METAL GGML_METAL_EMBED_LIBRARY=1)
  target_link_libraries(ggml_from_source PUBLIC "-framework Foundation" "-framework Metal" "-framework MetalKit")
endif()
