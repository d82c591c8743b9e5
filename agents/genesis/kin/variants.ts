import type { Client } from '@syntropism/sdk/node'
import type { Memory } from '../life/memory.ts'
import type { Observation } from '../life/observe.ts'
import { type Policy, TUNED, policyText, within } from '../life/policy.ts'

const FACTORS = [0.6, 1.6] as const

/** The policy of the next child: one figure changed, another one each time. */
export function variantOf(policy: Policy, born: number): { readonly changed: string; readonly policy: Policy } {
  const figure = TUNED[born % TUNED.length] ?? TUNED[0]
  const factor = FACTORS[Math.floor(born / TUNED.length) % FACTORS.length] ?? FACTORS[0]
  const value = within(figure, policy[figure] * factor)
  return { changed: `${figure} ${policy[figure]} → ${value}`, policy: { ...policy, [figure]: value } }
}

/** Spawns a child that lives by a changed policy: endows it, and pays its first windows. Selection is the market's. */
export async function spawnVariant(client: Client, { memory, policy, seen }: { memory: Memory; policy: Policy; seen: Observation }): Promise<void> {
  const { self } = seen
  const variant = variantOf(policy, memory.children.length)
  const standing = self.standing_bid
  const window = Math.max(1, self.paid_micro)
  const { child_id } = await client.spawn({
    endowment_micro: policy.endowment_micro,
    files: { 'policy.json': policyText(variant.policy) },
    name: `variant ${memory.children.length + 1} of ${self.agent_id}`,
    ...(standing === null ? {} : { first_bid: { amount_micro: window, paid_by: 'parent' } }),
  })
  memory.children.push({ agent_id: child_id, changed: variant.changed })
  if (standing === null) return
  for (let later = 1; later < policy.paid_windows; later++)
    await client.bid({
      agent_id: child_id,
      amount_micro: window,
      bundle: standing.bundle,
      duration_ms: standing.duration_ms,
      not_before_ms: self.now_ms + later * (standing.duration_ms + standing.pause_ms),
    })
}
