import { isDeepStrictEqual } from 'node:util'
import type { EconomyEvent } from '@syntropism/contract'
import { assertConserved, certificateHash, createState } from '@syntropism/economy'
import { ClearingAudit, solveAgain } from '../audit/index.ts'
import { type ClearingSolver, type Journal, reasonOf } from '../ports/index.ts'
import { reExecute } from './recover.ts'

export interface Verdict {
  readonly ok: boolean
  readonly records: number
  readonly events: number
  readonly certificates: number
  /** Clearings under `exact` whose claims another solve proved, and those for which it proved nothing in its time; null when none was asked for. */
  readonly optima: { readonly open: number; readonly proven: number } | null
  /** First sequence number at which something is wrong, and what. */
  readonly bad_seq: number | null
  readonly problem: string | null
}

/** The first certificate that does not have the hash it names, or null. */
function checkCertificates(events: readonly EconomyEvent[]): { seq: number; problem: string } | null {
  for (const event of events) {
    if (event.type !== 'market_cleared') continue
    const { hash, ...certificate } = event.data.certificate
    if (certificateHash(certificate) !== hash)
      return { problem: `the certificate of ${certificate.clearing_id} does not have the hash it names`, seq: event.seq }
  }
  return null
}

/** What readers are shown of the clearings, in the journal's order; null when there is no more by now. */
interface Shown {
  next(): Promise<{ readonly certificate: string; readonly seq: number } | null>
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const SHOWN_WRONG = 'other than the journal has it; "syntropism rebuild" makes what is shown anew'

/** Whether readers are shown each certificate as the journal has it; the first that is not, or null. */
async function checkShown(events: readonly EconomyEvent[], shown: Shown | null): Promise<{ seq: number; problem: string } | null> {
  for (const event of events) {
    if (event.type !== 'market_cleared' || shown === null) continue
    const row = await shown.next()
    if (row?.seq === event.seq && isDeepStrictEqual(parsed(row.certificate), parsed(JSON.stringify(event.data.certificate)))) continue
    return { problem: `the certificate of ${event.data.certificate.clearing_id} is shown ${SHOWN_WRONG}`, seq: event.seq }
  }
  return null
}

/** Asks the solver for the optimum of each clearing under `exact` since the last record; the first claim that does not hold, or null. */
async function checkOptima(
  audit: ClearingAudit,
  again: Again | null,
  counts: { open: number; proven: number },
): Promise<{ seq: number; problem: string } | null> {
  for (const clearing of audit.takeExact()) {
    if (again === null) continue
    const { problem, proven } = await solveAgain(clearing, again.solver, again.time_limit_ms)
    if (problem !== null) return { problem: `the certificate of ${clearing.certificate.clearing_id} is wrong: ${problem}`, seq: clearing.seq }
    if (proven) counts.proven += 1
    else counts.open += 1
  }
  return null
}

/** Who is asked for the optima of exact clearings again, and for how long each. */
interface Again {
  readonly solver: Pick<ClearingSolver, 'solve'>
  readonly time_limit_ms: number
}

/**
 * Reads the journal from its first record: hash chain, re-execution byte for byte, conservation after each record, every certificate recomputed by code of its own.
 * `hashOf` makes a record's hash from its bytes. With `again` the optimum of each exact clearing is solved for anew; with `shown` the certificates
 * that readers see are compared with those of the journal.
 */
export async function verify(
  journal: Pick<Journal, 'read'>,
  hashOf: (previous: string, commands: string, events: string) => string,
  genesisHash: string,
  again: Again | null = null,
  shown: Shown | null = null,
): Promise<Verdict> {
  const state = createState()
  const audit = new ClearingAudit()
  const counts = { certificates: 0, events: 0, optima: again === null ? null : { open: 0, proven: 0 }, records: 0 }
  let previous = genesisHash
  const bad = (seq: number, problem: string): Verdict => ({ ...counts, bad_seq: seq, ok: false, problem })
  for await (const batch of journal.read(0)) {
    const firstSeq = state.seq + 1
    if (batch.number !== counts.records + 1) return bad(firstSeq, `record ${counts.records + 1} is missing`)
    if (batch.previous_hash !== previous || hashOf(previous, batch.commands_json, batch.events_json) !== batch.hash)
      return bad(firstSeq, `record ${batch.number} breaks the hash chain`)
    previous = batch.hash
    try {
      const { difference_seq: seq, events, finding } = reExecute(state, batch, audit)
      if (seq !== null) return bad(seq, `re-executing record ${batch.number} gives other events`)
      const wrong =
        finding ?? checkCertificates(events) ?? (await checkOptima(audit, again, counts.optima ?? { open: 0, proven: 0 })) ?? (await checkShown(events, shown))
      if (wrong !== null) return bad(wrong.seq, wrong.problem)
      assertConserved(state.ledger)
      counts.certificates += events.filter((event) => event.type === 'market_cleared').length
      counts.events += events.length
    } catch (error) {
      return bad(firstSeq, `record ${batch.number} cannot be carried out: ${reasonOf(error)}`)
    }
    counts.records += 1
  }
  const invented = await shown?.next()
  if (invented && invented.seq <= state.seq) return bad(invented.seq, `a clearing is shown at ${invented.seq}, ${SHOWN_WRONG}`)
  return { ...counts, bad_seq: null, ok: true, problem: null }
}
