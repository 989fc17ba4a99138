# ORPHEUS_PLATFORM chooses the sources that call the operating system: NAME_posix.cpp of NAME.h. Another system needs a file NAME_….cpp for each
# (docs/install.md lists them).
if(NOT UNIX)
  message(FATAL_ERROR "This system is not POSIX, and the program has no sources for it. docs/install.md lists what a port must write. "
    "On Windows, build in WSL2.")
endif()
set(ORPHEUS_PLATFORM posix)
