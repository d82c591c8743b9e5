import { resolve } from 'node:path'
import { type Scenario, ScenarioError, checkScenario, loadScenarios } from '@syntropism/benchmark'
import { table } from './format.ts'

export interface BenchmarkFlags {
  readonly json?: boolean
  readonly scenarios?: string
}

const OWN = resolve(import.meta.dirname, '../../../scenarios')
const load = (flags: BenchmarkFlags): Scenario[] => loadScenarios(flags.scenarios ?? OWN)

/** `syntropism benchmark list`. */
export function runBenchmarkList(flags: BenchmarkFlags): void {
  const items = load(flags).map((item) => ({
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

/** `syntropism benchmark validate`: exit code 1 when an item is unsound. */
export async function runBenchmarkValidate(ids: readonly string[], flags: BenchmarkFlags & { readonly seeds: number }): Promise<void> {
  const all = load(flags)
  const unknown = ids.find((id) => !all.some((item) => item.id === id))
  if (unknown !== undefined) throw new ScenarioError(`there is no item "${unknown}"; see syntropism benchmark list`)
  const results: { flaws: string[]; id: string; worlds: number }[] = []
  for (const item of all.filter((one) => ids.length === 0 || ids.includes(one.id)))
    results.push({ flaws: await checkScenario(item, flags.seeds), id: item.id, worlds: item.variants * flags.seeds })
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
