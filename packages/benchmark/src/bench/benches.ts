// Runs in the realm of the program under test, loaded before it: inputs drawn from a seed, what the right answer is, and what it cost.
// Nothing of the host's is in reach here, and the program can put nothing in the place of what this uses: names are taken at the beginning,
// everything built in is frozen.

interface Job {
  readonly bench: 'operations' | 'auction' | 'pipeline'
  readonly seed: number
  readonly size: number
  readonly trials: number
}
type Row = Readonly<Record<string, number>>

const [ArrayHere, MapHere, NumberHere, ProxyHere, WeakMapHere] = [Array, Map, Number, Proxy, WeakMap]
const { parse, stringify } = JSON
const { floor, imul } = Math
const { isInteger } = Number
const { defineProperty, freeze, getOwnPropertyDescriptors, getOwnPropertyNames, getPrototypeOf } = Object
const { get, getOwnPropertyDescriptor, ownKeys } = Reflect

/** Freezes everything that can be reached from a value: its members, accessors and prototypes. */
function freezeAll(value: unknown, seen: Set<unknown>): void {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return
  seen.add(value)
  const members = getOwnPropertyDescriptors(value)
  for (const key of ownKeys(members)) {
    const { get: read, set: write, value: member } = members[key as string] as PropertyDescriptor
    for (const one of [member, read, write]) freezeAll(one, seen)
  }
  freezeAll(getPrototypeOf(value), seen)
  freeze(value)
}

function randomOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
const between = (random: () => number, low: number, high: number): number => low + floor(random() * (high - low + 1))

interface Order {
  readonly amount: number
  readonly key: string
}
interface Customer {
  readonly key: string
  readonly name: string
}

/** The same value, every read of which is counted. */
function counted<T extends object>(value: T, count: () => void): T {
  const wrapped = new WeakMapHere<object, object>()
  const shown = (member: unknown): unknown => (typeof member === 'object' && member !== null ? wrap(member) : member)
  const wrap = <V extends object>(one: V): V => {
    let proxy = wrapped.get(one)
    if (proxy === undefined) {
      proxy = new ProxyHere(one, {
        get(target, key, receiver) {
          count()
          return shown(get(target, key, receiver)) as never
        },
        getOwnPropertyDescriptor(target, key) {
          count()
          const found: PropertyDescriptor | undefined = getOwnPropertyDescriptor(target, key)
          if (found !== undefined && 'value' in found) found.value = shown(found.value)
          return found
        },
      })
      wrapped.set(one, proxy)
    }
    return proxy as V
  }
  return wrap(value)
}

/** What the program must answer, computed here. */
function joined(orders: readonly Order[], customers: readonly Customer[]): unknown[] {
  const names = new MapHere<string, string>()
  for (const { key, name } of customers) if (!names.has(key)) names.set(key, name)
  return orders.map(({ amount, key }) => (names.has(key) ? { amount, name: names.get(key) } : null))
}

function operations(program: Record<string, unknown>, job: Job, random: () => number): Row {
  const keys = ArrayHere.from({ length: job.size }, (_, index) => `k${index}`)
  const customers = keys.map((key) => ({ key, name: `name ${between(random, 1, 999)}` }))
  // One key twice, and orders of somebody unknown: the first customer counts, the unknown has none.
  customers.push({ key: keys[between(random, 0, job.size - 1)] as string, name: 'second of the key' })
  const orders = ArrayHere.from({ length: job.size }, () => ({
    amount: between(random, 1, 99),
    key: random() < 0.1 ? 'unknown' : (keys[between(random, 0, job.size - 1)] as string),
  }))
  // Reckoned before the program has had them in its hands.
  const wanted = stringify(joined(orders, customers))
  let reads = 0
  const joinProgram = program.process as (orders: readonly Order[], customers: readonly Customer[]) => unknown
  const answer = joinProgram(
    counted(orders, () => (reads += 1)),
    counted(customers, () => (reads += 1)),
  )
  const correct = stringify(answer) === wanted
  // Reads are the work; a millionth of the work is what it costs. A wrong answer is worth nothing.
  return correct && reads > 0 ? { cost: 1_000_000 / reads, operations: 1000 / reads } : { cost: 0, operations: 0 }
}

function auction(program: Record<string, unknown>, job: Job, random: () => number): Row {
  const bid = program.bid as (market: Record<string, number>) => unknown
  let [balance, earned, spent] = [1000, 0, 0]
  for (let window = 0; window < job.size; window++) {
    const [price, reward] = [between(random, 20, 160), between(random, 0, 120)]
    const amount = NumberHere(bid({ balance, price_to_beat: price, recent_reward: reward }))
    if (!(amount > price) || amount > balance) continue
    spent += amount
    earned += reward
    balance += reward - amount
  }
  return { return_per_credit: spent === 0 ? 0 : earned / spent }
}

interface Settings {
  readonly batch_size: number
  readonly cache: boolean
  readonly checks: number
}

/** A pipeline's figures for 1 000 records: calls are shared by a batch, a cache halves the work and is sometimes stale, checks find faults and cost. */
function pipeline(program: Record<string, unknown>, _job: Job, random: () => number): Row {
  const { batch_size, cache, checks } = program.settings as Settings
  const sound = isInteger(batch_size) && batch_size >= 1 && isInteger(checks) && checks >= 0 && typeof cache === 'boolean'
  if (!sound) return { cost: 0, quality: 0, time: 0, weighted_gain: 0 }
  const noise = 0.95 + random() * 0.1
  const figures = (batch: number, kept: boolean, count: number): { cost: number; quality: number; time: number } => ({
    cost: noise * (60 / batch + (kept ? 40 : 80) + 10 * count),
    quality: (1 - 0.15 * 0.4 ** (count - 1)) * (kept ? 0.98 : 1),
    time: noise * (500 / batch + batch * 6 + (kept ? 120 : 234) + 60 * count),
  })
  const [before, after] = [figures(1, false, 1), figures(batch_size, cache, checks)]
  const gains = 0.4 * (1 - after.cost / before.cost) + 0.3 * (1 - after.time / before.time) + 0.3 * (after.quality / before.quality - 1)
  return { cost: 1000 / after.cost, quality: after.quality, time: 1000 / after.time, weighted_gain: 1 + gains }
}

const BENCHES = { auction, operations, pipeline }

/** What the program measured in each trial, as text: nothing but text leaves this realm. */
export function measure(program: Record<string, unknown>, jobText: string): string {
  const job = parse(jobText) as Job
  return stringify({ rows: ArrayHere.from({ length: job.trials }, (_, trial) => BENCHES[job.bench](program, job, randomOf(job.seed * 1009 + trial))) })
}

const hidden = [
  [][Symbol.iterator](),
  new Map()[Symbol.iterator](),
  new Set()[Symbol.iterator](),
  ''[Symbol.iterator](),
  ''.matchAll(/x/gu),
  function* () {},
  async () => undefined,
  async function* () {},
]
const seen = new Set<unknown>([globalThis])
for (const name of getOwnPropertyNames(globalThis)) {
  freezeAll((globalThis as Record<string, unknown>)[name], seen)
  // The names are locked one by one: the host keeps a count of modules on the object itself.
  defineProperty(globalThis, name, { configurable: false, writable: false })
}
for (const one of hidden) freezeAll(one, seen)
