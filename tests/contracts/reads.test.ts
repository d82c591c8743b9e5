import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SmallEconomy, openSmallEconomy } from '../servers/economy.ts'

let economy: SmallEconomy
beforeAll(async () => void (economy = await openSmallEconomy('reads')))
afterAll(() => economy.close())

const CASES: readonly (readonly [path: string, token: string])[] = [
  ['/economy', 'operator-token'],
  ['/economic/balance/a', 'run'],
  ['/economic/balance/b', 'run'],
  ['/economic/balance/nobody', 'operator-token'],
  ['/operator/llm/upstreams', 'operator-token'],
  ['/execution/self', 'run'],
  ['/execution/self', 'operator-token'],
  ['/economy', 'wrong'],
  ['/operator/llm/keys', 'run'],
]
const timeless = (text: string): string => text.replaceAll(/"(at|now|remaining)_ms":\d+|"seq":\d+/g, '')

describe('reads without HTTP', () => {
  it.each(CASES)('are answered as the routes answer them: %s for %s', async (path, name) => {
    const authorization = `Bearer ${name === 'run' ? economy.run : name}`
    const routed = await economy.app.request(path, { headers: { authorization } })
    const read = await economy.reads({ authorization, method: 'GET', path, traceparent: undefined })
    expect(read).not.toBeNull()
    expect(read).toMatchObject({ content_type: routed.headers.get('content-type'), status: routed.status })
    expect(timeless(read?.text ?? '')).toBe(timeless(await routed.text()))
  })

  it('leave commands, queries, escapes and what does not exist to the routes', () => {
    const authorization = 'Bearer operator-token'
    const asked = [
      ['POST', '/economic/transfer'],
      ['GET', '/economic/history/a'],
      ['GET', '/economic/balance/%61'],
      ['GET', `/economic/balance/${'a'.repeat(65)}`],
      ['GET', '/economic/balance/a?x=1'],
      ['GET', '/nowhere'],
    ] as const
    for (const [method, path] of asked) expect(economy.reads({ authorization, method, path, traceparent: undefined }), path).toBeNull()
  })

  it('are recorded as the tool calls that they are', async () => {
    const quiet = async (): Promise<void> => {
      while (economy.host.waiting > 0) await new Promise((done) => setTimeout(done, 5))
    }
    await quiet()
    const before = economy.events.length
    await economy.reads({ authorization: `Bearer ${economy.run}`, method: 'GET', path: '/economic/balance/a', traceparent: undefined })
    await quiet()
    expect(economy.events.slice(before).map((event) => event.type)).toEqual(['tool_call_initiated', 'balance_queried', 'tool_call_completed'])
  })
})
