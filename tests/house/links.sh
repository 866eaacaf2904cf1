# Markdown: every relative link and anchor leads somewhere, every path in `code` exists, jobs/results/README.md
# describes every file beside it, and lines have at most 120 characters (except tables, pictures, code). The top README
# has at most 150 lines.
set -eu
. "$(dirname "$0")/../end_to_end/refused.sh"
empty_folder
documents=$(cd "$KITINET_SOURCE" && find . -name '*.md' ! -path './build*' | sed 's|^\./||' | sort)
[ "$(echo "$documents" | wc -l)" -ge 8 ] || fail "too few documents: $documents"
cd "$KITINET_SOURCE"

# anchors FILE: the names that GitHub gives to a file's headings
anchors() {
  sed '/^```/,/^```/d' "$1" | sed -n 's/^##* //p' | tr '[:upper:]' '[:lower:]' |
    LC_ALL=C sed 's/[]!"#$%&'"'"'()*+,./:;<=>?@[\\^`{|}~]//g; s/ /-/g' |
    awk '{ print $0 (n[$0]++ ? "-" n[$0] - 1 : "") }'
}

for file in $documents; do
  folder=$(dirname "$file")
  sed '/^```/,/^```/d' "$file" > "$OLDPWD/prose"
  # Links
  sed 's/`[^`]*`//g' "$OLDPWD/prose" | grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//' | sort -u \
    > "$OLDPWD/links" || true
  while read -r link; do
    case $link in
    *://*) continue ;;
    '#'*) target=$file ;;
    *) target=$folder/${link%%#*} ;;
    esac
    [ -e "$target" ] || fail "$file links to $link, which does not exist"
    case $link in
    *'#'*) anchors "$target" | grep -qx -e "${link#*#}" || fail "$file links to $link: no such heading in $target" ;;
    esac
  done < "$OLDPWD/links"
  # Paths in code, from the top folder or the document's own
  grep -o '`[a-z.]*/[A-Za-z0-9_./-]*`' "$OLDPWD/prose" | tr -d '`' | sort -u > "$OLDPWD/paths" || true
  while read -r path; do
    case $path in
    src/* | include/* | tests/* | jobs/* | configs/* | solvers/* | .github/*)
      [ -e "$path" ] || [ -e "$folder/$path" ] || fail "$file speaks of $path, which does not exist" ;;
    esac
  done < "$OLDPWD/paths"
  # Lines; a character that is no ASCII has several bytes, of which all but the first are 10xxxxxx
  LC_ALL=C awk -v file="$file" '/^\|/ || /^!\[/ { next } { l = $0; gsub(/[\200-\277]/, "", l) }
    length(l) > 120 { print file ":" FNR ": " length(l) " characters" }' "$OLDPWD/prose" > "$OLDPWD/long"
  [ ! -s "$OLDPWD/long" ] || fail "longer than 120: $(cat "$OLDPWD/long")"
done

[ "$(wc -l < README.md)" -le 150 ] ||
  fail "README.md has $(wc -l < README.md) lines: the first hour needs no more than 150"
for result in $(cd jobs/results && find . -type f ! -name README.md | sed 's|^\./||'); do
  grep -q -F "($result)" jobs/results/README.md || fail "jobs/results/README.md does not describe $result"
done
