# What a program for other machines (ORPHEUS_NATIVE=OFF) also needs: the same sources give the same bytes in every folder, and the
# installed program finds its own libraries wherever it was put.
if(ORPHEUS_NATIVE)
  return()
endif()
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)  # an absolute path would be part of the linked file, also after it is installed
add_compile_options("$<$<COMPILE_LANGUAGE:C,CXX>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.>")
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  # lib/orpheus holds ggml's modules; in the archive of "make package" all libraries. An old-style RPATH also serves the libraries
  # that those libraries need; a RUNPATH does not.
  add_link_options(-Wl,--disable-new-dtags)
  list(APPEND CMAKE_INSTALL_RPATH $ORIGIN/../lib/orpheus $ORIGIN/orpheus)
endif()
