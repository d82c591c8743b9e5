// Draws books of agent jobs from a seed: four resources, five classes, log-normal sizes and values, supply for a quarter of the demand.
//   node books.mjs 5 100        five books of 100 bids into books/
import { mkdirSync, writeFileSync } from 'node:fs'

const [books, bids] = [Number(process.argv[2] ?? 5), Number(process.argv[3] ?? 100)]
const RESOURCES = ['cpu', 'memory', 'llm', 'attention']
const CLASSES = [
  { value: 1, weights: [4, 1, 0, 0] },
  { value: 1.5, weights: [1, 4, 0, 0] },
  { value: 4, weights: [1, 1, 6, 0] },
  { value: 8, weights: [1, 1, 2, 1] },
  { value: 2, weights: [2, 2, 1, 0] },
]

/** Marsaglia's xorshift: the same books on every machine. */
function chance(seed) {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

mkdirSync('books', { recursive: true })
for (let book = 1; book <= books; book++) {
  const random = chance(book * 7919)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const list = Array.from({ length: bids }, (_, index) => {
    const { value, weights } = CLASSES[Math.floor(random() * CLASSES.length)]
    const size = Math.exp(0.8 * normal())
    const bundle = Object.fromEntries(RESOURCES.flatMap((name, at) => (weights[at] === 0 ? [] : [[name, Math.max(1, Math.round(10 * size * weights[at]))]])))
    return { bundle, id: `job-${index + 1}`, price: Math.max(1, Math.round(100 * value * size * Math.exp(0.5 * normal()))) }
  })
  const wanted = (name) => list.map(({ bundle }) => bundle[name] ?? 0)
  const supply = Object.fromEntries(RESOURCES.map((name) => [name, Math.max(Math.ceil(wanted(name).reduce((sum, one) => sum + one, 0) / 4), ...wanted(name))]))
  writeFileSync(`books/book-${book}.json`, JSON.stringify({ bids: list, supply }))
}
