# Runs check_arrows.cmake (CHECK) on small trees below SCRATCH_DIR, valid ones and ones with a forbidden include. Guards
# against: the check misses a forbidden include (a fixture in the program, a folder that is not in the list).
cmake_minimum_required(VERSION 3.25)

# Writes a tree of two folders, low and high, from pairs of file and content.
function(write_tree)
  file(REMOVE_RECURSE ${SCRATCH_DIR})
  file(WRITE ${SCRATCH_DIR}/src/low/thing.h "#include <string>\n")
  file(WRITE ${SCRATCH_DIR}/src/low/testing/fixture.h "#include \"low/thing.h\"\n")
  file(WRITE ${SCRATCH_DIR}/src/high/other.cpp "#include \"low/thing.h\"\n")
  file(WRITE ${SCRATCH_DIR}/src/high/testing/fixture.h "#include \"low/testing/fixture.h\"\n#include <ggml.h>\n")
  file(WRITE ${SCRATCH_DIR}/src/high/other_test.cpp "#include \"high/testing/fixture.h\"\n#include \"low/testing/fixture.h\"\n")
  file(WRITE ${SCRATCH_DIR}/arrows.cmake
    "set(FOLDERS low high)\nset(MAY_INCLUDE_high low)\nset(TEST_USES_high ggml)\n")
  while(ARGV)
    list(POP_FRONT ARGV file content)
    file(WRITE ${SCRATCH_DIR}/src/${file} "${content}\n")
  endwhile()
endfunction()

# what: a part of the message; empty if the check must pass.
function(expect what)
  execute_process(COMMAND ${CMAKE_COMMAND} -DSOURCE_DIR=${SCRATCH_DIR}/src -DARROWS=${SCRATCH_DIR}/arrows.cmake -P ${CHECK}
    RESULT_VARIABLE result ERROR_VARIABLE said)
  string(REGEX REPLACE "[ \n]+" " " said "${said}")
  if(what STREQUAL "" AND NOT result EQUAL 0)
    message(SEND_ERROR "a sound tree is refused: ${said}")
  elseif(NOT what STREQUAL "" AND result EQUAL 0)
    message(SEND_ERROR "not refused: ${what}")
  else()
    string(FIND "${said}" "${what}" at)
    if(at EQUAL -1)
      message(SEND_ERROR "expected \"${what}\", found \"${said}\"")
    endif()
  endif()
endfunction()

write_tree()
expect("")

write_tree(high/product.cpp "#include \"low/testing/fixture.h\"")
expect("high/product.cpp includes \"low/testing/fixture.h\", a fixture")

write_tree(low/product.h "#include \"low/testing/fixture.h\"")  # of the folder's own
expect("low/product.h includes \"low/testing/fixture.h\", a fixture")

write_tree(low/low_test.cpp "#include \"high/testing/fixture.h\"")  # an arrow upward
expect("low/low_test.cpp includes \"high/testing/fixture.h\", which low may not")

write_tree(low/testing/upward.h "#include \"high/other.h\"" high/other.h "")
expect("low/testing/upward.h includes \"high/other.h\", which low may not")

write_tree(low/testing/linked.cpp "")
expect("low/testing/linked.cpp: fixtures are headers")

write_tree(high/product.cpp "#include <ggml.h>")  # that only high's tests use
expect("high/product.cpp includes <ggml.h>, but high does not use ggml")

write_tree(low/upward.cpp "#include \"high/other.h\"" high/other.h "")
expect("low/upward.cpp includes \"high/other.h\", which low may not")

write_tree(unlisted/thing.h "")
expect("unlisted/thing.h: its folder is in no list")
file(REMOVE_RECURSE ${SCRATCH_DIR})
