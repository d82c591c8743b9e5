import type { Command } from 'commander'

/** Every command by its path, with what may follow it: subcommands and options. */
function wordsByPath(command: Command, path: string, found: [path: string, words: string[]][] = []): [path: string, words: string[]][] {
  const options = command.options.flatMap((option) => (option.long === undefined || option.long === null ? [] : [option.long]))
  found.push([path, [...command.commands.map((one) => one.name()), ...options, '--help']])
  for (const one of command.commands) wordsByPath(one, path === '' ? one.name() : `${path} ${one.name()}`, found)
  return found
}

/** A script that completes commands, subcommands and options, for bash; zsh takes it by its bashcompinit. */
export function completionScript(program: Command, shell: 'bash' | 'zsh'): string {
  const known = wordsByPath(program, '')
  const cases = known.map(([path, words]) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n')
  const paths = known.map(([path]) => path).filter((path) => path !== '')
  return `${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}# syntropism: ${shell} completion. Put it into your shell's start file: source <(syntropism completion ${shell})
_syntropism() {
  local path='' next words='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    next="\${path:+$path }\${COMP_WORDS[index]}"
    case "$next" in
      ${paths.map((path) => `'${path}'`).join('|')}) path="$next" ;;
    esac
  done
  case "$path" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _syntropism syntropism`
}
