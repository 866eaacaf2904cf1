# The functions, types and variables of headers that no comment describes: awk -f undocumented.awk include/kitinet/*.h
# A comment describes the declarations directly below it, up to the next empty line, or the one that it stands in or
# behind. An opaque handle (typedef struct _p_KNLayer *KNLayer) is what its header's head describes.
function report() {
  if (statement != "" && !told && statement !~ /^typedef struct _p_[A-Za-z]* \*[A-Za-z]*;/ &&
      statement !~ /^extern "C"|^}$/) {
    name = statement
    gsub(/\{.*\}/, "", name)
    if (name ~ /\(/ && name !~ /^typedef (struct|enum)/) sub(/ *\(.*/, "", name)
    else { sub(/;.*/, "", name); sub(/\[.*/, "", name); sub(/ *=.*/, "", name) }
    sub(/.*[ *}]/, "", name)
    print place ": " (name == "" ? statement : name)
  }
  statement = ""
}
FNR == 1 { comment = 0; group = 0; depth = 0; statement = ""; head = 0 }
{
  line = $0
  has = comment
  code = ""
  while (line != "") { # parts of the line outside of comments
    if (comment) {
      if ((i = index(line, "*/")) == 0) break
      line = substr(line, i + 2)
      comment = 0
    } else {
      if ((i = index(line, "/*")) == 0) { code = code line; break }
      has = comment = 1
      code = code substr(line, 1, i - 1)
      line = substr(line, i + 2)
    }
  }
  gsub(/^ +| +$/, "", code)
  if (code == "" && has) { group = 1; if (statement != "") told = 1; next }
  if (code == "") { if (statement == "") group = 0; next }
  if (code ~ /^#/ || macro) { macro = code ~ /\\$/; next }
  if (statement == "") { told = group || has; place = FILENAME ":" FNR }
  else if (has) told = 1
  statement = statement (statement == "" ? "" : " ") code
  opened = gsub(/\{/, "{", code)
  depth += opened - gsub(/\}/, "}", code)
  if (statement ~ /^extern "C" \{$/) { depth--; statement = ""; next }
  if (depth <= 0 && statement ~ /(;|\})$/) { depth = 0; report() }
}
