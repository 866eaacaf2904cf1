# The options of a command, and the words that an option may be followed by, as shell variables.
/^  -/ {
  options = options " " $1
  if (match($0, /\(one of [^)]*\)/)) { choice = substr($0, RSTART + 8, RLENGTH - 9); gsub(/,/, "", choice) }
  else choice = $0 ~ /\(true or false\)/ ? "true false" : ""
  if (choice != "") choices = choices sprintf("_kitinet_%s%s='%s'\n", command, choice_name($1), choice)
}
function choice_name(option) { gsub(/-/, "_", option); return option }
END { printf "_kitinet_%s='%s'\n%s", command, substr(options, 2), choices }
