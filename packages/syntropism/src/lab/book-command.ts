import { BOOK_DISTRIBUTIONS, UsageError, drawBook, paramSchema } from '@syntropism/simulation'
import { table } from '../terminal/format.ts'
import { settings } from '../terminal/settings.ts'

export interface BookFlags {
  readonly bids: number
  readonly json?: boolean
  readonly list?: boolean
  readonly seed: number
  readonly set?: readonly string[]
}

function list(json: boolean): void {
  const all = Object.entries(BOOK_DISTRIBUTIONS)
  if (json) {
    process.stdout.write(`${JSON.stringify(all.map(([name, { params, source, title }]) => ({ name, params: paramSchema(params), source, title })))}\n`)
    return
  }
  const rows = all.flatMap(([name, { params, source, title }]) => [
    [name, title, source],
    ...Object.entries(params).map(([key, spec]) => [
      '',
      `--set ${key}=${spec.default}: ${spec.description}, ${spec.kind === 'choice' ? spec.choices.join(' | ') : `${spec.min} … ${spec.max}`}`,
      '',
    ]),
  ])
  process.stdout.write(`${table([['distribution', 'bids', 'source'], ...rows])}\n`)
}

/** `syntropism book`: a book drawn at random, as `clear` takes it; or the distributions there are. */
export function runBook(name: string | undefined, flags: BookFlags): void {
  if (flags.list === true) return list(flags.json === true)
  if (name === undefined) throw new UsageError('book: name a distribution, or ask for --list')
  process.stdout.write(`${JSON.stringify(drawBook(name, flags.bids, flags.seed, settings(flags.set ?? [])))}\n`)
}
