import { type State, createLedger, freeMicro } from '@syntropism/economy'
import { Population, type SavedPopulation } from '../population/index.ts'

/** A population whose members are agents of an economy: their credits stand in its ledger, their births and deaths are its own. */
export class AgentPopulation extends Population {
  /** Agent of each member; '' where nobody is. */
  readonly agent_ids: string[]
  private readonly members = new Map<string, number>()
  private readonly owned: Float64Array
  private readonly state: State

  constructor(state: State, name: string, capacity: number) {
    // The accounts of a plain population are not needed here: its book stays empty.
    super(createLedger(), name, 0, capacity)
    this.state = state
    this.agent_ids = Array.from({ length: capacity }, () => '')
    this.owned = new Float64Array(capacity)
  }

  /** What members own, free and held, in micro-credits; 0 for the dead. */
  override balances(): Float64Array {
    for (let member = 0; member < this.capacity; member++) {
      const agent = this.agent_ids[member] === '' ? undefined : this.state.agents.get(this.agent_ids[member] as string)
      this.owned[member] = agent === undefined || agent.status === 'dead' ? 0 : freeMicro(this.state, agent) + agent.held_micro
    }
    return this.owned
  }

  /** Gives an agent a place. Returns −1 when there is no room. */
  enter(agentId: string): number {
    const member = this.spawn()
    if (member < 0) return -1
    this.agent_ids[member] = agentId
    this.members.set(agentId, member)
    return member
  }

  override save(): SavedPopulation & { readonly agent_ids: readonly string[] } {
    return { ...super.save(), agent_ids: [...this.agent_ids] }
  }

  override resume(saved: ReturnType<AgentPopulation['save']>): void {
    super.resume(saved)
    this.members.clear()
    for (const [member, agentId] of saved.agent_ids.entries()) {
      this.agent_ids[member] = agentId
      if (agentId !== '') this.members.set(agentId, member)
    }
  }

  /** Member that an agent is, or −1. */
  memberOf(agentId: string): number {
    return this.members.get(agentId) ?? -1
  }

  /** Takes those out that have died in the economy, and tells who they were. */
  buryDead(told: (member: number) => void): void {
    for (let member = 0; member < this.capacity; member++) {
      if (!this.isAlive(member) || this.state.agents.get(this.agent_ids[member] as string)?.status !== 'dead') continue
      told(member)
      this.members.delete(this.agent_ids[member] as string)
      this.agent_ids[member] = ''
      this.kill(member)
    }
  }
}
