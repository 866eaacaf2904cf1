# cmake --install: the program, one library libkitinet of all folders, the headers, a pkg-config file.

set(parts core io data solvers layers model train)
list(TRANSFORM parts PREPEND kitinet_ OUTPUT_VARIABLE archives)
add_library(libkitinet SHARED ${PROJECT_SOURCE_DIR}/src/empty.c)
target_link_libraries(libkitinet PRIVATE -Wl,--whole-archive ${archives} -Wl,--no-whole-archive)
set_target_properties(libkitinet PROPERTIES OUTPUT_NAME kitinet VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})

# Found from where the .pc file lies, so that cmake --install --prefix and a moved tree work.
file(RELATIVE_PATH KN_PREFIX_FROM_PC "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(${PROJECT_SOURCE_DIR}/src/kitinet.pc.in ${PROJECT_BINARY_DIR}/kitinet.pc @ONLY)
install(TARGETS kitinet RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS libkitinet LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/kitinet DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs DESTINATION ${CMAKE_INSTALL_DATADIR}/kitinet)
install(FILES ${PROJECT_BINARY_DIR}/kitinet.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
