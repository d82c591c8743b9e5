import { createRandom } from '../scenario/index.ts'

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const RESAMPLES = 2000

/** Percentile bootstrap interval of a mean, with as many of its 2 000 draws above as below. The same values, confidence and seed give the same interval. */
export function bootstrapInterval(values: readonly number[], confidence = 0.95, seed = 1): { high: number; low: number } {
  const random = createRandom(seed, 'bootstrap')
  const means = Array.from({ length: RESAMPLES }, () => mean(values.map(() => values[Math.floor(random() * values.length)] as number))).sort((a, b) => a - b)
  const outside = Math.floor(((1 - confidence) / 2) * RESAMPLES + 1e-9)
  return { high: means[RESAMPLES - 1 - outside] as number, low: means[outside] as number }
}

/** Normal quantile of a two-sided 95 % interval. */
const Z95 = 1.96

/** Wilson's 95 % interval of a share: it stays honest where all trials went the same way, which drawing them again cannot. */
export function wilsonInterval(passes: number, n: number): { high: number; low: number } {
  if (n === 0) return { high: 1, low: 0 }
  const [share, square] = [passes / n, Z95 ** 2]
  const centre = (share + square / (2 * n)) / (1 + square / n)
  const half = (Z95 / (1 + square / n)) * Math.sqrt((share * (1 - share)) / n + square / (4 * n * n))
  return { high: Math.min(1, centre + half), low: Math.max(0, centre - half) }
}

const EXACT_MAX = 14

/**
 * One-sided paired permutation test: probability of a mean difference at least this large if signs were chance. Pairs that do not differ say
 * nothing and are left out. Exact to 14 that do, else 20 000 draws from the seed.
 */
export function permutationTest(differences: readonly number[], seed = 1): number {
  const differing = differences.filter((one) => one !== 0)
  const sum = (sign: (index: number) => number): number => differing.reduce((total, value, index) => total + value * sign(index), 0)
  const observed = sum(() => 1)
  const reaches = (sign: (index: number) => number): boolean => sum(sign) >= observed - 1e-9
  if (differing.length <= EXACT_MAX) {
    const all = 2 ** differing.length
    let count = 0
    for (let mask = 0; mask < all; mask++) if (reaches((index) => ((mask >> index) & 1 ? -1 : 1))) count += 1
    return count / all
  }
  const random = createRandom(seed, 'permutation')
  const draws = 20_000
  let count = 1
  for (let draw = 0; draw < draws; draw++) {
    const signs = differing.map(() => (random() < 0.5 ? -1 : 1))
    if (reaches((index) => signs[index] as number)) count += 1
  }
  return count / (draws + 1)
}

/** Least number of pairs that differ with which a two-sided test can reach a probability below this at all. */
export const leastPairs = (below: number): number => Math.ceil(1 - Math.log2(below) + 1e-9)

/** Least-squares slope of values over 0, 1, 2 …; 0 for fewer than two. */
export function slopeOf(values: readonly number[]): number {
  if (values.length < 2) return 0
  const centre = (values.length - 1) / 2
  const middle = mean(values)
  const spread = values.reduce((sum, _value, index) => sum + (index - centre) ** 2, 0)
  return values.reduce((sum, value, index) => sum + (index - centre) * (value - middle), 0) / spread
}
