import { MECHANISMS, type Mechanism, PAYMENT_RULES, type PaymentRule, type Regret, readBook, regretOfTruth, unsoundPairing } from '@syntropism/economy'
import { table } from '../terminal/format.ts'
import { bundlesDiffer, namingFile, readJson } from './clear-commands.ts'

export interface RegretFlags {
  readonly bids: number
  readonly json?: boolean
}

const share = (part: number | null): string => (part === null ? '–' : `${(part * 100).toFixed(2)} %`)

/** `syntropism regret`: what a shrewd bidder gains over truth, under every sound pair that needs no solver. */
export function runRegret(file: string, flags: RegretFlags): void {
  const found: (Regret & { mechanism: Mechanism; payment_rule: PaymentRule })[] = []
  try {
    const book: unknown = readJson(file)
    const differ = bundlesDiffer(readBook(book))
    for (const mechanism of MECHANISMS)
      for (const rule of PAYMENT_RULES) {
        if (mechanism === 'exact' || unsoundPairing(mechanism, rule) !== null || (rule === 'uniform' && differ)) continue
        found.push({ mechanism, payment_rule: rule, ...regretOfTruth(book, mechanism, rule, flags.bids) })
      }
  } catch (error) {
    throw namingFile(file, error)
  }
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(found)}\n`)
    return
  }
  const rows = found.map(({ bids, gaining, highest, mean, mechanism, of_surplus: ofSurplus, payment_rule: rule }) => [
    mechanism,
    rule,
    share(mean),
    share(highest),
    share(ofSurplus),
    `${gaining} of ${bids}`,
  ])
  process.stdout.write(`${table([['mechanism', 'payments', 'mean regret', 'highest', 'of surplus', 'bids that gain'], ...rows])}\n`)
}
