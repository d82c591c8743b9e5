import { PPM, type Resource, mulDivCeil, mulDivFloor, sharesCostMicro } from '@syntropism/economy'
import { type Candidates, type OpenBids, SHOWN, WIDTH } from './columns.ts'

export interface Gathering {
  readonly bids: OpenBids
  readonly capacity: Float64Array
  /** What is left of the capacity; bids that want more are left out. Infinity keeps all. */
  readonly left: Float64Array
  /** By account from `first` on: whether a lease with cpu runs. */
  readonly running: Uint8Array
  readonly first: number
  readonly prices: Readonly<Record<Resource, number>>
  /** Whether a bid offers the reserve and its tip, at most its amount. */
  readonly posted: boolean
}

/** Puts the bids that could win now into the table: at least their reserve offered, no lease with cpu running, room for the bundle. */
export function gather(candidates: Candidates, { bids, capacity, first, left, posted, prices, running }: Gathering): void {
  const { accounts, amounts, durations, kinds, shares, tips } = bids
  candidates.clear(bids.count)
  const { prices: offers, quantities, reserves, rows } = candidates
  const [attentionMax = 0, cpuMax = 0, llmMax = 0, memoryMax = 0] = capacity
  const [attentionLeft = 0, cpuLeft = 0, llmLeft = 0, memoryLeft = 0] = left
  let count = 0
  for (let row = 0, at = 0; row < bids.count; row++, at += WIDTH) {
    const [attentionPpm, cpuPpm] = [shares[at] as number, shares[at + 1] as number]
    const [llmPpm, memoryPpm] = [shares[at + 2] as number, shares[at + 3] as number]
    if (kinds[row] === SHOWN || (cpuPpm > 0 && running[(accounts[row] as number) - first] === 1)) continue
    const reserve = sharesCostMicro(prices, attentionPpm, cpuPpm, llmPpm, memoryPpm, durations[row] as number)
    const amount = amounts[row] as number
    if (amount < reserve) continue
    const offered = posted ? Math.min(amount, reserve + (tips[row] as number)) : amount
    // A share is never less than what was bought; a cap on LLM spend is never passed.
    const attention = attentionPpm === 0 ? 0 : mulDivCeil(attentionPpm, attentionMax, PPM)
    const cpu = cpuPpm === 0 ? 0 : mulDivCeil(cpuPpm, cpuMax, PPM)
    const llm = llmPpm === 0 ? 0 : mulDivFloor(llmPpm, llmMax, PPM)
    const memory = memoryPpm === 0 ? 0 : mulDivCeil(memoryPpm, memoryMax, PPM)
    if (attention > attentionLeft || cpu > cpuLeft || llm > llmLeft || memory > memoryLeft) {
      candidates.leaveOut(row, offered)
      continue
    }
    const to = count * WIDTH
    quantities[to] = attention
    quantities[to + 1] = cpu
    quantities[to + 2] = llm
    quantities[to + 3] = memory
    rows[count] = row
    reserves[count] = reserve
    offers[count++] = offered
  }
  candidates.count = count
}
