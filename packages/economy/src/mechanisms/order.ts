/** Up to this many keys are put in order by insertion. */
const FEW = 128
/** Below this many keys digits have at most 8 bits: the tables of larger digits would cost more than the keys. */
const SMALL = 4096
/** Runs of keys with equal upper words are put in order one by one up to this length. */
const RUN_MAX = 24
/** Place of the upper word of a double in memory. */
const UPPER = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0

/** Memory that an order is made in. Who orders again and again keeps it: fresh memory costs more than the sort of a large table. */
export class OrderRoom {
  order: Uint32Array = new Uint32Array(0)
  /** Word and index of each key, beside each other. */
  pairs: Uint32Array = new Uint32Array(0)
  spare: Uint32Array = new Uint32Array(0)
  tables: Uint32Array = new Uint32Array(0)

  /** Makes room for this many keys, and tables of zeros. */
  take(count: number, cells: number): void {
    if (this.order.length < count) {
      this.order = new Uint32Array(count)
      this.pairs = new Uint32Array(2 * count)
      this.spare = new Uint32Array(2 * count)
    }
    if (this.tables.length < cells) this.tables = new Uint32Array(cells)
    else this.tables.fill(0, 0, cells)
  }
}

/** One pass of a stable counting sort: the first `count` pairs by one digit of their words. */
function pass(pairs: Uint32Array, to: Uint32Array, count: number, shift: number, starts: Uint32Array): void {
  const mask = starts.length - 1
  for (let at = 0; at < 2 * count; at += 2) {
    const word = pairs[at] as number
    const digit = (word >>> shift) & mask
    const place = starts[digit] as number
    starts[digit] = place + 1
    to[2 * place] = word
    to[2 * place + 1] = pairs[at + 1] as number
  }
}

/** Stable insertion of `order[from … end − 1]` by their keys. */
function insertEach(order: Uint32Array, from: number, end: number, keys: Float64Array, sign: 1 | -1): void {
  for (let at = from + 1; at < end; at++) {
    const index = order[at] as number
    const key = sign * (keys[index] as number)
    let to = at
    for (; to > from && sign * (keys[order[to - 1] as number] as number) > key; to--) order[to] = order[to - 1] as number
    order[to] = index
  }
}

/** Takes the order from the pairs and puts runs of equal words in order of the whole keys. */
function orderRuns(order: Uint32Array, pairs: Uint32Array, keys: Float64Array, sign: 1 | -1): void {
  const compare = (a: number, b: number): number =>
    (keys[a] as number) < (keys[b] as number) ? -sign : (keys[a] as number) > (keys[b] as number) ? sign : a - b
  const count = order.length
  for (let from = 0; from < count; ) {
    const word = pairs[2 * from] as number
    order[from] = pairs[2 * from + 1] as number
    let end = from + 1
    for (; end < count && pairs[2 * end] === word; end++) order[end] = pairs[2 * end + 1] as number
    // Equal keys stand in the order of their index already.
    let at = from + 1
    while (at < end && compare(order[at - 1] as number, order[at] as number) < 0) at++
    if (at < end && end - from > RUN_MAX) order.subarray(from, end).sort(compare)
    else if (at < end) insertEach(order, from, end, keys, sign)
    from = end
  }
}

/** The upper words of the keys, as far as they differ: from the least one on, into the pairs. Returns how many bits that takes. */
function wordsOf(keys: Float64Array, sign: 1 | -1, pairs: Uint32Array): number {
  const count = keys.length
  const halves = new Uint32Array(keys.buffer, keys.byteOffset, 2 * count)
  let [least, most] = [halves[UPPER] as number, halves[UPPER] as number]
  for (let at = UPPER; at < 2 * count; at += 2) {
    const word = halves[at] as number
    if (word < least) least = word
    if (word > most) most = word
  }
  const base = sign === 1 ? least : most
  for (let index = 0; index < count; index++) {
    const word = halves[2 * index + UPPER] as number
    pairs[2 * index] = sign === 1 ? word - base : base - word
    pairs[2 * index + 1] = index
  }
  return 32 - Math.clz32(most - least)
}

/**
 * Indexes in the order of their keys (`sign` 1 ascending, −1 descending), equal keys in the order of their index.
 * Keys are no NaN and not below 0; their bits as integers then have their order, so that the upper 32 are sorted by counting and the rest within runs.
 * The answer may lie in the room that is `kept`: it is good until that is used again.
 */
export function orderOf(keys: Float64Array, sign: 1 | -1, kept?: OrderRoom): Uint32Array {
  const count = keys.length
  if (count <= FEW) {
    const few = new Uint32Array(count)
    for (let index = 0; index < count; index++) few[index] = index
    insertEach(few, 0, count, keys, sign)
    return few
  }
  const room = kept ?? new OrderRoom()
  const digitMax = count < SMALL ? 8 : 11
  room.take(count, Math.ceil(32 / digitMax) << digitMax)
  const width = wordsOf(keys, sign, room.pairs)
  const passes = Math.ceil(width / digitMax)
  const bits = Math.ceil(width / Math.max(1, passes))
  const size = 1 << bits
  const { order, tables } = room
  let { pairs, spare } = room
  for (let at = 0; at < 2 * count; at += 2)
    for (let digit = 0, base = 0, rest = pairs[at] as number; digit < passes; digit++, base += size, rest >>>= bits) {
      const cell = base + (rest & (size - 1))
      tables[cell] = (tables[cell] as number) + 1
    }
  for (let digit = 0; digit < passes; digit++) {
    const starts = tables.subarray(digit * size, (digit + 1) * size)
    for (let cell = 0, total = 0; cell < size; cell++) {
      const held = starts[cell] as number
      starts[cell] = total
      total += held
    }
    pass(pairs, spare, count, digit * bits, starts)
    ;[pairs, spare] = [spare, pairs]
  }
  const ordered = order.subarray(0, count)
  orderRuns(ordered, pairs, keys, sign)
  return ordered
}
