/* The source of a library that is made of other libraries: CMake wants one file. */
extern int kitinet_nothing; /* an ISO C file holds at least one declaration */
