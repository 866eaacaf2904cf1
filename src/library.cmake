# kn_library(name FOLDER folder LINK targets...): the static library kitinet_<name> of all C files of a folder.
# kn_library_double: the same sources in double precision, kitinet_<name>_double.

function(kn_target target folder)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(${target} PUBLIC ${ARGN})
  kn_flags(${target})
endfunction()

# Value-safe optimisation only: no -ffast-math, so that results do not depend on how a loop was split.
function(kn_flags target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wno-unused-parameter -fno-math-errno -fno-trapping-math
    $<$<C_COMPILER_ID:Clang>:-Wno-pass-failed> # it says which "omp simd" loops it does not vectorise
    $<$<BOOL:${KN_NATIVE}>:-march=native> $<$<BOOL:${KN_WERROR}>:-Werror>)
  if(KN_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=address,undefined -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
  target_compile_definitions(${target} PRIVATE $<$<CONFIG:Debug>:KN_DEBUG>)
endfunction()

function(kn_library name)
  cmake_parse_arguments(arg "" "FOLDER" "LINK" ${ARGN})
  kn_target(kitinet_${name} ${arg_FOLDER} ${arg_LINK})
  # A shared library of the same objects that must link with nothing but LINK: an include of a folder that
  # the design does not allow compiles, but does not get past this.
  if(BUILD_TESTING AND NOT KN_SANITIZE)
    add_library(kitinet_${name}_closed MODULE EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/src/empty.c)
    target_link_libraries(kitinet_${name}_closed PRIVATE
      -Wl,--whole-archive kitinet_${name} -Wl,--no-whole-archive ${arg_LINK})
    target_link_options(kitinet_${name}_closed PRIVATE -Wl,-z,defs)
    set_property(GLOBAL APPEND PROPERTY KN_CLOSED kitinet_${name}_closed)
  endif()
endfunction()

function(kn_library_double name)
  cmake_parse_arguments(arg "" "FOLDER" "LINK" ${ARGN})
  kn_target(kitinet_${name}_double ${arg_FOLDER} ${arg_LINK})
  target_compile_definitions(kitinet_${name}_double PUBLIC KN_DOUBLE)
  set_target_properties(kitinet_${name}_double PROPERTIES EXCLUDE_FROM_ALL TRUE)
endfunction()
