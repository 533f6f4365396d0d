# SPDX-License-Identifier: GPL-3.0-or-later
#
# Bash completion for capture, replay and analyze: the options are those that the program's own --help lists, so that
# there is nothing here to keep up to date; everything else is a file.
_tidemark() {
  local word=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" --help 2>/dev/null | grep -oE -- '--[a-z0-9-]+' | sort -u)" -- "$word")
  fi
}
complete -o default -F _tidemark capture replay analyze
