import { describe, expect, it } from 'vitest'
import { Gate } from './gate.ts'
import { Tokens, hashToken } from './principal.ts'

const bearer = (token: string): string => `Bearer ${token}`

describe('requests that follow each other on one connection', () => {
  it('are of whoever each of them shows, and of nobody without a token', () => {
    const tokens = new Tokens([{ hash: hashToken('operator'), role: 'operator' }], (hash) => (hash === hashToken('key') ? 'team' : null))
    const gate = new Gate({ tokens })
    const connection = {}
    for (const [shown, told] of [
      [bearer('operator'), { role: 'operator' }],
      [bearer('operator'), { role: 'operator' }],
      [bearer('key'), { key_id: 'team', role: 'key' }],
      ['bearer key', { key_id: 'team', role: 'key' }],
      [bearer('kez'), { code: 'credentials_unknown' }],
      [bearer('key'), { key_id: 'team', role: 'key' }],
      [undefined, { code: 'credentials_missing' }],
      ['Basic key', { code: 'credentials_missing' }],
      [bearer('key '), { code: 'credentials_missing' }],
      [bearer('key'), { key_id: 'team', role: 'key' }],
    ] as const)
      expect(gate.enter(shown, connection)).toMatchObject(told)
    expect(gate.enter(bearer('nobody'), {})).toMatchObject({ code: 'credentials_unknown' })
  })

  it('are of nobody any more once the execution or the key has ended', () => {
    const keys = new Set([hashToken('key')])
    const tokens = new Tokens([], (hash) => (keys.has(hash) ? 'team' : null))
    const gate = new Gate({ tokens })
    const token = tokens.issue('a', 'lease-1')
    const [connection, other] = [{}, {}]
    expect(gate.enter(bearer(token), connection)).toMatchObject({ agent_id: 'a', role: 'agent' })
    expect(gate.enter(bearer('key'), other)).toMatchObject({ role: 'key' })
    tokens.revoke('lease-1')
    keys.clear()
    expect(gate.enter(bearer(token), connection)).toMatchObject({ code: 'credentials_unknown' })
    expect(gate.enter(bearer('key'), other)).toMatchObject({ code: 'credentials_unknown' })
  })
})

it('more requests than allowed are refused, of one token and not of another', () => {
  const gate = new Gate({ tokens: new Tokens([], (hash) => hash) })
  let entered = 0
  while (!('code' in gate.enter(bearer('busy')))) entered += 1
  expect(entered).toBeGreaterThanOrEqual(2000)
  expect(gate.enter(bearer('busy'))).toMatchObject({ code: 'rate_limited' })
  expect(gate.enter(bearer('quiet'))).toMatchObject({ role: 'key' })
})
