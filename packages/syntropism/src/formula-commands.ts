import { readFileSync } from 'node:fs'
import { fakeExponential, linearThreshold, nextBaseFee, nextExcess } from '@syntropism/economy'
import { ConfigError } from '@syntropism/runtime'
import { z } from 'zod'
import type { CURVES } from './curves.ts'
import { FORMULAS, LINEAR, toJson } from './formulas.ts'
import { table } from './format.ts'

function list(json: boolean): void {
  const schemas = Object.entries(FORMULAS).map(([name, { input, output, source }]) => ({
    input: z.toJSONSchema(input, { io: 'input' }),
    name,
    output: z.toJSONSchema(output, { io: 'input' }),
    source,
  }))
  const rows = schemas.map(({ input, name, source }) => [name, Object.keys((input as { properties?: object }).properties ?? {}).join(', '), source])
  process.stdout.write(`${json ? JSON.stringify(schemas) : table([['formula', 'input', 'source'], ...rows])}\n`)
}

/** `syntropism formula`: evaluates one published formula, or lists them. */
export function runFormula(name: string | undefined, flags: { readonly input?: string; readonly json?: boolean; readonly list?: boolean }): void {
  if (flags.list === true) return list(flags.json === true)
  if (name === undefined) throw new ConfigError('formula: name one, or ask for --list')
  const formula = Object.hasOwn(FORMULAS, name) ? FORMULAS[name] : undefined
  if (formula === undefined) throw new ConfigError(`formula: "${name}" is none; there are ${Object.keys(FORMULAS).join(', ')}`)
  if (flags.input === undefined)
    throw new ConfigError(`formula ${name}: --input <json> is missing; its schema: ${JSON.stringify(z.toJSONSchema(formula.input, { io: 'input' }))}`)
  try {
    process.stdout.write(`${toJson(formula.run(JSON.parse(flags.input)))}\n`)
  } catch (error) {
    if (error instanceof z.ZodError) throw new ConfigError(`formula ${name}: ${z.prettifyError(error)}`)
    if (error instanceof RangeError || error instanceof SyntaxError) throw new ConfigError(`formula ${name}: ${error.message}`)
    throw error
  }
}

export interface PriceFlags {
  readonly ceiling: number
  readonly curve: (typeof CURVES)[number]
  readonly floor: number
  readonly json?: boolean
  readonly price: number
  readonly target: number
}

const PPM = 1_000_000

/** Utilisation per period in parts per million: the last column of each line, a share from 0 to 1; a header line is passed over. */
function readUtilisation(file: string): number[] {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/)
  const shares: number[] = []
  lines.forEach((line, index) => {
    if (line.trim() === '') return
    const cell = (line.split(',').at(-1) ?? '').trim()
    const share = Number(cell)
    if (cell !== '' && Number.isFinite(share) && share >= 0 && share <= 1) shares.push(Math.round(share * PPM))
    else if (index > 0 || /\d/.test(cell)) throw new ConfigError(`${file}:${index + 1}: "${cell}" is no share from 0 to 1`)
  })
  if (shares.length === 0) throw new ConfigError(`${file}: holds no utilisation; one share from 0 to 1 per line`)
  return shares
}

/** Prices after each period on one curve, starting with the opening price. `price`, `floor` and `ceiling` in micro-credits per second. */
function trace(flags: PriceFlags, utilisation: readonly number[]): number[] {
  const clamp = (price: bigint): bigint => (price < BigInt(flags.floor) ? BigInt(flags.floor) : price > BigInt(flags.ceiling) ? BigInt(flags.ceiling) : price)
  const targetPpm = BigInt(flags.target)
  const path = [flags.price]
  const linear = { ...LINEAR, ceiling_micro_per_s: flags.ceiling, floor_micro_per_s: flags.floor }
  let price = BigInt(flags.price)
  let excess = 0n
  for (const sold of utilisation) {
    if (flags.curve === 'linear') {
      price = BigInt(linearThreshold(linear, Number(price), sold))
    } else if (flags.curve === 'base-fee') {
      // The target is a share of the limit here, so the limit is scaled until limit ÷ 2 is the target.
      price = clamp(nextBaseFee({ base: price, limit: targetPpm * 2n, used: BigInt(sold) < targetPpm * 2n ? BigInt(sold) : targetPpm * 2n }))
    } else {
      excess = nextExcess({ excess, target: targetPpm, used: BigInt(sold) })
      // A full period multiplies the price by 1.125: (capacity − target) ÷ ln 1.125, with ln 1.125 = 0.117783.
      const speed = ((BigInt(PPM) - targetPpm) * 1_000_000n) / 117_783n
      price = clamp(fakeExponential({ denominator: speed > 0n ? speed : 1n, factor: BigInt(flags.price), numerator: excess }))
    }
    path.push(Number(price))
  }
  return path
}

/** `syntropism price`: how a curve moves a price along a file of utilisations. */
export function runPrice(file: string, flags: PriceFlags): void {
  if (flags.floor > flags.ceiling) throw new ConfigError(`price: --floor ${flags.floor} is above --ceiling ${flags.ceiling}`)
  let utilisation: number[]
  try {
    utilisation = readUtilisation(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw new ConfigError(`price: ${error.message}`)
    throw error
  }
  const path = trace(flags, utilisation)
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ curve: flags.curve, price_micro_per_s: path, utilisation_ppm: utilisation })}\n`)
    return
  }
  const highest = Math.max(...path)
  const rows = path.map((price, index) => [
    String(index),
    index === 0 ? '–' : `${((utilisation[index - 1] as number) / 10_000).toFixed(1)} %`,
    String(price),
    '█'.repeat(Math.max(1, Math.round((price / Math.max(1, highest)) * 40))),
  ])
  process.stdout.write(`${table([['period', 'utilisation', 'micro-credits/s', ''], ...rows])}\n`)
}
