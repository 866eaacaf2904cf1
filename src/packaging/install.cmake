# cmake --install: the program, one library libkitinet of all folders, headers, configs, job scripts, manual, pkg-config
# and module file. Paths inside them are relative, so that cmake --install --prefix and a moved tree work.

option(KN_MANUAL "Make man pages and shell completion from -help; runs the program on the building machine" ON)

include(CMakePackageConfigHelpers)

set(here ${CMAKE_CURRENT_LIST_DIR})
set(KN_DATA ${CMAKE_INSTALL_DATADIR}/kitinet)
set(parts core io formats pictures data solvers layers model train library)
list(TRANSFORM parts PREPEND kitinet_ OUTPUT_VARIABLE archives)
add_library(libkitinet SHARED ${PROJECT_SOURCE_DIR}/src/empty.c)
target_link_libraries(libkitinet PRIVATE -Wl,--whole-archive ${archives} -Wl,--no-whole-archive)
target_include_directories(libkitinet INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_options(libkitinet PRIVATE -Wl,--exclude-libs,libxsmm.a) # our symbols only
# Until 1.0 each minor version may change the library: it is part of the soname.
set_target_properties(libkitinet PROPERTIES OUTPUT_NAME kitinet EXPORT_NAME kitinet VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

file(RELATIVE_PATH KN_PREFIX_FROM_PC "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
file(RELATIVE_PATH KN_PREFIX_FROM_MODULE "/${KN_DATA}" "/")
configure_file(${here}/kitinet.pc.in ${PROJECT_BINARY_DIR}/kitinet.pc @ONLY)
configure_file(${here}/modulefile.in ${PROJECT_BINARY_DIR}/modulefile @ONLY)

install(TARGETS kitinet RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS libkitinet EXPORT kitinet LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/kitinet) # find_package(kitinet): the target kitinet::kitinet
install(EXPORT kitinet NAMESPACE kitinet:: FILE kitinetConfig.cmake DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/kitinetConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/kitinetConfigVersion.cmake DESTINATION ${package})
install(FILES ${PROJECT_SOURCE_DIR}/src/library/kitinet.f90 DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/kitinet)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/library/python/kitinet DESTINATION ${KN_DATA}/python
  FILES_MATCHING PATTERN "*.py" PATTERN py.typed PATTERN __pycache__ EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/tests/examples DESTINATION ${KN_DATA})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/kitinet DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs DESTINATION ${KN_DATA})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/jobs DESTINATION ${KN_DATA} FILES_MATCHING
  PATTERN "*.sbatch" PATTERN "env.sh" PATTERN "step.sh" PATTERN "submit_pipeline.sh"
  PATTERN results EXCLUDE)
install(FILES ${PROJECT_BINARY_DIR}/modulefile DESTINATION ${KN_DATA})
install(FILES ${PROJECT_BINARY_DIR}/kitinet.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(KN_MANUAL AND NOT KN_SANITIZE)
  set(manual ${PROJECT_BINARY_DIR}/manual)
  file(GLOB scripts CONFIGURE_DEPENDS ${here}/*.sh ${here}/*.awk ${here}/*.in)
  add_custom_command(OUTPUT ${manual}/kitinet.bash
    COMMAND sh ${here}/manual.sh $<TARGET_FILE:kitinet> ${PROJECT_VERSION} ${manual}
    DEPENDS kitinet ${scripts} COMMENT "Man pages and shell completion" VERBATIM)
  add_custom_target(manual ALL DEPENDS ${manual}/kitinet.bash)
  install(DIRECTORY ${manual}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
  install(FILES ${manual}/kitinet.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME kitinet)
endif()

include(${here}/cpack.cmake)
