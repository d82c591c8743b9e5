import type { Client } from '@syntropism/sdk/node'
import { POLICY, type Plan } from './decide.ts'
import type { Observation } from './observe.ts'
import type { Study } from './study.ts'

export interface Done {
  readonly worked: readonly string[]
  readonly failed: readonly string[]
}

/** Carries out the plan; a refusal is noted, not fatal. */
export async function act(client: Client, seen: Observation, plan: Plan, study: Study): Promise<Done> {
  const worked: string[] = []
  const failed: string[] = []
  const attempt = async (what: string, action: () => Promise<unknown>): Promise<void> => {
    try {
      await action()
      worked.push(what)
    } catch (error) {
      failed.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const bid = plan.prompt_bid_micro
  if (bid !== null) await attempt('prompt', () => client.prompt({ figures: study.figures, report: study.report, title: study.title }, bid))
  if (plan.spawn) await attempt('spawn', () => client.spawn({ endowment_micro: POLICY.endowment_micro, name: `child of ${seen.self.agent_id}` }))
  const standing = seen.self.standing_bid
  if (standing !== null) await attempt('standing bid', () => client.setStandingBid({ ...standing, ...plan.standing, margin_ppm: POLICY.margin_ppm }))
  return { failed, worked }
}
