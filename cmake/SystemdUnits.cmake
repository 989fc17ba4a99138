# Installs the units of deploy/ below the prefix, with the program's path. systemd reads /usr/lib and /usr/local/lib.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  install(CODE "
    foreach(unit orpheus.service orpheus-pull@.service)
      file(READ \"${PROJECT_SOURCE_DIR}/deploy/\${unit}\" text)
      string(REPLACE \"/usr/local/bin/\" \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/\" text \"\${text}\")
      set(place \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/\${unit}\")
      message(STATUS \"Installing: \${place}\")
      file(WRITE \"\${place}\" \"\${text}\")
    endforeach()" COMPONENT systemd)
endif()
