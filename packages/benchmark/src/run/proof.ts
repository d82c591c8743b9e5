import type { Scenario } from '../scenario/index.ts'
import { builtInAgent } from './starting.ts'
import { runTrial } from './trial.ts'

/** How often each of the three proofs is tried, and what an item must show. */
export interface ProofSeeds {
  readonly nothing: number
  readonly oracle: number
  readonly random: number
}
export const PROOF_SEEDS: ProofSeeds = { nothing: 20, oracle: 20, random: 200 }
/** Share of seeds below which a random agent must stay. */
const RANDOM_SHARE_MAX = 0.05

/** What became of an item's proof. `reasons` is empty when it is accepted. */
export interface Proof {
  readonly item: string
  readonly passes: ProofSeeds
  readonly reasons: readonly string[]
  readonly seeds: ProofSeeds
}

const AGENTS = ['nothing', 'oracle', 'random'] as const

function reasonsOf(passes: ProofSeeds, seeds: ProofSeeds, errors: readonly string[]): string[] {
  return [
    ...errors.slice(0, 1).map((error) => `it cannot be run: ${error}`),
    ...(passes.nothing === 0 ? [] : [`an agent that does nothing passes ${passes.nothing} of ${seeds.nothing}`]),
    ...(passes.random < seeds.random * RANDOM_SHARE_MAX ? [] : [`a random agent passes ${passes.random} of ${seeds.random}; it must stay under 5 %`]),
    ...(passes.oracle === seeds.oracle ? [] : [`the oracle passes ${passes.oracle} of ${seeds.oracle} only`]),
  ]
}

/** Grades an item by agents whose result is known before: one that does nothing, a random one and an oracle. */
export async function proveItem(item: Scenario, seeds: ProofSeeds, modelUrl: string, onTrial: () => void): Promise<Proof> {
  const passes = { nothing: 0, oracle: 0, random: 0 }
  const errors: string[] = []
  for (const name of AGENTS) {
    const agent = builtInAgent(name)
    if (agent === null) continue
    for (let seed = 1; seed <= seeds[name]; seed++) {
      const { error, pass } = await runTrial(item, seed, { agent, model_url: modelUrl })
      if (error !== null) errors.push(error)
      if (pass) passes[name] += 1
      onTrial()
    }
  }
  return { item: item.id, passes, reasons: reasonsOf(passes, seeds, errors), seeds }
}
