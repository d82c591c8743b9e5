import { expect, it } from 'vitest'
import { Log } from './index.ts'
import type { LogRecord } from './log.ts'

const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
function open(options: Partial<ConstructorParameters<typeof Log>[0]> = {}) {
  const lines: string[] = []
  const log = new Log({ format: 'json', level: 'info', now: () => 0, write: (line) => void lines.push(line), ...options })
  return { lines, log }
}

it('writes one JSON line a record, with the trace it belongs to', () => {
  const { lines, log } = open()
  log.warn('the window ended', { lease_id: 'lease-1', left_ms: 5 }, TRACE)
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      lease_id: 'lease-1',
      left_ms: 5,
      level: 'warn',
      message: 'the window ended',
      span_id: 'b'.repeat(16),
      timestamp: '1970-01-01T00:00:00.000Z',
      trace_id: 'a'.repeat(32),
    },
  ])
})

it('writes nothing below its level, and ignores a context that is none', () => {
  const { lines, log } = open({ level: 'warn' })
  log.debug('d')
  log.info('i')
  log.error('e', {}, 'garbage')
  expect(lines).toHaveLength(1)
  expect(lines[0]).not.toContain('trace_id')
})

it('hides secrets by the name they go under and by their form', () => {
  const { lines, log } = open({ format: 'text' })
  const token = `operator_${'x'.repeat(32)}`
  log.info(`refused ${token}`, { authorization: 'abc', error: new Error(`Bearer ${token}`), nested: { api_key: 'k', list: [token] }, tokens: 12 })
  expect(lines[0]).not.toContain(token)
  expect(lines[0]).not.toContain('abc')
  expect(lines[0]).toContain('tokens=12')
  expect(lines[0]).toContain('refused [hidden]')
})

it('hands what it writes to its listeners', () => {
  const { log } = open()
  const heard: LogRecord[] = []
  log.subscribe((record) => void heard.push(record))
  log.debug('not written')
  log.info('written', {}, TRACE)
  expect(heard).toMatchObject([{ message: 'written', trace_id: 'a'.repeat(32) }])
})
