import { KINDS, type Ledger, MS_PER_S, accountOf, mulDivFloor, openAccount, post } from '@syntropism/economy'
import { type RunningLeases, WIDTH } from './columns.ts'

const MS_PER_MINUTE = 60_000

/** What the leases of each resource grant, and where it goes when a lease has run its time: cpu and memory count as used, the others lapse. */
const GRANTS = [
  { asset: 'attention_ms', ends: 'lapsed' },
  { asset: 'cpu_ms', ends: 'used' },
  { asset: 'llm_micro_usd', ends: 'lapsed' },
  { asset: 'memory_mb_ms', ends: 'used' },
] as const

/** The grants of all running leases of a market in the ledger: nobody meters single ones, so they share an account per asset, posted once a beat. */
export class Envelopes {
  private readonly ledger: Ledger
  private readonly accounts: { readonly ended: number; readonly leased: number; readonly offered: number }[]
  private readonly began: Float64Array = new Float64Array(WIDTH)
  private readonly ended: Float64Array = new Float64Array(WIDTH)

  constructor(ledger: Ledger) {
    this.ledger = ledger
    this.accounts = GRANTS.map(({ asset, ends }) => ({
      ended: accountOf(ledger, `${asset}:${ends}`),
      leased: openAccount(ledger, `${asset}:leased ${ledger.count}`, asset, KINDS.holder),
      offered: accountOf(ledger, `${asset}:offered`),
    }))
  }

  /** Notes that a lease begins, or that it ends. */
  note(leases: RunningLeases, row: number, begins: boolean): void {
    const sums = begins ? this.began : this.ended
    const { durations, quantities } = leases
    const duration = durations[row] as number
    const at = row * WIDTH
    // One by one: a pair taken apart is an array with two boxed numbers here, for each lease.
    const attention = quantities[at] as number
    const cpu = quantities[at + 1] as number
    const llm = quantities[at + 2] as number
    const memory = quantities[at + 3] as number
    if (attention > 0) sums[0] = (sums[0] as number) + attention * duration
    if (cpu > 0) sums[1] = (sums[1] as number) + mulDivFloor(cpu, duration, MS_PER_S)
    if (llm > 0) sums[2] = (sums[2] as number) + mulDivFloor(llm, duration, MS_PER_MINUTE)
    if (memory > 0) sums[3] = (sums[3] as number) + memory * duration
  }

  /** Posts what was noted. */
  flush(): void {
    for (const [r, { ended, leased, offered }] of this.accounts.entries()) {
      const [over, fresh] = [this.ended[r] as number, this.began[r] as number]
      if (over > 0) post(this.ledger, leased, ended, over)
      if (fresh > 0) post(this.ledger, offered, leased, fresh)
    }
    this.began.fill(0)
    this.ended.fill(0)
  }
}
