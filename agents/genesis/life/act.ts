import type { Client } from '@syntropism/sdk/node'
import { spawnVariant } from '../kin/variants.ts'
import type { Picked } from '../mind/menu.ts'
import { PROMPT, SLEEP, SPAWN } from './decide.ts'
import type { Plan } from './plan.ts'
import type { Memory } from './memory.ts'
import type { Observation } from './observe.ts'
import type { Policy } from './policy.ts'
import type { Study } from './study.ts'

export interface Done {
  readonly failed: readonly string[]
  readonly prompt_id: string | null
  readonly worked: readonly string[]
}

export interface Deed {
  readonly memory: Memory
  readonly picked: Picked
  readonly plan: Plan
  readonly policy: Policy
  readonly seen: Observation
  readonly study: Study
}

const DURATION_MS = 3000

/** Carries out what was picked, and sees to it that a bid stands at the end, unless sleep was picked. A refusal is noted, not fatal. */
export async function act(client: Client, { memory, picked, plan, policy, seen, study }: Deed): Promise<Done> {
  const worked: string[] = []
  const failed: string[] = []
  let prompt_id: string | null = null
  const attempt = async (what: string, action: () => Promise<unknown>): Promise<void> => {
    try {
      await action()
      worked.push(what)
    } catch (error) {
      failed.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const bid = plan.prompt_bid_micro
  if (picked.name.includes(PROMPT) && bid !== null)
    await attempt('prompt', async () => {
      prompt_id = (await client.prompt({ figures: study.figures, report: study.report, title: study.title }, bid)).prompt_id
    })
  if (picked.name.includes(SPAWN)) await attempt('spawn', () => spawnVariant(client, { memory, policy, seen }))
  const standing = seen.self.standing_bid
  const bundle = standing?.bundle ?? { cpu_millicores: seen.self.cpu_millicores, memory_mb: seen.self.memory_mb }
  if (picked.name === SLEEP) await attempt('no standing bid', () => client.setStandingBid(null))
  else await attempt('standing bid', () => client.setStandingBid({ bundle, duration_ms: standing?.duration_ms ?? DURATION_MS, ...plan.standing }))
  return { failed, prompt_id, worked }
}
