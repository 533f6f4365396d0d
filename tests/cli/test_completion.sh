#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What bash offers after a part of a command line.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=lib/base/completion.bash
. lib/base/completion.bash

offers() { # NAME EXPECTED WORD...: what is offered for the last word
  local name=$1 expected=$2
  shift 2
  COMP_WORDS=("$bin/$1" "${@:2}")
  COMP_CWORD=$(($# - 1))
  _tidemark
  check_equal "$name" "$expected" "${COMPREPLY[*]}"
}

offers 'options' '--idle-timeout --import --include --insecure' capture --i
offers 'import formats' 'mooncake azure burstgpt har vegeta openai-batch sharegpt trace prompts made' capture --import ''
offers 'those that begin so' 'mooncake made' capture --import m
offers 'export formats' 'mooncake vegeta openai-batch' capture -u http://127.0.0.1:9 --export ''
offers 'languages' 'en ru' analyze --lang ''
offers 'after an equals sign' 'ru' analyze --lang = r
offers 'right at it' 'en ru' analyze --lang =
offers 'timings' 'batch original rate' replay --timing ''
offers 'models' 'usl' analyze --models u
offers 'files for what is no choice' '' replay -o ''
offers 'files for operands' '' analyze run
check_match 'files come from bash' '-o default' "$(complete -p capture)"
summary
