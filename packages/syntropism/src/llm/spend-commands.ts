import { spendBy } from '@syntropism/runtime'
import { type LocalFlags, callService, openLocal, print } from '../terminal/local.ts'

/** What spend is summed by. */
export type SpendBy = 'agent' | 'model' | 'upstream' | 'hour'
const dollars = (microUsd: number): string => `$${(microUsd / 1_000_000).toFixed(6)}`

/** What LLM calls cost, read from the data folder. */
export async function showSpend(flags: LocalFlags & { by: SpendBy }): Promise<void> {
  const local = await openLocal(flags)
  const rows = await spendBy(local.queries, flags.by)
  const total = rows.reduce((sum, row) => sum + row.cost_micro_usd, 0)
  print(flags, { by: flags.by, rows, total_micro_usd: total }, () =>
    rows.length === 0
      ? 'No LLM call was made.'
      : [
          ...rows.map(
            (row) =>
              `${row.name}: ${dollars(row.cost_micro_usd)} in ${row.calls} calls (${row.input_tokens} tokens in, ${row.output_tokens} out; ${row.estimated_calls} booked at their bound, ${row.open_calls} open with ${dollars(row.held_micro_usd)} held, ${dollars(row.overrun_micro_usd)} past a bound)`,
          ),
          `total: ${dollars(total)}`,
        ].join('\n'),
  )
  await local.close()
}

/** Flags of `keys create`. */
export interface NewKey extends LocalFlags {
  readonly budget: { limit_micro_usd: number; window_ms: number }[]
  readonly expires?: number
  readonly models?: string[]
  readonly parallel: number
  readonly rpm: number
  readonly tpm: number
}

/** `keys create`: the token is shown once. */
export async function createKey(keyId: string, flags: NewKey): Promise<void> {
  const terms = {
    models: flags.models ?? [],
    parallel_max: flags.parallel,
    requests_per_minute: flags.rpm,
    tokens_per_minute: flags.tpm,
    windows: flags.budget,
  }
  const answer = await callService(flags, 'POST', '/operator/llm/keys', { ...terms, expires_at_ms: flags.expires ?? null, key_id: keyId, name: keyId })
  print(flags, answer, () => `${keyId}: ${String(answer.token)} (shown this once and kept only as a hash)`)
}

/** `keys list`. */
export async function listKeys(flags: LocalFlags): Promise<void> {
  const answer = await callService(flags, 'GET', '/operator/llm/keys')
  print(flags, answer, () => JSON.stringify(answer.keys, null, 2))
}

/** `keys rotate`: a new token, the windows go on. */
export async function rotateKey(keyId: string, flags: LocalFlags): Promise<void> {
  const answer = await callService(flags, 'POST', `/operator/llm/keys/${encodeURIComponent(keyId)}/rotate`, {})
  print(flags, answer, () => `${keyId}: ${String(answer.token)} (shown this once and kept only as a hash)`)
}

/** `keys revoke`. */
export async function revokeKey(keyId: string, flags: LocalFlags): Promise<void> {
  print(flags, await callService(flags, 'DELETE', `/operator/llm/keys/${encodeURIComponent(keyId)}`), () => `${keyId} revoked.`)
}

interface UpstreamLine {
  readonly upstream_id: string
  readonly kind: string
  readonly answers: Readonly<Record<string, number>>
  readonly failures: number
  readonly retries: number
  readonly circuit: string
  readonly tripped_by: string | null
}

function describeUpstream({ answers, circuit, failures, kind, retries, tripped_by: call, upstream_id: id }: UpstreamLine): string {
  const counts = Object.entries(answers).map(([status, count]) => `${count} × ${status}`)
  const state = call === null ? `circuit ${circuit}` : `OUT OF ROTATION since ${call} passed its bound; put it back with "upstreams restore ${id}"`
  return `${id} (${kind}): ${counts.length === 0 ? 'no answer yet' : counts.join(', ')}, ${failures} without answer, ${retries} tried again; ${state}`
}

/** `upstreams list`: the counts start with the running service. */
export async function listUpstreams(flags: LocalFlags): Promise<void> {
  const answer = await callService(flags, 'GET', '/operator/llm/upstreams')
  print(flags, answer, () => (answer.upstreams as UpstreamLine[]).map(describeUpstream).join('\n') || 'No upstream is configured.')
}

/** `upstreams restore`. */
export async function restoreUpstream(id: string, flags: LocalFlags): Promise<void> {
  print(flags, await callService(flags, 'POST', `/operator/llm/upstreams/${encodeURIComponent(id)}/restore`, {}), () => `${id} is asked again.`)
}
