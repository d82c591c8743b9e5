import { InvariantError, invariant } from '../units/index.ts'

/** Assets of the one book, in the order of their number. */
export const ASSETS = ['credits', 'llm_micro_usd', 'tokens', 'cpu_ms', 'memory_mb_ms', 'attention_ms', 'llm_budget_micro_usd'] as const
export type Asset = (typeof ASSETS)[number]
const CREDITS = 0

/** What an account may do: `holder` never goes below zero, `source` may, `agent` is a holder counted in circulation. */
export const KINDS = { agent: 2, holder: 0, source: 1 } as const

/** Largest absolute balance: sums and differences of two stay safe integers. */
const BALANCE_MAX = 2 ** 52

/** Credits reserved for one purpose: posted in parts, voided, or ended when the record that it belongs to falls due. Its id is that record's. */
export interface Hold {
  /** Ledger index of the account that it was taken from. */
  readonly account: number
  remaining_micro: number
}

/** The book: accounts are dense indexes over typed arrays; names exist only at the door. */
export interface Ledger {
  balances: Float64Array
  assets: Uint8Array
  kinds: Uint8Array
  count: number
  /** Indexes of closed accounts, used again last in, first out. */
  closed: number[]
  readonly names: (string | null)[]
  readonly index_by_name: Map<string, number>
  /** Open holds by id; their sum is the balance of the account `holds`. */
  readonly holds: Map<string, Hold>
  /** Sum of the agents' credits, kept on every posting. */
  agents_micro: number
  granted_micro: number
  rewarded_micro: number
}

/** Indexes of the three system accounts of credits: fixed, because they are opened first. */
export const MINT = 0
export const BURN = 1
export const HOLDS = 2

/** An empty book with its system accounts: credits have `mint`, `burn`, `holds`; each other asset `offered`, `used`, `lapsed`; LLM spend and budgets `held`, spend past its bound `upstream_overrun`. */
export function createLedger(): Ledger {
  const ledger: Ledger = {
    agents_micro: 0,
    assets: new Uint8Array(64),
    balances: new Float64Array(64),
    closed: [],
    count: 0,
    granted_micro: 0,
    holds: new Map(),
    index_by_name: new Map(),
    kinds: new Uint8Array(64),
    names: [],
    rewarded_micro: 0,
  }
  openAccount(ledger, 'mint', 'credits', KINDS.source)
  openAccount(ledger, 'burn', 'credits', KINDS.holder)
  openAccount(ledger, 'holds', 'credits', KINDS.holder)
  for (const asset of ASSETS.slice(1)) {
    openAccount(ledger, `${asset}:offered`, asset, KINDS.source)
    openAccount(ledger, `${asset}:used`, asset, KINDS.holder)
    openAccount(ledger, `${asset}:lapsed`, asset, KINDS.holder)
  }
  openAccount(ledger, 'llm_micro_usd:held', 'llm_micro_usd', KINDS.holder)
  openAccount(ledger, 'llm_micro_usd:upstream_overrun', 'llm_micro_usd', KINDS.holder)
  openAccount(ledger, 'llm_budget_micro_usd:held', 'llm_budget_micro_usd', KINDS.holder)
  return ledger
}

function grow(ledger: Ledger, size: number): void {
  const balances = new Float64Array(size)
  balances.set(ledger.balances)
  const assets = new Uint8Array(size)
  assets.set(ledger.assets)
  const kinds = new Uint8Array(size)
  kinds.set(ledger.kinds)
  Object.assign(ledger, { assets, balances, kinds })
}

/** Opens an account with a balance of zero and returns its index. The name must be new. */
export function openAccount(ledger: Ledger, name: string, asset: Asset, kind: number): number {
  invariant(!ledger.index_by_name.has(name), 'an account is opened once', { name })
  const reused = ledger.closed.pop()
  const index = reused ?? ledger.count
  if (reused === undefined) {
    if (index === ledger.balances.length) grow(ledger, index * 2)
    ledger.count += 1
  }
  ledger.balances[index] = 0
  ledger.assets[index] = ASSETS.indexOf(asset)
  ledger.kinds[index] = kind
  ledger.names[index] = name
  ledger.index_by_name.set(name, index)
  return index
}

/** Opens consecutive accounts without names and returns the index of the first. Their names stay unset, so that a million of them cost no strings. */
export function openUnnamed(ledger: Ledger, asset: number, kind: number, count: number): number {
  const first = ledger.count
  if (first + count > ledger.balances.length) grow(ledger, first + count)
  ledger.count += count
  ledger.assets.fill(asset, first, ledger.count)
  ledger.kinds.fill(kind, first, ledger.count)
  return first
}

/** Closes an empty account; its index may be used again. */
export function closeAccount(ledger: Ledger, index: number): void {
  invariant(ledger.balances[index] === 0, 'only an empty account is closed', { account: ledger.names[index], balance: ledger.balances[index] })
  ledger.index_by_name.delete(ledger.names[index] as string)
  ledger.names[index] = null
  ledger.closed.push(index)
}

