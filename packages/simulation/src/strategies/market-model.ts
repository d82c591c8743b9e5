import type { EconomyTerms, VirtualEconomy } from '../economy/index.ts'
import { type Extra, type Figures, type Model, type Running, STEP_MS, type Turn, type World } from '../engine/index.ts'
import type { Action } from './action.ts'
import { commandOf } from './action.ts'
import { Lineage } from './lineage.ts'
import { Players } from './players.ts'
import type { StrategySet } from './strategy.ts'

/** A run of scripted agents in the real economy, as what surrounds them sees it. */
export interface Game {
  readonly world: World
  readonly economy: VirtualEconomy
  readonly players: Players
}

/** What is neither agent nor market: people who judge, customers who pay. */
export interface Surroundings {
  /** Before the agents of a step act. */
  begin?(step: number): void
  /** After the beats of a step. */
  end?(step: number): void
  observe?(): Figures
  /** Own state for a run that is taken up again; without one the model cannot be. */
  save?(): unknown
  resume?(saved: never): void
}

/** A model of strategies: who lives there, under which rules, and what surrounds them. */
export interface MarketSpec extends StrategySet {
  readonly title: string
  readonly source: string
  readonly agents: Model['agents']
  readonly steps: number
  /** Most agents that may live at once; by default those of the start. */
  room?(world: World): number
  economy(world: World): Omit<EconomyTerms, 'economy_id' | 'solve' | 'start'>
  /** Whether it needs a solver under these parameters. */
  readonly asks_solver?: Model['asks_solver']
  /** Memory that colours the lineage; by default the generation. */
  readonly trait?: string
  surroundings?(game: Game): Surroundings
}

/** Agents in the economy of `live`, moved by the clock of a run. */
class Play {
  readonly game: Game
  readonly lineage = new Lineage()
  private readonly trait: string | undefined
  private acted = 0
  private refused = 0

  constructor(spec: MarketSpec, world: World) {
    const terms = spec.economy(world)
    const living = world.start === undefined ? 0 : world.start.living_agents
    const room = Math.max(spec.room?.(world) ?? world.agents, world.agents, living)
    const economy = world.openEconomy({ ...terms, params: { ...terms.params, agents_max: room } })
    const players = new Players(economy.state, 'agent', spec.roles(world.params), room, world.seed)
    world.populations.push(players.population)
    this.trait = spec.trait
    this.game = { economy, players, world }
    this.seat(living)
  }

  /** Agents that a fork brought along have the role of their name, or take roles in turn; the rest of the wanted number is created. */
  private seat(living: number): void {
    const { economy, players, world } = this.game
    let seated = 0
    for (const agent of economy.state.agents.values()) {
      if (agent.status === 'dead') continue
      const own = players.roles.findIndex((role) => role.name === agent.name)
      this.enter(agent.agent_id, own < 0 ? players.nextRole() : own, null)
      seated += 1
    }
    for (; seated < Math.max(world.agents, living); seated++) {
      const number = players.nextRole()
      const role = players.roles[number] as Players['roles'][number]
      const agent_id = `${role.name}-${seated}`
      economy.must({ agent_id, grant_micro: role.start_credits_micro, name: role.name, type: 'create_agent' })
      this.enter(agent_id, number, null)
    }
  }

  private enter(agentId: string, role: number, parentId: string | null): void {
    const { players, world } = this.game
    const parent = parentId === null ? -1 : players.population.memberOf(parentId)
    const member = players.join(agentId, role, parentId)
    if (member < 0) return
    const trait = this.trait === undefined ? (this.game.economy.state.agents.get(agentId)?.lineage.length ?? 0) : players.remembers(member, this.trait)
    this.lineage.born(member, parent, world.step, trait)
  }

  /** The turn of those whose turn it is. Under simultaneous activation all decide on the same state, as live, before anything is carried out. */
  act(turn: Turn): void {
    const { economy, players, world } = this.game
    const decided: { readonly actions: readonly Action[]; readonly agentId: string; readonly member: number }[] = []
    economy.advance(turn.at_ms)
    for (let index = turn.offset; index < turn.offset + turn.length; index++) {
      const member = turn.order[index] as number
      const agentId = players.population.agent_ids[member] as string
      if (agentId === '' || economy.state.agents.get(agentId)?.status === 'dead') continue
      const actions = players.act(member, world.step)
      if (world.activation === 'simultaneous') decided.push({ actions, agentId, member })
      else for (const action of actions) this.carryOut(member, agentId, action)
    }
    for (const { actions, agentId, member } of decided) for (const action of actions) this.carryOut(member, agentId, action)
  }

  private carryOut(member: number, agentId: string, action: Action): void {
    const { economy, players } = this.game
    const outcome = economy.submit(commandOf(agentId, action, economy.at_ms))
    this.acted += 1
    if (!outcome.ok) this.refused += 1
    else if (action.type === 'spawn') this.enter(String(outcome.result['child_id']), players.role[member] as number, agentId)
  }

  end(step: number): void {
    const { economy, players } = this.game
    // Use and welfare are looked at in the middle of a step, when what was bid for in it runs.
    economy.advance((step - 0.5) * STEP_MS)
    if (this.game.world.observes(step)) economy.sample()
    economy.advance(step * STEP_MS)
    players.population.buryDead((member) => this.lineage.died(member, step))
  }

  observe(): Figures {
    const { economy } = this.game
    return { actions: this.acted, actions_refused: this.refused, book_bids: economy.state.bids.size, leases: economy.state.leases.size }
  }

  extras(): readonly Extra[] {
    return this.lineage.births === 0 ? [] : [this.lineage.table(this.game.world.step)]
  }

  save(): { readonly acted: number; readonly lineage: ReturnType<Lineage['save']>; readonly players: ReturnType<Players['save']>; readonly refused: number } {
    return { acted: this.acted, lineage: this.lineage.save(), players: this.game.players.save(), refused: this.refused }
  }

  resume(saved: ReturnType<Play['save']>): void {
    this.acted = saved.acted
    this.refused = saved.refused
    this.lineage.resume(saved.lineage)
    this.game.players.resume(saved.players)
  }
}

/** A model whose agents follow strategies in the economy of `live`, from nothing or from a journal. */
export const marketModel = (spec: MarketSpec): Model => ({
  activations: ['random', 'sequential', 'simultaneous'],
  agents: spec.agents,
  ...(spec.asks_solver === undefined ? {} : { asks_solver: spec.asks_solver }),
  forks: true,
  name: spec.name,
  params: spec.params,
  setup(world): Running {
    const play = new Play(spec, world)
    const around = spec.surroundings?.(play.game) ?? { save: () => null }
    return {
      begin: (step) => around.begin?.(step),
      end(step) {
        play.end(step)
        around.end?.(step)
      },
      extras: () => play.extras(),
      observe: () => ({ ...play.observe(), ...around.observe?.() }),
      ...(around.save === undefined
        ? {}
        : {
            resume(saved: { readonly around: never; readonly play: ReturnType<Play['save']> }) {
              play.resume(saved.play)
              around.resume?.(saved.around)
            },
            save: () => ({ around: around.save?.(), play: play.save() }),
          }),
      stages: [{ population: play.game.players.population, step: (turn) => play.act(turn) }],
    }
  },
  source: spec.source,
  steps: spec.steps,
  strategies: spec,
  times: ['scheduled', 'event-driven'],
  title: spec.title,
})
