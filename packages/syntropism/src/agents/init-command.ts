import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { AgentManifest } from '@syntropism/contract'
import { ConfigError } from '@syntropism/runtime'
import { table } from '../terminal/format.ts'
import { print } from '../terminal/local.ts'
import { shipped } from '../live/shipped.ts'

export interface InitFlags {
  readonly json?: boolean
  readonly list?: boolean
  readonly template: string
}

/** Name that the templates carry, and that a new agent's own takes the place of. */
const NAME = 'my-agent'

interface Template {
  readonly description: string
  readonly name: string
  readonly program: string
}

function templates(): Template[] {
  const folder = shipped('templates')
  return readdirSync(folder)
    .toSorted()
    .map((name) => {
      const { command, description = '' } = AgentManifest.parse(JSON.parse(readFileSync(join(folder, name, 'agent.json'), 'utf8')))
      return { description, name, program: command.join(' ') }
    })
}

const lines = (known: readonly Template[]): string =>
  table([['template', 'program', 'what it is'], ...known.map((one) => [one.name, one.program, one.description])])

/** `syntropism init agent`: a folder with manifest, program, page and tests. Throws ConfigError before anything is written. */
export function runInitAgent(folder: string | undefined, flags: InitFlags): void {
  const known = templates()
  if (flags.list === true) return print(flags, known, () => lines(known))
  if (folder === undefined) throw new ConfigError('name a folder: syntropism init agent my-agent (--list shows the templates)')
  if (!known.some((one) => one.name === flags.template))
    throw new ConfigError(`there is no template "${flags.template}"; there are: ${known.map((one) => one.name).join(', ')}`)
  const target = resolve(folder)
  const name = basename(target)
  const valid = AgentManifest.shape.name.safeParse(name)
  if (!valid.success) throw new ConfigError(`"${name}" cannot be the name of an agent: it ${valid.error.issues[0]?.message ?? 'is no id'}`)
  if (existsSync(target)) throw new ConfigError(`${target} exists already; name a folder that does not: nothing was written`)
  try {
    cpSync(join(shipped('templates'), flags.template), target, { filter: (path) => basename(path) !== '__pycache__', recursive: true })
  } catch (error) {
    throw new ConfigError(`${target} cannot be made: ${(error as Error).message}; name a folder where you may write`, { cause: error })
  }
  const files = readdirSync(target).toSorted()
  for (const file of ['agent.json', 'package.json', 'README.md'].filter((one) => files.includes(one)))
    writeFileSync(join(target, file), readFileSync(join(target, file), 'utf8').replaceAll(NAME, name))
  print(
    flags,
    { files, folder: target, name, template: flags.template },
    () => `${target} has ${files.join(', ')}.\nTry it: npx syntropism agent test ${folder}\nRun it: npx syntropism live --agents ${folder} --for 5m`,
  )
}
