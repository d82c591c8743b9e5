import { DEFAULT_PARAMS } from '@syntropism/economy'
import { type Figures, type Model, type ParamValues, STEP_MS, type World } from '../../engine/index.ts'
import { CURVES, type CurveChoice, RULE_PARAMS, chosenRules, curveOfChoice } from '../../market/index.ts'
import { type AgentView, type Game, type Role, type Surroundings, marketModel } from '../../strategies/index.ts'

/** What one point of a human's three scores earns, micro-credits. */
const POINT_MICRO = 50_000_000
const BEAT_MS = 100
/** Points that prompts are worth, all three scores together: least and most, uniform between. */
const WORTH = { quality: [15, 27], spam: [0, 6] } as const
const KINDS = ['quality', 'spam'] as const
type Kind = (typeof KINDS)[number]

/** Files a prompt when it has none open and happens to have one; bids a part of what it will earn, or the price. */
function role(kind: Kind, values: ParamValues): Role {
  const weight = kind === 'spam' ? Number(values.spam_ppm) : 1_000_000 - Number(values.spam_ppm)
  const blind = kind === 'spam' && values.spammers === 'blind'
  const act = (self: AgentView): ReturnType<Role['act']> => {
    if (self.has_prompt || !self.random.chance(Number(values.files_ppm), 1_000_000)) return []
    const points = self.random.between(WORTH[kind][0], WORTH[kind][1])
    const reserve = self.slotReserveMicro()
    const willing = Math.floor((points * POINT_MICRO * Number(values.bid_ppm)) / 1_000_000)
    if (!blind && willing < reserve) return []
    const amount = Math.min(self.free_micro, values.rule === 'flat' ? reserve : Math.max(reserve, willing))
    if (amount < reserve || amount === 0) return []
    self.memory.set('points', points)
    self.memory.set('filed_at_step', self.step)
    return [{ amount_micro: amount, content: { kind }, deadline_ms: Number(values.patience) * STEP_MS, type: 'prompt' }]
  }
  return { act, memory: ['points', 'filed_at_step'], name: kind, start_credits_micro: Number(values.start_micro), weight }
}

class Tally {
  readonly filed: Record<Kind, number> = { quality: 0, spam: 0 }
  readonly shown: Record<Kind, number> = { quality: 0, spam: 0 }
  readonly waited: Record<Kind, number> = { quality: 0, spam: 0 }
  slots = 0
  points = 0
}

/** People on duty read what is shown to them and score it for what it is worth at the end of the step. */
class Desk implements Surroundings {
  private readonly game: Game
  private tally = new Tally()
  private scored = 0

  constructor(game: Game) {
    this.game = game
    game.economy.onEvent((event) => {
      if (event.type === 'prompt_filed') this.tally.filed[this.kindOf(event.data.agent_id)] += 1
    })
  }

  private kindOf(agentId: string): Kind {
    const { players } = this.game
    return players.roles[players.role[players.population.memberOf(agentId)] as number]?.name === 'spam' ? 'spam' : 'quality'
  }

  end(step: number): void {
    const { economy, players, world } = this.game
    const humans = world.number('humans')
    this.tally.slots += humans
    for (const prompt of [...economy.state.prompts.values()]) {
      const member = players.population.memberOf(prompt.agent_id)
      if (prompt.lease_id === null || member < 0) continue
      const points = players.remembers(member, 'points')
      const kind = this.kindOf(prompt.agent_id)
      this.tally.shown[kind] += 1
      this.tally.waited[kind] += step - players.remembers(member, 'filed_at_step')
      this.tally.points += points
      const scores = { interesting: Math.floor(points / 3), understandable: Math.floor((points + 1) / 3), useful: Math.floor((points + 2) / 3) }
      economy.must({ human_id: `human-${this.scored++ % humans}`, prompt_id: prompt.prompt_id, scores, type: 'score_prompt' })
    }
  }

