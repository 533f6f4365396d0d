# SPDX-License-Identifier: GPL-3.0-or-later
#
# Bash completion for capture, replay and analyze. Nothing here is to be kept up to date: options are those of the
# program's own --help, and values those that it names when it rejects one. Everything else is a file.
_tidemark() {
  local tool=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} message
  COMPREPLY=()
  [[ $word == = ]] && word=
  [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]} # --lang=ru is three words here
  [[ ${COMP_WORDS[COMP_CWORD]} == = ]] && before=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$tool" --help 2>/dev/null | grep -oE -- '--[a-z0-9-]+' | sort -u)" -- "$word")
  elif [[ $before == -* ]]; then
    # The second option, which no program has, keeps it from running where it takes the value.
    message=$("$tool" "$before" '?' --no-such-option 2>&1 </dev/null |
      sed -nE "s/.*'\?'(:| is) (none of|not one of|the languages are) //p; s/.*no model '\?' \((.*)\)/\1/p")
    mapfile -t COMPREPLY < <(compgen -W "$(sed -E 's/,| or | and / /g' <<<"$message")" -- "$word")
  fi
}
complete -o default -F _tidemark capture replay analyze
