# What the tests of C and C++ have in common: programs, as they are and with tools that watch each access. `SUFFIX` is that of their
# sources.
find_package(hmsffi REQUIRED)
find_package(Threads REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_program(VALGRIND valgrind)
enable_testing()

set(repository ${CMAKE_CURRENT_LIST_DIR}/../../..)
set(readme_check ${CMAKE_CURRENT_LIST_DIR}/readme.cmake)

set(golden ${CMAKE_CURRENT_BINARY_DIR}/golden.inc)
set(golden_py ${CMAKE_CURRENT_LIST_DIR}/golden.py)
add_custom_command(OUTPUT ${golden} DEPENDS ${golden_py} ${repository}/tests/golden/values.json
  COMMAND Python3::Interpreter ${golden_py} ${repository}/tests/golden/values.json ${golden})

function(add_program name source)
  add_executable(${name} ${source})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Werror)
  target_link_libraries(${name} PRIVATE hmsffi::hmsffi Threads::Threads)
  target_include_directories(${name} PRIVATE tests)
  add_test(NAME ${name} COMMAND ${name} ${ARGN})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endfunction()

function(add_sanitized name)
  add_program(${name}.asan tests/${name}.${SUFFIX} ${ARGN})
  target_compile_options(${name}.asan PRIVATE -g -fsanitize=address -fno-omit-frame-pointer)
  target_link_options(${name}.asan PRIVATE -fsanitize=address)
  set_tests_properties(${name}.asan PROPERTIES LABELS asan)
endfunction()

function(add_valgrind name)
  if(VALGRIND)
    add_test(NAME ${name}.valgrind
      COMMAND ${VALGRIND} --quiet --error-exitcode=1 --leak-check=no $<TARGET_FILE:${name}> ${ARGN})
    set_tests_properties(${name}.valgrind PROPERTIES TIMEOUT 300 LABELS valgrind)
  endif()
endfunction()

# A program that reads the golden values.
function(add_golden name)
  target_sources(${name} PRIVATE ${golden})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()

# A program that README.md shows.
function(add_example name output)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/examples/${name}.${SUFFIX})
  add_program(${name} ${source})
  set_tests_properties(${name} PROPERTIES PASS_REGULAR_EXPRESSION "${output}")
  add_test(NAME readme_shows_${name} COMMAND ${CMAKE_COMMAND} -DREADME=${CMAKE_CURRENT_SOURCE_DIR}/README.md
    -DEXAMPLE=${source} -P ${readme_check})
endfunction()
