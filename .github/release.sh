#!/bin/sh
# Tags a release: sh .github/release.sh VERSION
# VERSION stands in include/kitinet/version.h and has a section in .github/CHANGELOG.md; the tree is clean and its tests
# pass. -check stops before the tests and the tag.
set -eu
cd "$(dirname "$0")/.."
version=${1:-}

refuse() {
  echo "release: $*" >&2
  exit 2
}

case $version in
[0-9]*.[0-9]*.[0-9]*) ;;
*) refuse "no version \"$version\"; usage: sh .github/release.sh 0.2.0 [-check]" ;;
esac
number() { sed -n "s/^#define KN_VERSION_$1 *\([0-9]*\)$/\1/p" include/kitinet/version.h; }
stands=$(number MAJOR).$(number MINOR).$(number PATCH)
[ "$stands" = "$version" ] || refuse "include/kitinet/version.h has $stands: change it there first"
grep -q "^## $(echo "$version" | sed 's/\./\\./g')\( \|$\)" .github/CHANGELOG.md ||
  refuse ".github/CHANGELOG.md has no section \"## $version\": rename \"Unreleased\""
[ -z "$(git status --porcelain)" ] || refuse "the tree has changes that are not committed: commit them first"
! git rev-parse -q --verify "refs/tags/v$version" > /dev/null ||
  refuse "the tag v$version is there: take the next version"
[ "${2:-}" != -check ] || exit 0

CI=1 sh tests/run.sh
git tag -a "v$version" -m "KITINet $version"
echo "tagged v$version; publish it with: git push origin v$version"
