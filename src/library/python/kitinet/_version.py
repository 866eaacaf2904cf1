"""The version of the package: that of include/kitinet/version.h, which a test compares."""

VERSION = "0.2.0"
