/*
  The version of program and library, semantic (semver.org): the only place where it stands; CMake reads it from here.
*/
#ifndef KITINET_VERSION_H
#define KITINET_VERSION_H

#define KN_VERSION_MAJOR 0
#define KN_VERSION_MINOR 2
#define KN_VERSION_PATCH 0

#define KN_VERSION_TEXT_(a, b, c) #a "." #b "." #c
#define KN_VERSION_TEXT(a, b, c)  KN_VERSION_TEXT_(a, b, c)
#define KN_VERSION                KN_VERSION_TEXT(KN_VERSION_MAJOR, KN_VERSION_MINOR, KN_VERSION_PATCH) /* "0.2.0" */

#endif
