/** How a number of the rules is written for people: its name without the unit, the unit, and the power of ten between the two. */
export interface Unit {
  readonly digits: number
  readonly label: string
  readonly name: string
}

/** Endings of names, the longest first, with the unit that people read. */
const ENDINGS: readonly (readonly [ending: string, name: string, digits: number])[] = [
  ['_micro_usd_per_minute', '$ a minute', 6],
  ['_micro_per_s', 'credits/s', 6],
  ['_micro_usd', '$', 6],
  ['_per_day_micro', 'credits a day', 6],
  ['_micro', 'credits', 6],
  ['_ppm', '%', 4],
  ['_ms', 'ms', 0],
  ['_millicores_min', 'milli-cores', 0],
  ['_memory_mb_min', 'MB', 0],
  ['_bytes_max', 'bytes', 0],
]
/** Limits carry the word after their unit. */
const LIMIT = /_(max|min)$/

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  kind: ['linear', 'base-fee', 'excess', 'clearing'],
  mechanism: ['highest-bid', 'density', 'density-sqrt', 'shadow', 'exact', 'drf'],
  payment_rule: ['bid', 'critical', 'vcg', 'uniform', 'shadow', 'posted'],
}

const lastOf = (path: string): string => path.split('.').at(-1) ?? path

type Value = boolean | number | string

export function unitOf(path: string, value: Value): Unit {
  const name = lastOf(path)
  if (typeof value !== 'number') return { digits: 0, label: name.replaceAll('_', ' '), name: '' }
  if (path.startsWith('reward_weights_micro.')) return { digits: 6, label: name, name: 'credits a point' }
  const limit = LIMIT.exec(name)?.[0] ?? ''
  const bare = name.slice(0, name.length - limit.length)
  for (const [ending, unit, digits] of ENDINGS) {
    if (name.endsWith(ending)) return { digits, label: name.slice(0, -ending.length).replaceAll('_', ' '), name: unit }
    if (limit !== '' && bare.endsWith(ending)) return { digits, label: `${bare.slice(0, -ending.length)}${limit}`.replaceAll('_', ' '), name: unit }
  }
  return { digits: 0, label: name.replaceAll('_', ' '), name: '' }
}

/** A value as people write it: 1500000 micro-credits are 1.5. Exact, by its digits. */
export function shown(path: string, value: Value): string {
  if (typeof value !== 'number') return String(value)
  const { digits } = unitOf(path, value)
  if (digits === 0) return String(value)
  const text = String(Math.abs(value)).padStart(digits + 1, '0')
  const fraction = text.slice(-digits).replace(/0+$/, '')
  return `${value < 0 ? '-' : ''}${text.slice(0, -digits)}${fraction === '' ? '' : `.${fraction}`}`
}

/** The value that a text stands for, by its digits and never rounded; undefined for what is none. */
export function parsed(path: string, before: Value, text: string): Value | undefined {
  if (typeof before === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined
  if (typeof before === 'string') return text
  const { digits } = unitOf(path, before)
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim())
  if (match === null || (match[3]?.length ?? 0) > digits) return undefined
  const value = Number(`${match[1]}${match[2]}${(match[3] ?? '').padEnd(digits, '0')}`)
  return Number.isSafeInteger(value) ? value : undefined
}

export const choicesOf = (path: string, value: Value): readonly string[] | null =>
  CHOICES[lastOf(path)] ?? (typeof value === 'boolean' ? ['true', 'false'] : null)

type Entry = readonly [path: string, value: Value]
interface Group {
  readonly entries: readonly Entry[]
  readonly name: string
  readonly note: string
}

/** What belongs together, by the beginnings of paths; the rest stands last. */
const GROUPS: readonly (readonly [name: string, note: string, paths: RegExp])[] = [
  ['Mechanism', 'who wins and what winners pay', /^(mechanism|payment_rule|starvation_ms)$/],
  ['Weights and mint', 'what scores earn', /^(reward_weights_micro\.|mint_per)/],
  ['Caps', 'on spend, population and messages', /^(llm_|agents_max|inbox_max|message_bytes_max|credit_value)/],
  ['Price of cpu', 'floor, ceiling and how it moves', /^curves\.cpu\./],
  ['Price of memory', 'floor, ceiling and how it moves', /^curves\.memory\./],
  ['Price of llm', 'floor, ceiling and how it moves', /^curves\.llm\./],
  ['Price of attention', 'floor, ceiling and how it moves', /^curves\.attention\./],
  ['Costs and life', 'spawning, messages, death', /^(spawn_|message_cost|death_|estate_|crashes)/],
]

export function groupsOf(entries: readonly Entry[]): Group[] {
  const left = new Set(entries)
  const groups = GROUPS.map(([name, note, paths]) => {
    const own = entries.filter((entry) => paths.test(entry[0]))
    for (const entry of own) left.delete(entry)
    return { entries: own, name, note }
  })
  return [...groups, { entries: [...left], name: 'Times and limits', note: 'everything else' }].filter((group) => group.entries.length > 0)
}
