import { CommandSchema } from '@syntropism/contract'
import { type Bus, ConfigError, type Draft, type Host, HostStopped, type ScriptedAgents } from '@syntropism/runtime'
import { type Action, Players, type Role, StrategyError, type StrategySet, commandOf, readParams } from '@syntropism/simulation'
import { loadModel } from '@syntropism/simulation/node'

export interface ScriptFlags {
  /** A model with strategies, or a module that exports one. */
  readonly strategies: string
  readonly agents: number
  readonly everyMs: number
  readonly seed: number
  readonly set: Readonly<Record<string, string>>
  /** Told what a strategy did wrong; its agent acts no more. */
  onFault(fault: Error): void
}

/** Most agents that scripts play at once. */
const ROOM = 10_000

/** Plays the strategies of a simulation's model in a live economy: every so many milliseconds all living agents look, decide, and act at once. */
class Script implements ScriptedAgents {
  private readonly flags: ScriptFlags
  private readonly roles: readonly Role[]
  private players: Players | null = null
  private timer: NodeJS.Timeout | null = null
  private unsubscribe: (() => void) | null = null
  /** Agents whose strategy broke its contract. */
  private readonly silenced = new Set<string>()
  private turn = 0
  private busy = false

  constructor(flags: ScriptFlags, roles: readonly Role[]) {
    this.flags = flags
    this.roles = roles
  }

  owns(agentId: string): boolean {
    return this.players !== null && this.players.population.memberOf(agentId) >= 0
  }

  async begin(host: Host, bus: Bus): Promise<void> {
    const players = new Players(host.state, 'agent', this.roles, ROOM, this.flags.seed)
    this.players = players
    this.takeUp(host, players)
    for (let index = players.population.count(); index < this.flags.agents; index++) await this.create(host, players, index)
    this.unsubscribe = bus.subscribe((event) => {
      if (event.type === 'agent_spawned') this.adopt(players, event.data.child_id, event.data.parent_id)
      else if (event.type === 'agent_died' && this.owns(event.data.agent_id)) players.population.buryDead(() => undefined)
    })
    this.timer = setInterval(() => void this.play(host, players), this.flags.everyMs)
  }

  /** Agents of an earlier start: those that carry a role's name, and their descendants. What they remembered is gone. */
  private takeUp(host: Host, players: Players): void {
    for (const agent of host.state.agents.values()) {
      if (agent.status === 'dead') continue
      const role = this.roles.findIndex(({ name }) => agent.parent_id === null && agent.name === name && agent.agent_id.startsWith(`${name}-`))
      if (role >= 0) players.join(agent.agent_id, role, null)
      else if (agent.parent_id !== null) this.adopt(players, agent.agent_id, agent.parent_id)
    }
  }

  private adopt(players: Players, childId: string, parentId: string): void {
    const parent = players.population.memberOf(parentId)
    if (parent >= 0) this.guarded(() => void players.join(childId, players.role[parent] as number, parentId))
  }

  private async create(host: Host, players: Players, index: number): Promise<void> {
    const number = players.nextRole()
    const role = this.roles[number] as Role
    const agent_id = `${role.name}-${index}`
    const outcome = await host.submit({ agent_id, grant_micro: role.start_credits_micro, name: role.name, owner: 'operator', type: 'create_agent' })
    if (!outcome.ok) throw new ConfigError(`the scripted agent ${agent_id} was refused: ${outcome.refusal.code} ${JSON.stringify(outcome.refusal.detail)}`)
    players.join(agent_id, number, null)
  }

  /** Runs what a strategy may break; then its agent acts no more, and the economy goes on. */
  private guarded<T>(run: () => T): T | null {
    try {
      return run()
    } catch (error) {
      if (!(error instanceof StrategyError)) throw error
      this.silenced.add(String(error.agent))
      this.flags.onFault(error)
      return null
    }
  }

  private commandsOf(host: Host, players: Players, member: number): Draft[] {
    const agentId = players.population.agent_ids[member] as string
    if (this.silenced.has(agentId) || host.state.agents.get(agentId)?.status === 'dead') return []
    const actions = this.guarded(() => players.act(member, this.turn)) ?? []
    return actions.flatMap((action) => this.guarded(() => this.draftOf(host, agentId, action)) ?? [])
  }

  /** The command of an action, checked as one from outside would be. */
  private draftOf(host: Host, agentId: string, action: Action): Draft {
    const draft = { ...commandOf(agentId, action, host.now()), owner: `agent:${agentId}` } as Draft
    const checked = CommandSchema.safeParse({ ...draft, at_ms: host.now() })
    if (checked.success) return draft
    const [issue] = checked.error.issues
    throw new StrategyError('agent', agentId, this.turn, `${action.type}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is malformed'}`)
  }

  private async play(host: Host, players: Players): Promise<void> {
    if (this.busy) return
    this.busy = true
    this.turn += 1
    const drafts: Draft[] = []
    for (let member = 0; member < players.population.capacity; member++)
      if (players.population.isAlive(member)) drafts.push(...this.commandsOf(host, players, member))
    try {
      await Promise.all(drafts.map((draft) => host.submit(draft)))
    } catch (error) {
      if (!(error instanceof HostStopped)) throw error
      this.end()
    } finally {
      this.busy = false
    }
  }

  end(): void {
    if (this.timer !== null) clearInterval(this.timer)
    this.unsubscribe?.()
  }
}

/** Strategies of a model, ready to be played live. Throws UsageError or ConfigError when there are none. */
export async function openScript(flags: ScriptFlags): Promise<ScriptedAgents> {
  const model = await loadModel(flags.strategies)
  if (model.strategies === undefined)
    throw new ConfigError(
      `${flags.strategies} has no strategies that run live; market, attention and evolution have, and so has every module made with marketModel`,
    )
  const strategies = model.strategies as StrategySet
  return new Script(flags, strategies.roles(readParams(strategies.params, flags.set)))
}
