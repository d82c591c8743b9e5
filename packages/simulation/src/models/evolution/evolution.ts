import { type Figures, type Model, type ParamValues, STEP_MS, UsageError, type World } from '../../engine/index.ts'
import type { Random } from '../../random/index.ts'
import { type Game, type Role, type Surroundings, marketModel } from '../../strategies/index.ts'

/** Length of the window that an agent must hold to live, in steps. */
const LIFE_STEPS = 10
/** Time of one lot: its auction is one beat. */
const LOT_MS = 20
const LOTS_MAX = STEP_MS / LOT_MS - 1
/** Highest worth of a lot to a bidder, micro-credits; uniform from 0. */
const WORTH_MICRO = 1_000_000
const [CPU_MILLICORES, MEMORY_MB] = [1_000_000, 1_000_000] as const
const PPM = 1_000_000

const lifeMicro = (values: ParamValues): number => Number(values.rent_micro) * LIFE_STEPS

/** Bids a heritable part of what a lot is worth to it; spawns when it can afford to. */
const bidder = (values: ParamValues): Role => ({
  act(self) {
    const lot = self.memory.get('lot')
    const actions: ReturnType<Role['act']>[number][] = []
    if (lot > 0) {
      const worth = 1 + self.random.below(WORTH_MICRO)
      const amount = Math.min(self.free_micro, Math.floor(worth * self.memory.get('shading')))
      self.memory.set('worth_micro', worth)
      if (amount >= self.reserveMicro({ llm: PPM }, LOT_MS))
        actions.push({
          amount_micro: amount,
          bundle: { llm: PPM },
          duration_ms: LOT_MS,
          expires_in_ms: lot * LOT_MS + 1,
          starts_in_ms: (lot - 1) * LOT_MS + 1,
          type: 'bid',
        })
    }
    if (self.free_micro >= Number(values.spawn_at_micro)) actions.push({ endowment_micro: Number(values.endowment_micro), type: 'spawn' })
    return actions
  },
  born(self, parent) {
    const step = (self.random.unit() * 2 - 1) * (Number(values.variation_ppm) / PPM)
    const shading = parent === null ? Number(values.start_ppm) / PPM : Math.min(1, Math.max(0, parent.get('shading') + step))
    self.memory.set('shading', shading)
    self.memory.set('lot', 0)
  },
  memory: ['shading', 'lot', 'worth_micro'],
  name: 'bidder',
  start_credits_micro: Number(values.endowment_micro),
  weight: 1,
})

/** Draws who bids for which lot, gives the living a standing bid for their life, and pays winners what the lot is worth to them. */
class Life implements Surroundings {
  private readonly game: Game
  private readonly chance: Random
  private readonly drawn: Int32Array
  private readonly standing: {
    readonly bundle: { cpu: number; memory: number }
    readonly duration_ms: number
    readonly limit_micro: number
    readonly margin_ppm: number
    readonly pause_ms: number
  }
  private sums = { births: 0, deaths: 0, lots: 0, paid_micro: 0 }

  constructor(game: Game) {
    const { economy, players, world } = game
    this.game = game
    this.chance = world.random('lots')
    this.drawn = new Int32Array(players.population.capacity)
    const share = Math.floor(PPM / players.population.capacity)
    this.standing = {
      bundle: { cpu: share, memory: share },
      duration_ms: LIFE_STEPS * STEP_MS,
      limit_micro: lifeMicro(world.params),
      margin_ppm: 0,
      pause_ms: 0,
    }
    for (const agentId of players.population.agent_ids) if (agentId !== '') this.live(agentId)
    economy.onEvent((event) => {
      if (event.type === 'agent_spawned') this.born(event.data.child_id)
      else if (event.type === 'agent_died') this.sums.deaths += 1
      else if (event.type === 'resources_allocated' && event.data.quantities.llm > 0) this.pay(event.data.agent_id, event.data.cost_micro)
    })
  }

  private live(agentId: string): void {
    this.game.economy.must({ agent_id: agentId, standing_bid: this.standing, type: 'set_standing_bid' })
  }

  private born(childId: string): void {
    this.sums.births += 1
    this.live(childId)
  }

  private pay(agentId: string, paidMicro: number): void {
    const { economy, players } = this.game
    const member = players.population.memberOf(agentId)
    if (member < 0) return
    this.sums.lots += 1
    this.sums.paid_micro += paidMicro
    economy.submit({ agent_id: agentId, amount_micro: players.remembers(member, 'worth_micro'), type: 'fund' })
  }

