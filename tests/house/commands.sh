# Commands in documents and presets: every command exists, and its -help explains every option that they show. Every
# option is named somewhere in tests, scripts or documents.
set -eu
. "$(dirname "$0")/../end_to_end/refused.sh"
empty_folder

# options COMMAND: all of its options, with those of every equation and every network
options() {
  ranks 1 "$1" -help > help
  cat help > all
  for choice in $(sed -n 's/^  \(-pde\|-model_type\) .*(one of \(.*\)).*/\1=\2/p' help | tr -d ' ' | sort -u |
    awk -F = '{ n = split($2, a, ","); for (i = 1; i <= n; i++) print $1 "=" a[i] }'); do
    ranks 1 "$1" "${choice%%=*}" "${choice#*=}" -help >> all
  done
  sed -n 's/^  \(-[a-z0-9_]*\).*/\1/p' all | sort -u
}
ranks 1 -help > output
for command in $(sed -n 's/^  \([a-z]*\)  .*/\1/p' output); do options "$command" > "options.$command"; done

# Shell blocks of Markdown, and the heads of presets; a line for each command, "FILE COMMAND OPTION ..."
cd "$KITINET_SOURCE"
{
  find . -name '*.md' ! -path './build*' | while read -r file; do
    sed -n '/^```sh$/,/^```$/p' "$file" | sed '/^```/d' | sed -e ':a' -e '/\\$/N; s/\\\n//; ta' | sed "s|^|$file |"
  done
  for file in configs/*.yaml; do
    sed -n 's/^# *//p' "$file" | sed -e ':a' -e '/\\$/N; s/\\\n//; ta' | grep kitinet | sed "s|^|$file |"
  done
} | awk '{
    file = $1
    for (i = 2; i <= NF; i++) {
      if ($i ~ /^#/) next
      if ($i ~ /(^|[\/$"])kitinet$/ && $(i + 1) ~ /^[a-z]+$/) { command = $(i + 1); line = ""; seen = 1
        for (j = i + 2; j <= NF && $j !~ /^[#|;&>]/; j++) {
          if ($j ~ /^-[a-z]/) { option = $j; gsub(/[^a-z0-9_-]/, "", option); line = line " " option }
          if ($j ~ /;$/) break
        }
        print file, command line
      }
    }
  }' > "$OLDPWD/shown"
cd "$OLDPWD"
[ "$(wc -l < shown)" -ge 60 ] || fail "only $(wc -l < shown) commands found in documents"
while read -r file command shown; do
  [ -f "options.$command" ] || fail "$file: no command $command"
  for option in $shown; do
    [ "$option" = -help ] || grep -q -x -e "$option" "options.$command" ||
      fail "$file: kitinet $command has no option $option"
  done
done < shown

# Named: in a script, test, table or document with its dash; in a C test also without the name of the equation, which
# equations of one engine share ("cfl" for -euler_cfl); or as an option of another of these equations.
ranks 1 generate -help > help
equations=$(sed -n 's/^  -pde .*(one of \(.*\)).*/\1/p' help | tr -d ' ')
[ -n "$equations" ] || fail "the help of generate does not list the equations"
(
  cd "$KITINET_SOURCE"
  find . \( -name '*.sh' -o -name '*.c' -o -name '*.h' -o -name '*.py' -o -name '*.md' -o -name '*.sbatch' \) \
    ! -path './build*' ! -path './src/*.c' ! -path './solvers/*.c' -exec grep -ohE -e '-[a-z][a-z0-9_]*' {} +
  find tests -name '*.c' -exec grep -ohE -e '"[a-z][a-z0-9_]*"' {} + | sed 's/^"\(.*\)"$/-PDE_\1/'
) | sort -u > named
cat options.* | sort -u | awk -v equations="$equations" '
  function common(option,  i) { # -PDE_cfl of -euler_cfl
    for (i = 1; i <= n; i++) if (index(option, "-" name[i] "_") == 1) return "-PDE_" substr(option, length(name[i]) + 3)
    return option
  }
  BEGIN {
    n = split(equations, name, ",")
    for (i = 1; i < n; i++) for (j = i + 1; j <= n; j++) # longest first: burgers_grid before burgers
      if (length(name[j]) > length(name[i])) { t = name[i]; name[i] = name[j]; name[j] = t }
  }
  FNR == NR { named[$0] = named[common($0)] = 1; next }
  !($0 in named) && !(common($0) in named)' named - > nowhere
[ ! -s nowhere ] || fail "no test, script or document names: $(tr '\n' ' ' < nowhere)"
