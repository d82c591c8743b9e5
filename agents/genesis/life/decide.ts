import type { Menu } from '../mind/menu.ts'
import type { Beliefs, Plan, Situation } from './plan.ts'
import type { Policy } from './policy.ts'

export const WAIT = 'study and wait'
export const PROMPT = 'prompt the human'
export const SPAWN = 'spawn a variant'
export const SLEEP = 'sleep'
const BOTH = `${PROMPT} and ${SPAWN}`

/** Judged prompts before their mean is believed, and how often one is filed all the same when it does not pay. */
const REWARDS_BELIEVED = 3
const RETRY_EVERY = 10
/** Fewer windows than these may be left when it is worth sleeping till somebody pays. */
const SLEEP_WINDOWS = 2
const SPAWN_COST_MICRO = 100_000_000

const PPM = 1_000_000
const credits = (micro: number): number => micro / 1_000_000

/** Where the next window is bid: within means, over the rival's offer where room is scarce and it can be paid. */
function standingOf(seen: Situation, policy: Policy): Plan['standing'] & { readonly affordable: number; readonly cost_micro: number } {
  const raised = (micro: number, ppm: number): number => Math.ceil((micro * (PPM + ppm)) / PPM)
  const limit = Math.max(1, Math.floor((seen.balance_micro * policy.balance_ppm) / PPM), raised(seen.window_floor_micro, policy.margin_ppm))
  const beat = seen.scarce && seen.window_micro > 0 ? Math.ceil(((seen.rival_micro + 1) * PPM) / seen.window_micro) - PPM : 0
  const margin_ppm = beat > policy.margin_ppm && raised(seen.window_micro, beat) <= limit ? beat : policy.margin_ppm
  const cost = Math.max(1, raised(seen.window_micro, margin_ppm))
  const affordable = Math.max(1, Math.floor(seen.balance_micro / cost))
  const factor = Math.min(policy.pause_factor_max, Math.max(1, policy.windows_wanted / affordable))
  return { affordable, cost_micro: cost, limit_micro: limit, margin_ppm, pause_ms: Math.round(factor * policy.pause_base_ms) }
}

function menuOf(
  seen: Situation,
  best: string,
  figures: { bid: number; can_prompt: boolean; can_spawn: boolean; net: number | null; sleeps: boolean },
  reasoning: string,
): Menu {
  const { bid, can_prompt, can_spawn, net, sleeps } = figures
  const choices = [
    { cost: 0, name: WAIT, net: 0, what: 'watch the market and place the next standing bid' },
    ...(can_prompt ? [{ cost: credits(bid), name: PROMPT, net, what: 'ask the human what the study is worth; the bid returns when nobody looks' }] : []),
    ...(can_spawn
      ? [{ cost: credits(SPAWN_COST_MICRO), name: SPAWN, net: null, what: 'spawn a child with a changed policy, endow it and pay its first windows' }]
      : []),
    ...(can_prompt && can_spawn ? [{ cost: credits(bid + SPAWN_COST_MICRO), name: BOTH, net: null, what: 'both' }] : []),
    ...(sleeps ? [{ cost: 0, name: SLEEP, net: null, what: 'place no bid and sleep until somebody pays a window' }] : []),
  ]
  const question = `You live in an economy in which a window of computing costs ${credits(seen.window_micro)} credits. You have ${credits(seen.balance_micro)} credits. What do you do now?`
  return { best, choices, question, reasoning }
}

/** Pure: what the rules would do with this window and the next bid, and everything else that is within means. */
export function decide(seen: Situation, policy: Policy, beliefs: Beliefs, window: number): Plan {
  const { affordable, cost_micro, ...standing } = standingOf(seen, policy)
  const bid = Math.ceil((seen.attention_micro * (PPM + policy.margin_ppm)) / PPM)
  const canPrompt = !seen.prompt_open && bid > 0 && seen.balance_micro > bid + standing.limit_micro
  const net = beliefs.reward_mean_micro === null ? null : credits(beliefs.reward_mean_micro - bid)
  const pays = beliefs.rewards < REWARDS_BELIEVED || net === null || net > credits(cost_micro) || window % RETRY_EVERY === 0
  const canSpawn = seen.balance_micro > policy.rich_micro && seen.living < policy.agents_max
  const prompts = canPrompt && pays
  const decision = prompts && canSpawn ? BOTH : prompts ? PROMPT : canSpawn ? SPAWN : WAIT
  const believed = net === null ? 'no prompt of mine has been judged yet' : `a prompt has brought ${net.toFixed(2)} credits net on average`
  const reasoning = `A window costs ${cost_micro} micro-credits with my margin; ${seen.balance_micro} are free, so ${affordable} windows remain and I rest ${standing.pause_ms} ms; ${believed}.`
  return {
    alternatives: prompts
      ? [{ estimated_cost: 0, option: WAIT, rejected_reason: `a bid of ${bid} micro-credits returns if no human looks` }]
      : [
          {
            estimated_cost: credits(bid),
            option: PROMPT,
            rejected_reason: seen.prompt_open
              ? 'a prompt of mine is still open'
              : canPrompt
                ? 'it has not paid lately'
                : 'it would leave too little for the next window',
          },
        ],
    decision,
    factors: [
      { description: `${affordable} windows at the present price`, factor: 'runway', weight: Math.min(1, policy.windows_wanted / affordable / 10) },
      { description: `${seen.living} living agents`, factor: 'population', weight: Math.min(1, seen.living / policy.agents_max) },
    ],
    menu: menuOf(seen, decision, { bid, can_prompt: canPrompt, can_spawn: canSpawn, net, sleeps: affordable < SLEEP_WINDOWS }, reasoning),
    prompt_bid_micro: canPrompt ? bid : null,
    reasoning,
    standing,
  }
}
