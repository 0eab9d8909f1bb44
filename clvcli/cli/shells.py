"""The shells that clv can be completed in, and how the completions are told to each.

A word of a file is data: no script here has it expanded by the shell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from clvcli import __version__

COLUMNS = "columns"
PAIRS = "pairs"


@dataclass(frozen=True)
class Offer:
    """What may stand in a place: `words`, `columns` of the orders (and words), `pairs` of a word and a column, files, or nothing known."""

    kind: str
    words: tuple[str, ...] = ()


FLAG, FILES, NOTHING = Offer("flag"), Offer("files"), Offer("nothing")


@dataclass(frozen=True)
class Option:
    """An option: its names, what it means, and what may stand after it."""

    names: tuple[str, ...]
    help: str
    metavar: str
    offer: Offer


@dataclass(frozen=True)
class Command:
    """A command: its options, and what its first word may be."""

    name: str
    help: str
    options: tuple[Option, ...]
    first: Offer


_HEADER = f"# Completions of clv {__version__}, made by 'clv completion {{}}'."
_CONFIGURED = r"""sed -n '/^orders: *[^ #]/{s/^orders: *//;s/ *#.*//;s/,.*//;s/[]["]//g;p;}' clv.yaml 2> /dev/null"""
"""The file that a plain `orders:` of the config names, in the words of sed."""
_BASH = r"""
_clv_columns() {  # of the first file of text that is named, on the line or else in the config here
  local word line
  for word in "${COMP_WORDS[@]:2}" "$(@CONFIGURED@)"; do
    word=${word/#\~/$HOME}
    case $word in *.csv | *.tsv | *.txt) ;; *) continue ;; esac
    [[ -f $word && -r $word ]] || continue
    IFS= read -r line < "$word"
    line=${line#$'\xef\xbb\xbf'}
    printf '%s\n' "${line%$'\r'}" | tr -d '"' | tr ',;|\t' '\n\n\n\n'
    return
  done
}

_clv_offer() {  # the words of standard input that go on from what is typed; what stands before is kept
  local word before=$1 start=$2
  while IFS= read -r word; do
    if [[ $word && $word == "$start"* ]]; then COMPREPLY+=("$before$(printf '%q' "$word")"); fi
  done
}

_clv() {
  local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} before='' offer='' words=''
  local IFS=$' \t\n'
  COMPREPLY=()
  if [[ $cur == = ]]; then  # bash takes = for the end of a word
    cur='' before=${COMP_WORDS[COMP_CWORD-2]}
  elif [[ $option == = ]]; then
    option=${COMP_WORDS[COMP_CWORD-2]} before=${COMP_WORDS[COMP_CWORD-3]}
  fi
  if [[ $before == = ]]; then before=--map; fi
  if (( COMP_CWORD == 1 )); then
    offer=words words=@COMMANDS@
  elif [[ $before == --map || $before == -m ]]; then
    offer=columns
  else
    case "$command $option" in
@VALUES@
      *) case "$command" in
@FIRST@
      esac ;;
    esac
    if [[ -z $offer && $cur == -* ]]; then
      offer=words
      case "$command" in
@OPTIONS@
      esac
    fi
  fi
  case $offer in
    words) _clv_offer '' "$cur" <<< "${words// /$'\n'}" ;;
    pairs) _clv_offer '' "$cur" <<< "${words// /$'\n'}"; compopt -o nospace 2> /dev/null ;;
    columns)
      before='' option=$cur
      if [[ $cur == *,* ]]; then before=${cur%,*}, option=${cur##*,}; fi
      _clv_offer "$before" "$option" < <(printf '%s\n' ${words}; _clv_columns) ;;
  esac
  case $offer in '' | files) ;; *) compopt +o default 2> /dev/null ;; esac
  if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2> /dev/null; fi
  return 0
}