  /** Each lot gets its number of bidders, nobody two lots. */
  begin(): void {
    const { players, world } = this.game
    const { population } = players
    let count = 0
    for (let member = 0; member < population.capacity; member++) {
      if (!population.isAlive(member)) continue
      players.remind(member, 'lot', 0)
      this.drawn[count++] = member
    }
    this.chance.shuffle(this.drawn, count)
    const bidders = world.number('bidders')
    const lots = Math.min(world.number('lots'), Math.floor(count / bidders))
    for (let index = 0; index < lots * bidders; index++) players.remind(this.drawn[index] as number, 'lot', 1 + Math.floor(index / bidders))
  }

  observe(): Figures {
    const { players, world } = this.game
    const { population } = players
    let [count, sum, squares] = [0, 0, 0]
    for (let member = 0; member < population.capacity; member++) {
      if (!population.isAlive(member)) continue
      const shading = players.remembers(member, 'shading')
      count += 1
      sum += shading
      squares += shading * shading
    }
    const mean = count === 0 ? 0 : sum / count
    const { lots, paid_micro: paid } = this.sums
    const figures = {
      born: this.sums.births,
      died: this.sums.deaths,
      equilibrium: 1 - 1 / world.number('bidders'),
      payment_mean_micro: lots === 0 ? 0 : paid / lots,
      shading_mean: mean,
      shading_sd: count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean)),
    }
    this.sums = { births: 0, deaths: 0, lots: 0, paid_micro: 0 }
    return figures
  }

  save(): { readonly sums: Life['sums'] } {
    return { sums: { ...this.sums } }
  }

  resume(saved: ReturnType<Life['save']>): void {
    this.sums = { ...saved.sums }
  }
}

/** First-price auctions among bidders who inherit how much of a worth they bid, live while they can pay for it, and spawn with variation. */
export const evolution: Model = marketModel({
  agents: { default: 40, min: 2 },
  economy(world: World) {
    const rent = world.number('rent_micro')
    const room = roomOf(world)
    if (world.number('lots') > LOTS_MAX) throw new UsageError(`evolution: a step holds at most ${LOTS_MAX} lots`)
    // The whole capacity holds `room` lives: its price is what all of them pay a second.
    const flat = (price: number) => ({
      ceiling_micro_per_s: price,
      down_ppm: 0,
      floor_micro_per_s: price,
      high_ppm: PPM,
      low_ppm: 0,
      opening_micro_per_s: price,
      period_ms: STEP_MS,
      up_ppm: 0,
    })
    return {
      beat_ms: LOT_MS,
      cpu_millicores: CPU_MILLICORES,
      curves: { cpu: flat(Math.floor(PPM / Math.floor(PPM / room)) * rent - 1), llm: flat(1), memory: flat(1) },
      memory_mb: MEMORY_MB,
      params: {
        bid_duration_ms_min: LOT_MS,
        credit_value_micro_usd: 0,
        death_below_micro: lifeMicro(world.params),
        llm_micro_usd_per_minute: PPM,
        program_cpu_ppm_min: 1,
        program_duration_ms_min: 1,
        program_memory_mb_min: 0,
        spawn_cost_micro: world.number('spawn_cost_micro'),
        starvation_ms: 0,
      },
    }
  },
  name: 'evolution',
  params: {
    bidders: { default: 2, description: 'bidders for each lot', kind: 'integer', max: 100, min: 2 },
    endowment_micro: {
      default: 500_000,
      description: 'credits of a child and of each at the start, micro-credits',
      kind: 'integer',
      max: 1_000_000_000,
      min: 1,
    },
    lots: { default: 8, description: 'lots in a step, at most as many as there are bidders for', kind: 'integer', max: LOTS_MAX, min: 1 },
    rent_micro: { default: 20_000, description: 'what a step of life costs, micro-credits', kind: 'integer', max: 1_000_000_000, min: 1 },
    room: { default: 400, description: 'most agents that may live at once', kind: 'integer', max: 100_000, min: 2 },
    spawn_at_micro: { default: 1_200_000, description: 'free credits from which an agent spawns, micro-credits', kind: 'integer', max: 1_000_000_000, min: 1 },
    spawn_cost_micro: { default: 100_000, description: 'what a spawn burns, micro-credits', kind: 'integer', max: 1_000_000_000, min: 0 },
    start_ppm: { default: 900_000, description: 'part of the worth that those of the start bid, parts per million', kind: 'integer', max: PPM, min: 0 },
    variation_ppm: {
      default: 100_000,
      description: 'most by which a child differs from its parent, parts per million of the worth',
      kind: 'integer',
      max: PPM,
      min: 0,
    },
  },
  roles: (values) => [bidder(values)],
  room: roomOf,
  source:
    'Vickrey, "Counterspeculation, auctions, and competitive sealed tenders", J. Finance 16 (1961): with uniform values the equilibrium bid is (n − 1) / n of the value',
  steps: 1000,
  surroundings: (game) => new Life(game),
  title: 'Evolution of bidding',
  trait: 'shading',
})

function roomOf(world: World): number {
  return Math.max(world.number('room'), world.agents)
}
