import { createProgram } from '../../packages/syntropism/src/program.ts'
import { code, escaped, page, table } from './markdown.ts'

type Command = ReturnType<typeof createProgram>

/** What commander prints after the list of options: examples and exit codes. */
function textAfterHelp(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp()
  const options = command.createHelp().formatHelp(command, command.createHelp())
  return text.replace(options, '').trim()
}

function section(command: Command, path: string): string {
  const help = command.createHelp()
  const args = command.registeredArguments.map((argument) => {
    const choices = argument.argChoices === undefined ? '' : argument.argChoices.join(', ')
    return [code(argument.name()), [argument.description, choices].filter((one) => one !== '').join(': ')]
  })
  const options = help.visibleOptions(command).filter((option) => option.long !== '--help')
  const after = textAfterHelp(command)
  const usage = `${path} ${command.usage().replace('[options] ', options.length > 0 ? '[options] ' : '')}`.trim()
  return page(
    `${'#'.repeat(Math.min(4, path.split(' ').length + 0))} ${path}`,
    `${command.description().charAt(0).toUpperCase()}${escaped(command.description().slice(1))}.`,
    command.commands.length > 0 ? '' : `\`\`\`text\n${usage}\n\`\`\``,
    table(
      ['argument', 'meaning'],
      args.map((row) => row.map((cell, index) => (index === 0 ? cell : escaped(cell)))),
    ),
    table(
      ['option', 'meaning'],
      options.map((option) => [code(help.optionTerm(option)), escaped(help.optionDescription(option))]),
    ),
    after === '' ? '' : `\`\`\`text\n${after}\n\`\`\``,
  ).trim()
}

/** The command line, from the program itself. */
export function cliPage(): string {
  const sections: string[] = []
  const walk = (command: Command, path: string): void => {
    sections.push(section(command, path))
    for (const one of command.createHelp().visibleCommands(command)) if (one.name() !== 'help') walk(one, `${path} ${one.name()}`)
  }
  const program = createProgram()
  for (const command of program.createHelp().visibleCommands(program)) if (command.name() !== 'help') walk(command, `syntropism ${command.name()}`)
  return page('# Command line', 'Written from the program; `syntropism <command> --help` says the same. [Exit codes](./exit-codes.md).', ...sections)
}
