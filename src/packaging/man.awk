# A man page of `kitinet -help` (command is empty) or of `kitinet COMMAND -help`.
function roff(s) { gsub(/\\/, "\\e", s); gsub(/-/, "\\-", s); sub(/^[.']/, "\\\\\\&&", s); return s }
NR == 1 {
  name = command == "" ? "kitinet" : "kitinet-" command
  purpose = $0; sub(/^[^:]*: /, "", purpose)
  printf ".TH %s 1 \"\" \"kitinet %s\" \"KITINet\"\n.SH NAME\n%s \\- %s\n.SH SYNOPSIS\n",
    toupper(name), version, name, roff(purpose)
  next
}
/^Usage: / { sub(/^Usage: /, ""); print ".B " roff($0); body = 1; if (command == "") print ".SH COMMANDS"; next }
/^$/ { blank = 1; next }
!body { next }
/^  -/ { option = $1; sub(/^  -[^ ]* */, ""); printf ".TP\n.B %s\n%s\n", roff(option), roff($0); blank = 0; next }
/^  [a-z]/ {
  entry = $1; sub(/^  [^ ]* */, "")
  if (command == "") printf ".TP\n.BR kitinet\\-%s (1)\n%s\n", entry, roff($0); else print roff($0)
  blank = 0; next
}
/^ +/ { sub(/^ +/, ""); printf ".br\n%s\n", roff($0); next }
/:/ && command == "" || command == "" { if (blank) print ".PP"; print roff($0); blank = 0; next }
{ printf ".SH %s\n", toupper(roff($0)); blank = 0 }
END {
  print ".SH SEE ALSO"
  n = split(commands, other, /[ \n]+/)
  if (command != "") print ".BR kitinet (1)" (n > 1 ? "," : "")
  for (i = 1; i <= n; i++) if (other[i] != command) { last = other[i]; list = list ".BR kitinet\\-" other[i] " (1),\n" }
  sub(/,\n$/, "\n", list); printf "%s", list
}
