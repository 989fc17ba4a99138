# Builds ggml by its own CMake from ORPHEUS_GGML_SOURCE_DIR. Without ORPHEUS_GPUS (Gpu.cmake): static libraries with the CPU back end
# (Metal too on a Mac). With it: every back end is a module in build/…/ggml-modules, loaded when the program starts, so a
# program with CUDA also runs where no NVIDIA driver is. ggml's two libraries that are not modules lie there too.
#
# With ORPHEUS_NATIVE=OFF on Linux, the back ends are modules too, and there are several of the CPU, of which ggml loads the best.
# ORPHEUS_CPU_VARIANTS names them, as ggml's src/CMakeLists.txt does. Each costs about two minutes of one core. Our own kernels
# serve most of the work, so the default has few: x86-64-v2 (sse42), AVX, AVX2 and AVX-512 with VNNI.
# No variant may add up float16 products in float16: greedy tokens would differ.
include(CheckCCompilerFlag)
set(modules_folder ${PROJECT_BINARY_DIR}/ggml-modules)
set(ORPHEUS_CPU_VARIANTS "sse42;sandybridge;haswell;icelake" CACHE STRING "ggml's CPU back ends of a portable program; sse42 has to be one")
set(has_modules OFF)
if(ORPHEUS_GPUS OR ORPHEUS_IS_PORTABLE)
  set(has_modules ON)
endif()

# A function, so that what ggml is told stays here.
function(orpheus_add_ggml)
  set(BUILD_SHARED_LIBS OFF)
  # ggml would take its commit from this checkout, whose commits are not its own.
  set(GIT_EXE OFF)
  set(GGML_CCACHE OFF)  # CMAKE_CXX_COMPILER_LAUNCHER is set already
  set(GGML_ALL_WARNINGS OFF)
  set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)
  # The instruction set comes from ORPHEUS_PROCESSOR_FLAGS, as for our own code.
  set(GGML_NATIVE OFF)
  foreach(extension SSE42 AVX AVX2 BMI2 FMA F16C)
    set(GGML_${extension} OFF)
  endforeach()
  # Its own threads have the number that --threads gives, and the thread sanitizer sees their barriers.
  set(GGML_OPENMP OFF)
  # These products differ with the number of rows, so a speech would differ when others are generated with it.
  set(GGML_LLAMAFILE OFF)
  set(GGML_BLAS OFF)
  set(GGML_METAL_EMBED_LIBRARY ON)
  set(GGML_CUDA_NCCL OFF)  # for one model split by rows, which this program does not do
  set(GGML_CUDA_GRAPHS ON)

  # Every test waits for ggml's kernels, so they are optimised in every preset.
  set(flags -w -O3 ${ORPHEUS_PROCESSOR_FLAGS})
  if(ORPHEUS_NATIVE)
    # With AVX512-FP16 ggml would add up float16 dot products in float16, and greedy tokens would differ from llama.cpp's.
    check_c_compiler_flag(-mno-avx512fp16 HAS_NO_AVX512FP16)
    if(HAS_NO_AVX512FP16)
      list(APPEND flags -mno-avx512fp16)
    endif()
  endif()
  # Options belong to a folder, not to this function: ours get theirs back, or our own code would be compiled with -w.
  get_directory_property(our_options COMPILE_OPTIONS)
  add_compile_options("$<$<COMPILE_LANGUAGE:C,CXX>:${flags}>")

  if(has_modules)
    set(BUILD_SHARED_LIBS ON)
    set(GGML_BACKEND_DL ON)
    set(GGML_CPU_ALL_VARIANTS ${ORPHEUS_IS_PORTABLE})
    set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${modules_folder})
    set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${modules_folder})  # where ggml puts modules
    set(CMAKE_INSTALL_RPATH $ORIGIN)
    set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ${ORPHEUS_NATIVE})  # CUDA's libraries may lie in a folder of their own
    set(CMAKE_BUILD_WITH_INSTALL_RPATH ${ORPHEUS_LINKS_AS_INSTALLED})
    foreach(gpu IN LISTS ORPHEUS_GPUS)
      string(TOUPPER ${gpu} option)
      set(GGML_${option} ON)
    endforeach()
    set(CMAKE_CUDA_ARCHITECTURES ${ORPHEUS_CUDA_ARCHITECTURES_CHOSEN})
  endif()
  add_subdirectory(${ORPHEUS_GGML_SOURCE_DIR} ${PROJECT_BINARY_DIR}/ggml EXCLUDE_FROM_ALL SYSTEM)
  set_directory_properties(PROPERTIES COMPILE_OPTIONS "${our_options}")
