import { setTimeout as wait } from 'node:timers/promises'
import { ConfigError } from '@syntropism/runtime'
import { clock, table } from '../terminal/format.ts'
import { type LocalFlags, callService, print } from '../terminal/local.ts'

export interface OrderFlags extends LocalFlags {
  readonly now?: boolean
  readonly reason?: string
  readonly wait?: boolean
}

const LOOK_MS = 200
const pathOf = (agent: string, action: string): string => `/operator/agents/${encodeURIComponent(agent)}/${action}`
const because = (flags: OrderFlags): { reason?: string } => (flags.reason === undefined ? {} : { reason: flags.reason })

export async function runPause(agent: string, flags: OrderFlags): Promise<void> {
  const answer = await callService(flags, 'POST', pathOf(agent, 'pause'), { end_now: flags.now === true, ...because(flags) })
  print(flags, answer, () => `${agent} starts no more windows${flags.now === true ? '; the one that ran has ended' : ''}.`)
}

export async function runResume(agent: string | undefined, flags: OrderFlags): Promise<void> {
  const answer = await callService(flags, 'POST', agent === undefined ? '/operator/resume' : pathOf(agent, 'resume'), because(flags))
  print(flags, answer, () => (agent === undefined ? 'Windows are sold again.' : `The bids of ${agent} are eligible again.`))
}

export async function runKill(agent: string, flags: OrderFlags): Promise<void> {
  print(flags, await callService(flags, 'POST', pathOf(agent, 'kill'), because(flags)), () => `${agent} is dead.`)
}

export async function runFund(agent: string, amount: string, flags: OrderFlags): Promise<void> {
  print(flags, await callService(flags, 'POST', pathOf(agent, 'fund'), { amount, ...because(flags) }), () => `${amount} credits granted to ${agent}.`)
}

export async function runMessage(agent: string, content: string, flags: OrderFlags): Promise<void> {
  print(flags, await callService(flags, 'POST', pathOf(agent, 'message'), { content, ...because(flags) }), () => `Put into the inbox of ${agent}.`)
}

/** Stops the sale of windows; with `wait` returns once none runs any more. */
export async function runDrain(flags: OrderFlags): Promise<void> {
  let answer = await callService(flags, 'POST', '/operator/drain', { end_now: flags.now === true, ...because(flags) })
  if (flags.wait === true)
    for (answer = await callService(flags, 'GET', '/operator/state'); answer.windows !== 0; answer = await callService(flags, 'GET', '/operator/state'))
      await wait(LOOK_MS)
  print(flags, answer, () => (flags.wait === true ? 'No window runs any more.' : 'No more windows are sold; "operator resume" sells them again.'))
}

/** A word stands for itself; everything else is JSON. */
function valueOf(path: string, text: string): unknown {
  if (/^[a-z][a-z0-9-]*$/.test(text) && !['false', 'null', 'true'].includes(text)) return text
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ConfigError(`${path} cannot be ${text}: a value is a number, true, false, a word or JSON`, { cause: error })
  }
}

/** `curves.cpu.high_ppm=700000` or `mechanism=shadow` as a nested change. */
export function changesOf(settings: readonly string[]): Record<string, unknown> {
  const changes: Record<string, unknown> = {}
  for (const setting of settings) {
    const [, path = '', text = ''] = /^([\w.]+)=(.+)$/.exec(setting) ?? []
    if (path === '') throw new ConfigError(`${setting} is no change; right would be spawn_cost_micro=50000000 or curves.cpu.high_ppm=700000`)
    const keys = path.split('.')
    let at = changes
    for (const key of keys.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>
    at[keys.at(-1) as string] = valueOf(path, text)
  }
  return changes
}

export async function runTune(settings: readonly string[], flags: OrderFlags): Promise<void> {
  const answer = await callService(flags, 'POST', '/operator/rules', { changes: changesOf(settings), ...because(flags) })
  print(flags, answer, () => `Changed: ${settings.join(', ')}.`)
}

/** The rules as lines `name=value`, in the form that `tune` takes. */
function linesOf(value: unknown, path: string): string[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [`${path}=${JSON.stringify(value)}`]
  return Object.entries(value).flatMap(([key, inner]) => linesOf(inner, path === '' ? key : `${path}.${key}`))
}

export async function runRules(flags: LocalFlags): Promise<void> {
  const answer = await callService(flags, 'GET', '/operator/rules')
  print(flags, answer, () => linesOf(answer.params, '').join('\n'))
}

export async function runCapacity(executor: string, flags: OrderFlags & { cpuMillicores?: number; memoryMb?: number }): Promise<void> {
  const { cpuMillicores, memoryMb } = flags
  if (cpuMillicores === undefined && memoryMb === undefined) throw new ConfigError('name --cpu-millicores, --memory-mb or both')
  const answer = await callService(flags, 'PUT', `/operator/executors/${encodeURIComponent(executor)}/capacity`, {
    ...(cpuMillicores === undefined ? {} : { cpu_millicores: cpuMillicores }),
    ...(memoryMb === undefined ? {} : { memory_mb: memoryMb }),
    ...because(flags),
  })
  print(flags, answer, () => `${executor} offers it from now on; nothing that runs was cut.`)
}

/** What a person should look at, newest first. */
export async function runAlerts(flags: LocalFlags): Promise<void> {
  const alerts = (await callService(flags, 'GET', '/operator/alerts')).alerts as {
    at_ms: number
    evidence: number[]
    kind: string
    subject: string
    text: string
  }[]
  print(flags, alerts, () =>
    alerts.length === 0
      ? 'No alerts since the last start.'
      : table([
          ['time', 'kind', 'about', 'what', 'evidence'],
          ...alerts.map((one) => [clock(one.at_ms), one.kind, one.subject, one.text, one.evidence.join(' ')]),
        ]),
  )
}

/** Orders so far: when, who, what, why. */
export async function runOrders(flags: LocalFlags & { limit: number }): Promise<void> {
  const answer = await callService(flags, 'GET', `/operator/orders?limit=${flags.limit}`)
  const orders = answer.orders as {
    action: string
    agent_id: string | null
    at_ms: number
    details: unknown
    ordered_by: string
    reason: string
    seq: number
  }[]
  print(flags, orders, () =>
    table([
      ['seq', 'time', 'who', 'what', 'whom', 'why', 'details'],
      ...orders.map((one) => [
        String(one.seq),
        clock(one.at_ms),
        one.ordered_by,
        one.action,
        one.agent_id ?? '',
        one.reason,
        JSON.stringify(one.details).slice(0, 120),
      ]),
    ]),
  )
}
