# .github/release.sh refuses what is not ready, in one line, and tags what is.
set -eu
. "$(dirname "$0")/../end_to_end/refused.sh"
empty_folder
rm -rf ./.github
has git || complete
mkdir -p .github include/kitinet tests
cp "$KITINET_SOURCE/.github/release.sh" .github
printf '#define KN_VERSION_MAJOR 1\n#define KN_VERSION_MINOR 2\n#define KN_VERSION_PATCH 3\n' \
  > include/kitinet/version.h
printf '# Changes\n\n## Unreleased 1.2.3\n' > .github/CHANGELOG.md
echo 'echo tested' > tests/run.sh
export GIT_CONFIG_GLOBAL=/dev/null GIT_CEILING_DIRECTORIES="${PWD%/*}"
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a
rm -rf .git
git init -q . && git add . .github && git commit -q -m start
output=$(dirname "$PWD")/release.output message=$(dirname "$PWD")/release.message

says() {
  phrase=$1 code=0; shift
  sh .github/release.sh "$@" > "$output" 2> "$message" || code=$?
  [ $code -eq 2 ] && [ "$(wc -l < "$message")" -eq 1 ] && grep -q -e "$phrase" "$message" ||
    fail "exit code $code of release.sh $*, no \"$phrase\": $(cat "$output" "$message")"
}
says "no version" ; says "no version \"next\"" next
says "version.h has 1.2.3: change it" 1.3.0
says "no section \"## 1.2.3\"" 1.2.3
sed 's/Unreleased //' .github/CHANGELOG.md > changed && mv changed .github/CHANGELOG.md
says "not committed" 1.2.3
git commit -q -a -m ready
sh .github/release.sh 1.2.3 > "$output" 2> "$message" || fail "$(cat "$output" "$message")"
grep -q tested "$output" && [ "$(git describe)" = v1.2.3 ] || fail "no tag, or no tests: $(cat "$output")"
says "tag v1.2.3 is there" 1.2.3
rm -rf .git

# The version is the same wherever it stands.
cd "$KITINET_SOURCE"
version=$("$KITINET" -version | cut -d ' ' -f 2)
grep -q "^VERSION = \"$version\"$" src/library/python/kitinet/_version.py ||
  fail "the Python package has another version"
grep -q "^## \(Unreleased \)\?$version\( \|$\)" .github/CHANGELOG.md ||
  fail ".github/CHANGELOG.md has no section for $version"
