#!/bin/sh
# Man pages and shell completion from the program's own -help: manual.sh KITINET VERSION FOLDER
# writes FOLDER/man1/kitinet.1, FOLDER/man1/kitinet-COMMAND.1 and FOLDER/kitinet.bash. Their text has no other source.
set -eu
kitinet=$1 version=$2 folder=$3
here=$(dirname "$0")
mkdir -p "$folder/man1" "$folder/help"

# On this node alone, without a search for networks or a launcher.
export OMPI_MCA_ess_singleton_isolated=1 OMPI_MCA_orte_create_session_dirs=false \
  OMPI_MCA_pml=ob1 OMPI_MCA_btl=self OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

"$kitinet" -help > "$folder/help/kitinet"
commands=$(sed -n 's/^  \([a-z]*\)  .*/\1/p' "$folder/help/kitinet")
for command in $commands; do
  "$kitinet" "$command" -help > "$folder/help/$command"
  # Each equation has options of its own: a section each, in the manual of generate.
  if [ "$command" = generate ]; then
    for equation in $(sed -n 's/^  -pde .*(one of \(.*\)).*/\1/p' "$folder/help/generate" | tr -d ','); do
      "$kitinet" generate -pde "$equation" -help > "$folder/equation"
      awk -f "$here/sections.awk" "$folder/help/generate" "$folder/equation" > "$folder/merged"
      mv "$folder/merged" "$folder/help/generate"
    done
    rm "$folder/equation"
  fi
  awk -v command="$command" -v version="$version" -v commands="$commands" \
    -f "$here/man.awk" "$folder/help/$command" > "$folder/man1/kitinet-$command.1"
done
awk -v version="$version" -v commands="$commands" -f "$here/man.awk" "$folder/help/kitinet" > "$folder/man1/kitinet.1"

{
  echo "# Completion of kitinet's commands, options and choices for bash (zsh: autoload bashcompinit; bashcompinit)."
  echo "# Made from -help."
  for command in $commands; do awk -v command="$command" -f "$here/completion.awk" "$folder/help/$command"; done
  sed "s/@commands@/$(echo $commands)/" "$here/completion.bash.in"
} > "$folder/kitinet.bash"