endfunction()

orpheus_add_ggml()

set(cpu_modules cpu)
if(ORPHEUS_IS_PORTABLE)
  if(NOT "sse42" IN_LIST ORPHEUS_CPU_VARIANTS)
    message(FATAL_ERROR "ORPHEUS_CPU_VARIANTS=${ORPHEUS_CPU_VARIANTS}: sse42 has to be one, for processors without AVX.")
  endif()
  set(cpu_modules ${ORPHEUS_CPU_VARIANTS})
  list(TRANSFORM cpu_modules PREPEND cpu-)
  foreach(module IN LISTS cpu_modules)
    if(NOT TARGET ggml-${module})
      message(FATAL_ERROR "ORPHEUS_CPU_VARIANTS=${ORPHEUS_CPU_VARIANTS}: ggml has no ${module}.")
    endif()
  endforeach()
  # ggml builds every variant before itself. The others become empty libraries in another folder.
  get_property(targets DIRECTORY ${ORPHEUS_GGML_SOURCE_DIR}/src PROPERTY BUILDSYSTEM_TARGETS)
  list(FILTER targets INCLUDE REGEX "^ggml-cpu-.*")
  set(nothing ${PROJECT_BINARY_DIR}/made/nothing.c)
  file(CONFIGURE OUTPUT ${nothing} CONTENT "typedef int nothing;\n")
  foreach(target IN LISTS targets)
    string(REGEX REPLACE "^ggml-(cpu-.*)$" "\\1" module ${target})
    string(REGEX REPLACE "-feats$" "" module ${module})
    if(NOT module IN_LIST cpu_modules)
      set_target_properties(${target} PROPERTIES SOURCES ${nothing} LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/ggml/unused)
    endif()
  endforeach()
endif()

if(has_modules)
  # A library of an earlier build with other back ends would be loaded too.
  set(chosen base ${cpu_modules} ${ORPHEUS_GPUS})
  file(GLOB former ${modules_folder}/libggml-*.so)
  foreach(module IN LISTS chosen)
    list(REMOVE_ITEM former ${modules_folder}/libggml-${module}.so)
  endforeach()
  if(former)
    file(REMOVE ${former})
  endif()

  list(TRANSFORM cpu_modules PREPEND ggml- OUTPUT_VARIABLE modules)
  list(TRANSFORM ORPHEUS_GPUS PREPEND ggml- OUTPUT_VARIABLE gpu_modules)
  set_target_properties(ggml PROPERTIES PUBLIC_HEADER "")
  install(TARGETS ggml ggml-base ${modules} LIBRARY DESTINATION lib/orpheus COMPONENT program NAMELINK_SKIP)
  if(ORPHEUS_GPUS)
    install(TARGETS ${gpu_modules} LIBRARY DESTINATION lib/orpheus COMPONENT gpu)  # an archive of its own in "make package"
  endif()
  list(APPEND CMAKE_INSTALL_RPATH $ORIGIN/../lib/orpheus $ORIGIN/orpheus $ORIGIN/../orpheus $ORIGIN/ggml-modules)
else()
  file(REMOVE_RECURSE ${modules_folder})
endif()
