/** Up to this many keys are put in order by insertion. */
const FEW = 128
/** Below this many keys digits are of 8 bits: the tables of larger digits would cost more than the keys. */
const SMALL = 4096
/** Runs of keys with equal upper words are put in order one by one up to this length. */
const RUN_MAX = 24
/** Place of the upper word of a double in memory. */
const UPPER = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0

/** One pass of a stable counting sort: `words` and `indexes` by one digit of the words into `toWords` and `toIndexes`. */
function pass(words: Uint32Array, indexes: Uint32Array, toWords: Uint32Array, toIndexes: Uint32Array, shift: number, starts: Uint32Array): void {
  const mask = starts.length - 1
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as number
    const digit = (word >>> shift) & mask
    const to = starts[digit] as number
    starts[digit] = to + 1
    toWords[to] = word
    toIndexes[to] = indexes[at] as number
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

/** Puts runs of equal upper words in order of the whole keys. */
function orderRuns(order: Uint32Array, words: Uint32Array, keys: Float64Array, sign: 1 | -1): void {
  const compare = (a: number, b: number): number =>
    (keys[a] as number) < (keys[b] as number) ? -sign : (keys[a] as number) > (keys[b] as number) ? sign : a - b
  for (let from = 0; from < order.length; ) {
    let end = from + 1
    while (end < order.length && words[end] === words[from]) end++
    if (end - from > RUN_MAX) order.subarray(from, end).sort(compare)
    else if (end - from > 1) insertEach(order, from, end, keys, sign)
    from = end
  }
}

/**
 * Indexes in the order of their keys (`sign` 1 ascending, −1 descending), equal keys in the order of their index.
 * Keys are no NaN and not below 0; their bits as integers then have their order, so that the upper 32 are sorted by counting and the rest within runs.
 */
export function orderOf(keys: Float64Array, sign: 1 | -1): Uint32Array {
  const count = keys.length
  let order = new Uint32Array(count)
  for (let index = 0; index < count; index++) order[index] = index
  if (count <= FEW) {
    insertEach(order, 0, count, keys, sign)
    return order
  }
  const halves = new Uint32Array(keys.buffer, keys.byteOffset, 2 * count)
  const flip = sign === 1 ? 0 : 0xff_ff_ff_ff
  const bits = count < SMALL ? 8 : 11
  const size = 1 << bits
  const passes = Math.ceil(32 / bits)
  const tables = new Uint32Array(passes * size)
  let words = new Uint32Array(count)
  for (let index = 0; index < count; index++) {
    const word = ((halves[2 * index + UPPER] as number) ^ flip) >>> 0
    words[index] = word
    for (let digit = 0, base = 0, rest = word; digit < passes; digit++, base += size, rest >>>= bits) {
      const cell = base + (rest & (size - 1))
      tables[cell] = (tables[cell] as number) + 1
    }
  }
  let [spareWords, spareOrder] = [new Uint32Array(count), new Uint32Array(count)]
  for (let digit = 0; digit < passes; digit++) {
    const starts = tables.subarray(digit * size, (digit + 1) * size)
    let total = 0
    let widest = 0
    for (let cell = 0; cell < size; cell++) {
      const held = starts[cell] as number
      if (held > widest) widest = held
      starts[cell] = total
      total += held
    }
    // A digit that all keys share moves nothing.
    if (widest === count) continue
    pass(words, order, spareWords, spareOrder, digit * bits, starts)
    ;[words, spareWords] = [spareWords, words]
    ;[order, spareOrder] = [spareOrder, order]
  }
  orderRuns(order, words, keys, sign)
  return order
}