  observe(): Figures {
    const { economy, players, world } = this.game
    const { filed, points, shown, slots, waited } = this.tally
    const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)
    const alive = (kind: Kind): number =>
      players.population.agent_ids.filter((agentId) => agentId !== '' && this.kindOf(agentId) === kind && economy.state.agents.get(agentId)?.status !== 'dead')
        .length
    this.tally = new Tally()
    return {
      points_per_slot: ratio(points, slots),
      quality_alive: alive('quality'),
      quality_filed: filed.quality,
      quality_shown: shown.quality,
      quality_waited_steps_mean: ratio(waited.quality, shown.quality),
      slot_reserve_micro: economy.state.meters.attention.price_micro_per_s / world.number('humans'),
      slots_used: ratio(shown.quality + shown.spam, slots),
      spam_alive: alive('spam'),
      spam_filed: filed.spam,
      spam_share_filed: ratio(filed.spam, filed.quality + filed.spam),
      spam_share_shown: ratio(shown.spam, shown.quality + shown.spam),
      spam_shown: shown.spam,
      spam_waited_steps_mean: ratio(waited.spam, shown.spam),
    }
  }

  save(): { readonly scored: number; readonly tally: Tally } {
    return { scored: this.scored, tally: { ...this.tally } }
  }

  resume(saved: ReturnType<Desk['save']>): void {
    this.scored = saved.scored
    const { filed, points, shown, slots, waited } = saved.tally
    this.tally = { filed: { ...filed }, points, shown: { ...shown }, slots, waited: { ...waited } }
  }
}

/** Agents with something worth reading and agents with spam bid for human attention. */
export const attention: Model = marketModel({
  agents: { default: 60, min: 2 },
  asks_solver: ({ mechanism }) => mechanism === 'exact',
  economy(world: World) {
    const humans = world.number('humans')
    const price = world.number('slot_micro') * humans
    const curve = curveOfChoice(world.choice('curve') as CurveChoice, {
      ...DEFAULT_PARAMS.curves.attention,
      ceiling_micro_per_s: 2 ** 40,
      down_ppm: 50_000,
      floor_micro_per_s: 1000,
      high_ppm: 800_000,
      low_ppm: 200_000,
      opening_micro_per_s: price,
      period_ms: 2 * STEP_MS,
      up_ppm: 100_000,
    })
    return {
      beat_ms: BEAT_MS,
      cpu_millicores: 0,
      curves: { attention: curve },
      humans: Array.from({ length: humans }, (_, index) => `human-${index}`),
      memory_mb: 0,
      params: {
        ...chosenRules(world),
        attention_slot_ms: STEP_MS,
        // Who cannot pay a slot at its first price is out of business.
        death_below_micro: world.number('slot_micro'),
        mint_per_human_per_day_micro: 2 ** 50,
        prompt_deadline_ms: 1000 * STEP_MS,
        reward_weights_micro: { interesting: POINT_MICRO, understandable: POINT_MICRO, useful: POINT_MICRO },
      },
    }
  },
  name: 'attention',
  params: {
    bid_ppm: { default: 500_000, description: 'most that is bid, parts per million of what the prompt will earn', kind: 'integer', max: 1_000_000, min: 1 },
    files_ppm: { default: 500_000, description: 'chance to have a prompt in a step, parts per million', kind: 'integer', max: 1_000_000, min: 1 },
    humans: { default: 10, description: 'people on duty: slots per step', kind: 'integer', max: 10_000, min: 1 },
    patience: { default: 3, description: 'steps that a prompt waits before it is withdrawn', kind: 'integer', max: 1000, min: 1 },
    ...RULE_PARAMS,
    curve: { choices: CURVES, default: 'linear', description: 'how the price of a slot follows its use', kind: 'choice' },
    rule: {
      choices: ['auction', 'flat'],
      default: 'auction',
      description: 'auction: bids by worth, the highest first; flat: everyone pays the price, first come first served',
      kind: 'choice',
    },
    slot_micro: { default: 10_000_000, description: 'opening price of a slot, micro-credits', kind: 'integer', max: 1_000_000_000_000, min: 1 },
    spam_ppm: { default: 700_000, description: 'agents that file spam, parts per million', kind: 'integer', max: 1_000_000, min: 0 },
    spammers: {
      choices: ['rational', 'blind'],
      default: 'rational',
      description: 'rational: files what earns its price; blind: files whatever it costs',
      kind: 'choice',
    },
    start_micro: { default: 5_000_000_000, description: 'credits of each at the start, micro-credits', kind: 'integer', max: 1_000_000_000_000, min: 1 },
  },
  roles: (values) => KINDS.map((kind) => role(kind, values)),
  source: 'Loder, Van Alstyne, Wash, "An economic response to unsolicited communication", Advances in Economic Analysis & Policy 6 (2006)',
  steps: 300,
  surroundings: (game) => new Desk(game),
  title: 'The attention market: spam and quality',
})
