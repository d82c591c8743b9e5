import { UsageError } from '../index.ts'

/** Keys of a grid that are no parameters of the model but of the run. */
const RUN_KEYS: ReadonlySet<string> = new Set(['activation', 'agents', 'observe_every', 'steps', 'time'])

/** Values that a range of a grid may have. */
const VALUES_MOST = 100_000

/** What a sweep runs. Its text in JSON is its identity: a resumed sweep must have the same. */
export interface SweepSpec {
  /** Name of a model, or path of a module. */
  readonly model: string
  /** Values by key, in the order in which they vary: the last key varies fastest, then the seed. */
  readonly grid: Readonly<Record<string, readonly string[]>>
  /** The same for every run. */
  readonly fixed: Readonly<Record<string, string>>
  readonly seeds: readonly number[]
}

/** One run of a sweep: what was chosen for it, apart from what is the same for all. */
export interface Point {
  readonly index: number
  readonly seed: number
  readonly chosen: Readonly<Record<string, string>>
}

/** Seeds from text: `7`, `1..20`, `1..3,10`. */
export function readSeeds(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => {
    const range = /^(\d+)(?:\.\.(\d+))?$/.exec(part.trim())
    const [low, high] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])]
    if (range === null || !Number.isSafeInteger(high) || high < low || high - low >= 1_000_000)
      throw new UsageError(`seeds are whole numbers and ranges such as 1..20 or 1,2,7, not "${text}"`)
    return Array.from({ length: high - low + 1 }, (_, index) => low + index)
  })
  if (new Set(seeds).size !== seeds.length) throw new UsageError(`a seed is named twice in "${text}"`)
  return seeds
}

/** One key of a grid from text: `key=a,b,c`, or `key=low..high:step` of whole numbers. */
export function readGridKey(text: string): readonly [string, readonly string[]] {
  const [, key = '', values = ''] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (key === '') throw new UsageError(`--grid wants key=value,value,… or key=low..high:step, not "${text}"`)
  const range = /^(-?\d+)\.\.(-?\d+)(?::(\d+))?$/.exec(values)
  if (range === null) return [key, values.split(',')]
  const [low, high, step] = [Number(range[1]), Number(range[2]), Number(range[3] ?? 1)]
  if (step === 0 || high < low) throw new UsageError(`the range in "${text}" must go up, by a step of at least 1`)
  if ((high - low) / step >= VALUES_MOST) throw new UsageError(`the range in "${text}" has more than ${VALUES_MOST} values; a larger step makes fewer`)
  return [key, Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, index) => String(low + index * step))]
}

/** All runs of a sweep in their order. */
export function pointsOf(spec: SweepSpec): Point[] {
  let choices: Readonly<Record<string, string>>[] = [{}]
  for (const [key, values] of Object.entries(spec.grid)) choices = choices.flatMap((before) => values.map((value) => ({ ...before, [key]: value })))
  return choices.flatMap((chosen, group) => spec.seeds.map((seed, place) => ({ chosen, index: group * spec.seeds.length + place, seed })))
}

/** A point as the request of a run, without the model. */
export function requestOf(
  spec: Pick<SweepSpec, 'fixed'>,
  point: Point,
): { readonly params: Record<string, string>; readonly seed: number } & Record<string, unknown> {
  const all = Object.entries({ ...spec.fixed, ...point.chosen })
  const own = all.filter(([key]) => RUN_KEYS.has(key)).map(([key, value]) => [key, key === 'activation' || key === 'time' ? value : Number(value)])
  return { ...Object.fromEntries(own), params: Object.fromEntries(all.filter(([key]) => !RUN_KEYS.has(key))), seed: point.seed }
}