export const balanceOf = (ledger: Ledger, index: number): number => ledger.balances[index] as number

/** Index of a named account; a missing one is a bug of the caller, who checks ids at the door. */
export function accountOf(ledger: Ledger, name: string): number {
  const index = ledger.index_by_name.get(name)
  invariant(index !== undefined, 'the account is open', { name })
  return index
}

/** Why a posting cannot be made, or null: checked before anything changes. */
export function checkPost(ledger: Ledger, from: number, to: number, amount: number): 'amount' | 'balance' | 'overflow' | null {
  if (!Number.isSafeInteger(amount) || amount <= 0) return 'amount'
  const left = (ledger.balances[from] as number) - amount
  if (left < 0 && ledger.kinds[from] !== KINDS.source) return 'balance'
  return left < -BALANCE_MAX || (ledger.balances[to] as number) + amount > BALANCE_MAX ? 'overflow' : null
}

/**
 * Moves `amount` from one account to another of the same asset: the double entry everything else is made of.
 * Throws InvariantError, with nothing changed, on a non-positive amount, an overdraft or an overflow.
 */
export function post(ledger: Ledger, from: number, to: number, amount: number): void {
  const { balances, kinds, assets } = ledger
  const left = (balances[from] as number) - amount
  const right = (balances[to] as number) + amount
  const sound =
    amount > 0 &&
    amount <= BALANCE_MAX &&
    Math.floor(amount) === amount &&
    from !== to &&
    assets[from] === assets[to] &&
    right <= BALANCE_MAX &&
    (left >= 0 || (kinds[from] === KINDS.source && left >= -BALANCE_MAX))
  if (!sound) refusePosting(ledger, from, to, amount)
  balances[from] = left
  balances[to] = right
  if (assets[from] === CREDITS) {
    if (kinds[from] === KINDS.agent) ledger.agents_micro -= amount
    if (kinds[to] === KINDS.agent) ledger.agents_micro += amount
  }
}

/**
 * `post` of a difference between two accounts that are no sources: `net` from one to the other, back when it is below 0, nothing when it is 0.
 * For what is raised or lowered at once, a hold that takes the place of another.
 */
export function postNet(ledger: Ledger, from: number, to: number, net: number): void {
  const { assets, balances, kinds } = ledger
  const left = (balances[from] as number) - net
  const right = (balances[to] as number) + net
  const sound =
    Math.floor(net) === net &&
    left >= 0 &&
    right >= 0 &&
    left <= BALANCE_MAX &&
    right <= BALANCE_MAX &&
    from !== to &&
    assets[from] === assets[to] &&
    kinds[from] !== KINDS.source &&
    kinds[to] !== KINDS.source
  if (!sound) refusePosting(ledger, from, to, net)
  balances[from] = left
  balances[to] = right
  if (assets[from] === CREDITS) {
    if (kinds[from] === KINDS.agent) ledger.agents_micro -= net
    if (kinds[to] === KINDS.agent) ledger.agents_micro += net
  }
}

function refusePosting({ balances, names }: Ledger, from: number, to: number, amount: number): never {
  const figures = { amount, from: names[from] ?? from, left: (balances[from] as number) - amount, to: names[to] ?? to }
  throw new InvariantError(`a posting moves a positive amount that is there: ${JSON.stringify(figures)}`)
}

/** Credits in being: granted + rewarded − burned. */
export const circulatingMicro = (ledger: Ledger): number => ledger.granted_micro + ledger.rewarded_micro - (ledger.balances[BURN] as number)

/** The running totals agree: what was minted and not burned stands with agents or in holds. Cheap; checked after every command. */
export function assertCirculation(ledger: Ledger): void {
  const standing = ledger.agents_micro + (ledger.balances[HOLDS] as number)
  if (standing !== circulatingMicro(ledger))
    invariant(false, 'credits in circulation stand with agents or in holds', { circulating: circulatingMicro(ledger), standing })
}

/** The full sum: every asset adds up to zero over all accounts, nobody but a source is below zero. For tests and snapshots. */
export function assertConserved(ledger: Ledger): void {
  assertCirculation(ledger)
  const sums = new Float64Array(ASSETS.length)
  let agentsMicro = 0
  for (let index = 0; index < ledger.count; index++) {
    const balance = ledger.balances[index] as number
    const asset = ledger.assets[index] as number
    sums[asset] = (sums[asset] as number) + balance
    if (ledger.kinds[index] === KINDS.agent) agentsMicro += balance
    if (!(balance >= 0 || ledger.kinds[index] === KINDS.source)) invariant(false, 'no account is overdrawn', { account: ledger.names[index] ?? index, balance })
  }
  invariant(
    sums.every((sum) => sum === 0),
    'every asset sums to zero',
    { sums: [...sums] },
  )
  invariant(agentsMicro === ledger.agents_micro, 'the running total of the agents is their sum', { agentsMicro, running: ledger.agents_micro })
}
