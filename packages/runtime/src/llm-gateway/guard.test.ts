import { setImmediate as turn } from 'node:timers/promises'
import { BrokenCircuitError } from 'cockatiel'
import { describe, expect, it } from 'vitest'
import { LlmConfig } from '../config/index.ts'
import { Cancellation } from './cancellation.ts'
import { GuardedUpstream, type UpstreamAnswer, UpstreamFailure } from './guard.ts'

type Step = 'answers' | 'answers late' | 'fails free' | 'fails at a cost' | 'is cancelled'

const ANSWER: UpstreamAnswer = { body: (async function* () {})(), content_type: 'application/json', status: 200 }
const freely = (): UpstreamFailure => new UpstreamFailure('refused', { may_have_cost: false, retry_after_ms: 1 })
const atCost = (): UpstreamFailure => new UpstreamFailure('reset', { may_have_cost: true })

function outcomeOf(step: Step): Promise<UpstreamAnswer> {
  if (step === 'answers') return Promise.resolve(ANSWER)
  if (step === 'answers late') return turn(ANSWER)
  if (step === 'is cancelled') return Promise.reject(new DOMException('gone', 'AbortError'))
  return Promise.reject(step === 'fails free' ? freely() : atCost())
}

/** An upstream whose attempts go as the steps say, one after another. */
function guarded(steps: readonly Step[], settings: object = {}): { upstream: GuardedUpstream; send(): Promise<string> } {
  const [config] = LlmConfig.parse({
    models: {},
    upstreams: [{ base_url: 'http://127.0.0.1:1', breaker_failures: 3, breaker_open_ms: 60_000, id: 'one', retries: 2, ...settings }],
    usd_per_minute: 1,
  }).upstreams
  let at = 0
  const upstream = new GuardedUpstream(
    config as NonNullable<typeof config>,
    () => outcomeOf(steps[at++] ?? 'answers'),
    () => Promise.resolve(),
  )
  return {
    send: () =>
      upstream.send('chat/completions', '{}', new Cancellation()).then(
        () => 'answered',
        (error: unknown) => (error instanceof BrokenCircuitError ? 'circuit open' : error instanceof UpstreamFailure ? error.message : String(error)),
      ),
    upstream,
  }
}

describe('an upstream', () => {
  it.each<[string, readonly Step[], string, { failures: number; retries: number }]>([
    ['that answers is asked once', ['answers'], 'answered', { failures: 0, retries: 0 }],
    ['that fails without cost is asked again', ['fails free', 'answers'], 'answered', { failures: 1, retries: 1 }],
    ['is asked again as often as configured', ['fails free', 'fails free', 'fails free', 'answers'], 'refused', { failures: 3, retries: 2 }],
    ['whose failure may have cost is not asked again', ['fails at a cost', 'answers'], 'reset', { failures: 1, retries: 0 }],
    ['is not asked again for who has gone', ['is cancelled', 'answers'], 'AbortError: gone', { failures: 1, retries: 0 }],
  ])('%s', async (_name, steps, told, attempts) => {
    const { send, upstream } = guarded(steps, { breaker_failures: 100 })
    expect(await send()).toBe(told)
    expect(upstream.attempts).toMatchObject(attempts)
  })
})

describe('a circuit', () => {
  it('opens with the last of so many failures in a row, the first one counted', async () => {
    const { send, upstream } = guarded(['fails at a cost', 'fails at a cost', 'fails at a cost', 'answers'])
    const open: boolean[] = []
    for (let call = 0; call < 3; call++) {
      expect(await send()).toBe('reset')
      open.push(upstream.is_open)
    }
    expect(open).toEqual([false, false, true])
    expect(await send()).toBe('circuit open')
  })

  it('begins to count anew after an answer, also one that was asked for before the failures', async () => {
    const { send, upstream } = guarded(['fails at a cost', 'fails at a cost', 'answers', 'fails at a cost', 'fails at a cost'])
    for (let call = 0; call < 5; call++) await send()
    expect(upstream.is_open).toBe(false)
    const together = guarded(['answers late', 'fails at a cost', 'fails at a cost', 'fails at a cost', 'fails at a cost'])
    const first = together.send()
    expect(await Promise.all([together.send(), together.send(), first])).toEqual(['reset', 'reset', 'answered'])
    await together.send()
    expect(together.upstream.is_open).toBe(false)
  })

  it('does not count who hangs up', async () => {
    const { send, upstream } = guarded(['is cancelled', 'is cancelled', 'is cancelled', 'answers'])
    for (let call = 0; call < 3; call++) await send()
    expect(upstream.is_open).toBe(false)
    expect(await send()).toBe('answered')
  })

  it('that opens while a call is out leaves that call its own failure: it may have cost something', async () => {
    const { send, upstream } = guarded(['fails at a cost', 'fails at a cost', 'fails at a cost', 'fails at a cost'])
    expect(await Promise.all([send(), send(), send(), send()])).toEqual(['reset', 'reset', 'reset', 'reset'])
    expect(upstream.is_open).toBe(true)
  })
})
