import type { Command, Option } from 'commander'

/** What may follow a command on the line. */
interface Known {
  /** Values its arguments may have, where they are a few. */
  readonly choices: readonly string[]
  readonly commands: readonly Command[]
  readonly options: readonly Option[]
  /** Names down to the command; empty for the program itself. */
  readonly path: string
}

function knownOf(command: Command, path = ''): Known[] {
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? [])
  const here: Known = { choices, commands: command.commands, options: command.options.filter((option) => option.long != null), path }
  return [here, ...command.commands.flatMap((one) => knownOf(one, path === '' ? one.name() : `${path} ${one.name()}`))]
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '').replaceAll("'", '’')}'`
const takesValue = (option: Option): boolean => option.required || option.optional

/** For bash; zsh takes it by its bashcompinit. Where an option takes a value that is not one of a few, files are offered. */
function bashScript(known: readonly Known[], shell: 'bash' | 'zsh'): string {
  const words = known.map(
    ({ choices, commands, options, path }) =>
      `    ${quoted(path)}) words=${quoted([...commands.map((one) => one.name()), ...choices, ...options.map(({ long }) => long), '--help'].join(' '))} ;;`,
  )
  const values = known.flatMap(({ options, path }) =>
    options.filter(takesValue).map((option) => `    ${quoted(`${path} ${option.long}`.trim())}) words=${quoted(option.argChoices?.join(' ') ?? '')} ;;`),
  )
  return `${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}# syntropism: ${shell} completion. Put it into your shell's start file: source <(syntropism completion ${shell})
_syntropism() {
  local path='' next words='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    next="\${path:+$path }\${COMP_WORDS[index]}"
    case "$next" in
      ${known.flatMap(({ path }) => (path === '' ? [] : [quoted(path)])).join('|')}) path="$next" ;;
    esac
  done
  case "$path" in
${words.join('\n')}
  esac
  case "\${path:+$path }\${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _syntropism syntropism`
}

function fishScript(known: readonly Known[]): string {
  const lines = known.flatMap(({ choices, commands, options, path }) => {
    const at = `complete -c syntropism -n ${quoted(`__syntropism_at "${path}"`)}`
    return [
      ...commands.map((one) => `${at} -xa ${quoted(one.name())} -d ${quoted(one.description())}`),
      ...(choices.length === 0 ? [] : [`${at} -xa ${quoted(choices.join(' '))}`]),
      ...options.map((option) => {
        const value = option.argChoices === undefined ? (takesValue(option) ? ' -r' : '') : ` -xa ${quoted(option.argChoices.join(' '))}`
        return `${at} -l ${(option.long ?? '').slice(2)}${value} -d ${quoted(option.description)}`
      }),
      `${at} -l help -d 'what it does, its options, examples'`,
    ]
  })
  const paths = known.flatMap(({ path }) => (path === '' ? [] : [quoted(path)]))
  return `# syntropism: fish completion. Keep it: syntropism completion fish > ~/.config/fish/completions/syntropism.fish
function __syntropism_at
    set -l path ''
    for word in (commandline -opc)[2..]
        set -l next (string trim "$path $word")
        contains -- $next ${paths.join(' ')}; and set path $next
    end
    test "$path" = "$argv[1]"
end
${lines.join('\n')}`
}

/** A script that completes commands, subcommands, options and values that are one of a few. */
export function completionScript(program: Command, shell: 'bash' | 'fish' | 'zsh'): string {
  const known = knownOf(program)
  return shell === 'fish' ? fishScript(known) : bashScript(known, shell)
}
