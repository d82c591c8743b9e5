import { join } from 'node:path'
import type { Config } from '../config/index.ts'
import type { Host } from '../host/index.ts'
import { Gateway, type Observe, answerContent, requestContent } from '../llm-gateway/index.ts'
import type { Bus, Tracing } from '../ports/index.ts'

export interface LiveLlm {
  /** Id of the key whose token has this hash. */
  findKey(hash: string): string | null
  /** What the service is given. */
  forService(): { readonly gateway?: Gateway }
  start(): Promise<void>
  close(): Promise<void>
}

interface Around {
  readonly host: Host
  readonly bus: Bus
  readonly tracing?: Tracing
  alarm(text: string): void
  onFatal(error: unknown): void
}

/** Says what a call is about where spans are made of it. */
const describeTo =
  (tracing: Tracing): Observe =>
  ({ api, call_id, request }) => {
    tracing.describeCall(call_id, requestContent(api, request))
    return { ended: (_finish, _usage, answer) => void (answer !== null && tracing.describeCall(call_id, answerContent(api, answer))) }
  }

/** The gateway of a configuration that names upstreams; keys are known without one too. */
export function openLlm(config: Config, root: string, { alarm, bus, host, onFatal, tracing }: Around): LiveLlm {
  const gateway =
    config.llm === undefined
      ? null
      : new Gateway({
          alarm,
          bus,
          config: config.llm,
          environment: process.env,
          host,
          models_dir: join(root, 'models'),
          ...(tracing === undefined ? {} : { observe: describeTo(tracing) }),
          onError: onFatal,
          recordings_dir: join(root, 'llm-recordings'),
        })
  /** Where keys were found; a key that was rotated since has another hash. */
  const found = new Map<string, string>()
  return {
    close: async () => gateway?.close(),
    findKey(hash) {
      const { keys } = host.state.llm
      const before = found.get(hash)
      if (before !== undefined && keys.get(before)?.token_hash === hash) return before
      found.delete(hash)
      for (const key of keys.values())
        if (key.token_hash === hash) {
          found.set(hash, key.key_id)
          return key.key_id
        }
      return null
    },
    forService: () => (gateway === null ? {} : { gateway }),
    start: async () => gateway?.start(),
  }
}
