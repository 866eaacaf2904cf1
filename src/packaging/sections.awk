# The first help text, and behind its last own section those of the second that it lacks.
function flush() { if (section != "" && !(section in known)) more = more text; }
FNR == NR { lines[++n] = $0; if ($0 ~ /^[A-Z]/) known[$0] = 1; next }
/^[A-Z]/ { flush(); section = $0; text = $0 "\n"; next }
{ text = text $0 "\n" }
END { flush(); for (i = 1; i <= n; i++) { if (lines[i] == "For every command") printf "%s", more; print lines[i] } }
