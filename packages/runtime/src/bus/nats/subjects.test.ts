import { EVENTS, type EventType } from '@syntropism/contract'
import { describe, expect, it } from 'vitest'
import { subjects } from './subjects.ts'

const ECONOMY = 'e1'
const matches = (pattern: string, subject: string): boolean => subject.startsWith(pattern.slice(0, -1))

describe('subjects on the bus', () => {
  it('of every event belong to the stream of events, once', () => {
    const types = Object.keys(EVENTS) as EventType[]
    expect(types.length).toBeGreaterThan(50)
    for (const type of types)
      expect(
        subjects.events(ECONOMY).filter((pattern) => matches(pattern, subjects.event(ECONOMY, type))),
        type,
      ).toHaveLength(1)
  })

  it('of calls and work belong to no event', () => {
    const others = [
      subjects.engineHttp(ECONOMY),
      subjects.engineAgent(ECONOMY),
      subjects.call(ECONOMY),
      subjects.engineExecutor(ECONOMY),
      subjects.execution(ECONOMY, 'x'),
      subjects.report(ECONOMY),
      subjects.toolCall(ECONOMY),
      subjects.dead(ECONOMY),
    ]
    for (const other of others) expect(subjects.events(ECONOMY).filter((pattern) => matches(pattern, other))).toEqual([])
  })
})
