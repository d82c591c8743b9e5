import { BURN, balanceOf, nextBaseFee } from '@syntropism/economy'
import { type Model, type Running, type Turn, UsageError, type World } from '../../engine/index.ts'
import type { Population } from '../../population/index.ts'

const PPM = 1_000_000
const VALUE_MAX_MICRO = 1_000_000_000

/** Steps of demand: calm, busy in the middle third, calm. */
const busyAt = (step: number, steps: number): boolean => step > steps / 3 && step <= (2 * steps) / 3

/** One block per step: senders with a value for a place in it, a base fee that burns, tips to the producer. */
class Chain {
  base: number
  used = 0
  readonly target: number
  served = 0
  wanted = 0
  welfare = 0
  private readonly world: World
  private readonly senders: Population
  private readonly producer: Population
  private readonly random: ReturnType<World['random']>
  private readonly tipMax: number

  constructor(world: World, senders: Population, producer: Population) {
    this.world = world
    this.senders = senders
    this.producer = producer
    this.base = world.number('opening_micro')
    this.target = Math.floor((world.agents * world.number('target_ppm')) / PPM)
    this.tipMax = world.number('tip_micro')
    this.random = world.random('values')
    if (this.target < 1) throw new UsageError(`base-fee: a target of ${world.number('target_ppm')} ppm of ${world.agents} agents is no whole place in a block`)
  }

  /** Share of the senders that want a place in a block of this step. */
  demandPpm(step: number): number {
    return this.world.number(busyAt(step, this.world.steps) ? 'busy_ppm' : 'calm_ppm')
  }

  /** Fee at which expected demand equals the target, values being uniform. */
  equilibrium(step: number): number {
    return Math.max(0, VALUE_MAX_MICRO * (1 - (this.target * PPM) / (this.world.agents * this.demandPpm(step))))
  }

  /** Fills a block: among those whose value covers the fee the highest tips first, then who came first. */
  block(turn: Turn): void {
    const offers: { readonly member: number; readonly order: number; readonly tip: number; readonly value: number }[] = []
    const demand = this.demandPpm(turn.step)
    for (let index = 0; index < turn.length; index++) {
      if (!this.random.chance(demand, PPM)) continue
      const value = 1 + this.random.below(VALUE_MAX_MICRO)
      this.wanted += 1
      if (value >= this.base) offers.push({ member: turn.order[index] as number, order: index, tip: Math.min(this.tipMax, value - this.base), value })
    }
    const limit = 2 * this.target
    if (offers.length > limit) offers.sort((a, b) => b.tip - a.tip || a.order - b.order)
    this.used = Math.min(limit, offers.length)
    for (const offer of offers.slice(0, limit)) this.include(offer.member, offer.tip, offer.value)
    this.base = Number(nextBaseFee({ base: BigInt(this.base), limit: BigInt(limit), used: BigInt(this.used) }))
  }

  private include(member: number, tip: number, value: number): void {
    const { producer, senders, world } = this
    const lacks = this.base + tip - (senders.balances()[member] as number)
    if (lacks > 0) world.mint(senders, member, lacks)
    if (this.base > 0) world.burn(senders, member, this.base)
    if (tip > 0) world.pay(senders, member, producer, 0, tip)
    this.served += 1
    this.welfare += value
  }
}

export const baseFee: Model = {
  activations: ['random', 'sequential'],
  agents: { default: 2000, min: 10 },
  name: 'base-fee',
  params: {
    busy_ppm: {
      default: PPM,
      description: 'share of agents that want a place per block in the middle third, parts per million',
      kind: 'integer',
      max: PPM,
      min: 1,
    },
    calm_ppm: { default: 250_000, description: 'the same before and after', kind: 'integer', max: PPM, min: 1 },
    opening_micro: { default: 100_000_000, description: 'base fee at first, micro-credits', kind: 'integer', max: VALUE_MAX_MICRO, min: 0 },
    target_ppm: {
      default: 100_000,
      description: 'places in a block at the target, as parts per million of the agents; the limit is twice that',
      kind: 'integer',
      max: PPM,
      min: 1,
    },
    tip_micro: { default: 1_000_000, description: 'highest tip, micro-credits', kind: 'integer', max: VALUE_MAX_MICRO, min: 0 },
  },
  setup(world): Running {
    const [senders, producer] = [world.population('sender', world.agents), world.population('producer', 1)]
    const chain = new Chain(world, senders, producer)
    let [feeSum, usedSum, count] = [0, 0, 0]
    return {
      observe: () => {
        const figures = {
          base_fee_micro: chain.base,
          base_fee_mean_micro: count === 0 ? chain.base : feeSum / count,
          equilibrium_micro: chain.equilibrium(world.step),
          tips_micro: balanceOf(world.ledger, producer.accounts.first),
          utilisation: count === 0 ? 0 : usedSum / count / chain.target,
          served_share: chain.wanted === 0 ? 0 : chain.served / chain.wanted,
          welfare: chain.welfare,
          fees_burned_micro: balanceOf(world.ledger, BURN),
        }
        ;[feeSum, usedSum, count] = [0, 0, 0]
        return figures
      },
      resume(saved: { readonly chain: object; readonly sums: readonly [number, number, number] }) {
        Object.assign(chain, saved.chain)
        ;[feeSum, usedSum, count] = saved.sums
      },
      save: () => ({
        chain: { base: chain.base, served: chain.served, used: chain.used, wanted: chain.wanted, welfare: chain.welfare },
        sums: [feeSum, usedSum, count],
      }),
      stages: [
        {
          population: senders,
          step: (turn) => {
            chain.block(turn)
            feeSum += chain.base
            usedSum += chain.used
            count += 1
          },
        },
      ],
    }
  },
  source: 'EIP-1559; Leonardos, Monnot, Reijsbergen, Skoulakis, Piliouras, "Dynamical analysis of the EIP-1559 Ethereum fee market" (2021)',
  steps: 600,
  times: ['scheduled'],
  title: 'Base fee under stepped demand',
}
