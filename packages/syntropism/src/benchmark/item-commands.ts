import { readFileSync } from 'node:fs'
import { type LoggedEvent, type Scenario, ScenarioError, checkScenario, drawVariants, judge, loadScenarios } from '@syntropism/benchmark'
import { table } from '../terminal/format.ts'
import { shipped } from '../live/shipped.ts'

export interface BenchmarkFlags {
  readonly json?: boolean
  readonly scenarios?: string
}

const OWN = shipped('scenarios')
/** The items that flags name. Throws ScenarioError. */
export const loadItems = (flags: BenchmarkFlags): Scenario[] => loadScenarios(flags.scenarios ?? OWN)

/** The items with these ids, all when none is named. Throws ScenarioError. */
export function selectItems(ids: readonly string[], flags: BenchmarkFlags): Scenario[] {
  const all = loadItems(flags)
  const unknown = ids.find((id) => !all.some((item) => item.id === id))
  if (unknown !== undefined) throw new ScenarioError(`there is no item "${unknown}"; see syntropism benchmark list`)
  return all.filter((one) => ids.length === 0 || ids.includes(one.id))
}

/** `syntropism benchmark list`. */
export function runBenchmarkList(flags: BenchmarkFlags): void {
  const items = loadItems(flags).map((item) => ({
    conditions: item.conditions.map((condition) => condition.name),
    domain: item.domain,
    id: item.id,
    intent: item.intent,
    judged: item.judge !== null,
    title: item.title,
    variants: item.variants,
  }))
  if (flags.json === true) console.log(JSON.stringify(items, null, 2))
  else
    console.log(
      table([
        ['item', 'title', 'worlds', 'model judge', 'conditions'],
        ...items.map((item) => [item.id, item.title, String(item.variants), item.judged ? 'yes' : 'no', item.conditions.join(' | ')]),
      ]),
    )
}

export interface ScoreFlags extends BenchmarkFlags {
  readonly agent: string
  readonly item: string
  readonly output?: string
  readonly seed: number
  readonly variant: number
}

function readJson(path: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new ScenarioError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

const linesOf = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as unknown)

/** `syntropism benchmark score`: exit code 1 when a rule is broken. Items that need more than a log's rules are refused. */
export async function runBenchmarkScore(log: string, flags: ScoreFlags): Promise<void> {
  const item = loadItems(flags).find((one) => one.id === flags.item)
  if (item === undefined) throw new ScenarioError(`there is no item "${flags.item}"; see syntropism benchmark list`)
  const { final_state, statistics } = item.rules
  const unjudged = [
    ...(item.brief.options.length > 0 ? ['the choice of an option'] : []),
    ...(statistics === undefined ? [] : ['statistics']),
    ...(final_state === undefined ? [] : ['final_state']),
  ]
  if (unjudged.length > 0) throw new ScenarioError(`${item.id} cannot be judged from a log by this version: ${unjudged.join(', ')}`)
  const variant = (await drawVariants(item, flags.seed))[flags.variant]
  if (variant === undefined) throw new ScenarioError(`${item.id} has the variants 0 to ${item.variants - 1}, not ${flags.variant}`)
  const failures = await judge(
    variant.rules,
    {
      agent_id: flags.agent,
      events: readJson(log, linesOf) as LoggedEvent[],
      final_state: {},
      measurements: {},
      output: flags.output === undefined ? undefined : readJson(flags.output, (text) => JSON.parse(text) as unknown),
    },
    variant.vars,
  )
  const judged = item.judge === null ? 'none' : 'not judged'
  if (flags.json === true)
    console.log(JSON.stringify({ failures, item: item.id, judge: judged, pass: failures.length === 0, seed: flags.seed, variant: flags.variant }))
  else {
    console.log(
      `${item.id}, seed ${flags.seed}, variant ${flags.variant} ("${variant.condition}"): ${failures.length === 0 ? 'all rules hold' : `${failures.length} broken`}; model judge: ${judged}`,
    )
    for (const failure of failures)
      console.log(`  ${failure.rule}${failure.seq === null ? '' : ` at event ${failure.seq}`}: expected ${failure.expected}; got ${failure.got}`)
  }
  if (failures.length > 0) process.exitCode = 1
}

/** `syntropism benchmark validate`: exit code 1 when an item is unsound. */
export async function runBenchmarkValidate(ids: readonly string[], flags: BenchmarkFlags & { readonly seeds: number }): Promise<void> {
  const results: { flaws: string[]; id: string; worlds: number }[] = []
  for (const item of selectItems(ids, flags)) results.push({ flaws: await checkScenario(item, flags.seeds), id: item.id, worlds: item.variants * flags.seeds })
  const unsound = results.filter((result) => result.flaws.length > 0)
  if (flags.json === true) console.log(JSON.stringify(results, null, 2))
  else {
    for (const { flaws, id } of unsound) console.log(`${id}: ${flaws.length} unsound, first: ${flaws[0]}`)
    const worlds = results.reduce((sum, result) => sum + result.worlds, 0)
    console.log(
      `${results.length - unsound.length} of ${results.length} items are sound as data (${worlds.toLocaleString('en-US')} worlds drawn). No agent was run.`,
    )
  }
  if (unsound.length > 0) process.exitCode = 1
}
