# CPack makes the .deb: "make package" (tools/package.sh) calls it. The package depends on what the program and its modules link,
# as dpkg-shlibdeps finds it. Modules for GPUs (component gpu) are archives of their own.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME orpheus)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR "The orpheus.cpp authors")
set(CPACK_PACKAGE_CONTACT "The orpheus.cpp authors <orpheus@localhost>" CACHE STRING "Maintainer of the .deb")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "text to speech with the Orpheus voices")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
# DESTDIR, so that files that name their own place (the systemd units) name /usr.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_CMAKE_PROJECTS "")
foreach(component program systemd package Unspecified)
  list(APPEND CPACK_INSTALL_CMAKE_PROJECTS ${PROJECT_BINARY_DIR} orpheus ${component} /)
endforeach()

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION sound)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Speaks texts on the command line and over HTTP, with OpenAI's speech API and a web
page. A small English voice is included; \"orpheus pull\" downloads large ones.
The package installs a systemd unit, orpheus.service, that is not enabled.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/ggml-modules)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "alsa-utils | sox | ffmpeg")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(debian ${PROJECT_SOURCE_DIR}/packaging/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/postinst ${debian}/prerm ${debian}/postrm ${debian}/triggers)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/DebianPlaces.cmake)
include(CPack)

# The licences of what is compiled into the program, and the list of its parts; tools/package.sh writes them.
install(DIRECTORY ${PROJECT_BINARY_DIR}/about/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT package OPTIONAL)