complete -o default -F _clv clv
"""


def bash(commands: Sequence[Command]) -> str:
    """The script for bash 4.4 or later."""
    listed = " ".join([*(c.name for c in commands), "--help", "--version"])
    firsts = [f"        {c.name}) {_set(c.first)} ;;" for c in commands if c.first is not FILES]
    first = [*_only_there(firsts), "        *) ;;"]
    options = [f"        {c.name}) words='{' '.join(n for o in c.options for n in o.names if n.startswith('--'))}' ;;" for c in commands]
    values = [f"      {pattern}) {_set(offer)} ;;" for pattern, offer in _patterns(commands)]
    filled = {"COMMANDS": f"'{listed}'", "VALUES": "\n".join(values), "FIRST": "\n".join(first), "OPTIONS": "\n".join(options)}
    return _HEADER.format("bash") + _filled(_BASH, filled)


def _only_there(lines: Sequence[str]) -> list[str]:
    """Names stand first after their command only, and not where an option begins."""
    return [line.replace(") ", ") if (( COMP_CWORD == 2 )) && [[ $cur != -* ]]; then ", 1).replace(" ;;", "; fi ;;") for line in lines]


def _set(offer: Offer) -> str:
    return f"offer={offer.kind} words='{' '.join(offer.words)}'"


def _patterns(commands: Sequence[Command]) -> list[tuple[str, Offer]]:
    """Where which values may stand: after an option of every command, or of one if commands differ."""
    offers: dict[str, dict[str, Offer]] = {}
    for command in commands:
        for option in command.options:
            if option.offer != FLAG:
                for name in option.names:
                    offers.setdefault(name, {})[command.name] = option.offer
    found: list[tuple[str, Offer]] = []
    for name, by_command in offers.items():
        same = len(set(by_command.values())) == 1
        for of, offer in list(by_command.items())[: 1 if same else None]:
            found.append((f"*' {name}'" if same else f"'{of} {name}'", offer))
    return found


def _filled(template: str, parts: Mapping[str, str]) -> str:
    for name, text in {**parts, "CONFIGURED": _CONFIGURED}.items():
        template = template.replace(f"@{name}@", text)
    return template.rstrip("\n")


_ZSH = r"""
_clv_columns() {  # of the first file of text that is named, on the line or else in the config here
  local word line
  local -a columns
  for word in "${(@)words[2,-1]}" "$(@CONFIGURED@)"; do
    word=${word/#\~/$HOME}
    if [[ $word == *.(csv|tsv|txt) && -r $word ]]; then
      IFS= read -r line < "$word"
      line=${${line#$'\xef\xbb\xbf'}%$'\r'}
      columns=("${(@f)$(printf '%s\n' "$line" | tr -d '"' | tr ',;|\t' '\n\n\n\n')}")
      break
    fi
  done
  columns+=("$@")
  compset -P '*,'
  compadd -- "${(@)columns:#}"
}

_clv_pairs() {
  if compset -P '*='; then _clv_columns; else compadd -S '' -- "$@"; fi
}

_clv_words() {
  compadd -- "$@"
}

_clv() {
  local -a commands
  commands=(
@COMMANDS@
  )
  if (( CURRENT == 2 )); then
    if [[ $words[2] == -* ]]; then compadd -- --help --version; else _describe command commands; fi
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
@CASES@
  esac
}

if [[ $funcstack[1] == _clv ]]; then _clv "$@"; else compdef _clv clv; fi
"""


def zsh(commands: Sequence[Command]) -> str:
    """The script for zsh: to be sourced after compinit, or to stand as `_clv` in a folder of $fpath."""
    listed = "\n".join(f"    {_quoted(f'{c.name}:{c.help}')}" for c in commands)
    cases = "\n".join(f"    {c.name}) _arguments -S {' '.join(_zsh_specs(c))} ;;" for c in commands)
    return "#compdef clv\n" + _HEADER.format("zsh") + _filled(_ZSH, {"COMMANDS": listed, "CASES": cases})


def _zsh_specs(command: Command) -> list[str]:
    found = []
    for option in command.options:
        told = "".join(f"\\{c}" if c in "[]:\\" else c for c in option.help)
        value = "" if option.offer == FLAG else f":{option.metavar.replace(':', ' ')}:{_zsh_action(option.offer)}"
        found += [_quoted(f"*{name}[{told}]{value}") for name in option.names]
    rest = [_quoted("*:file:_files")]
    return [*found, *([] if command.first is FILES else [_quoted(f"1:name:{_zsh_action(command.first)}")]), *rest]


def _zsh_action(offer: Offer) -> str:
    words = " ".join(offer.words)
    kinds = {"words": f"_clv_words {words}", COLUMNS: f"_clv_columns {words}", PAIRS: f"_clv_pairs {words}", "files": "_files"}
    return kinds.get(offer.kind, " ").strip() or " "


def _quoted(text: str) -> str:
    """A text as one word of a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


_FISH = r"""
function __clv_columns  # of the first file of text that is named, on the line or else in the config here
    for word in (commandline -opc)[3..-1] (@CONFIGURED@)
        if string match -qr '\.(csv|tsv|txt)$' -- $word; and test -r $word
            head -n 1 -- $word | string replace -a '"' '' | string trim | string split ',' | string split ';' | string split \t
            return
        end
    end
end

function __clv_listed  # words and columns, after what is typed up to the last comma
    set -l before (commandline -ct | string match -r '.*,')
    for word in $argv (__clv_columns)
        echo "$before"$word
    end
end

function __clv_pairs
    set -l before (commandline -ct | string match -r '.*=')
    if test -n "$before"
        for word in (__clv_columns)
            echo "$before"$word
        end
    else
        printf '%s\n' $argv
    end
end

complete -c clv -e
complete -c clv -n __fish_use_subcommand -s h -l help -d 'Show the help.'
complete -c clv -n __fish_use_subcommand -s V -l version -d 'Show the versions.'
"""


def fish(commands: Sequence[Command]) -> str:
    """The script for fish 3 or later."""
    lines = [f"complete -c clv -f -n __fish_use_subcommand -a {c.name} -d {_for_fish(c.help)}" for c in commands]
    for command in commands:
        there = f"complete -c clv -n '__fish_seen_subcommand_from {command.name}'"
        lines += [f"{there} -f -a {_for_fish(' '.join(command.first.words))}"] if command.first is not FILES else []
        lines += [f"{there} {_fish_names(o)}{_fish_value(o.offer)} -d {_for_fish(o.help)}" for o in command.options]
    return _HEADER.format("fish") + _filled(_FISH, {}) + "\n" + "\n".join(lines)


def _fish_names(option: Option) -> str:
    return " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)


def _fish_value(offer: Offer) -> str:
    words = " ".join(offer.words)
    calls = {"words": words, COLUMNS: f"(__clv_listed {words})", PAIRS: f"(__clv_pairs {words})"}
    if offer.kind in calls:
        return f" -x -a {_for_fish(calls[offer.kind])}"
    return {"flag": "", "files": " -r -F"}.get(offer.kind, " -x")


def _for_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SCRIPTS: Mapping[str, Callable[[Sequence[Command]], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
