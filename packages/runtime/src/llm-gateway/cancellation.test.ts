import { describe, expect, it } from 'vitest'
import { Cancellation } from './cancellation.ts'

describe('a cancellation', () => {
  it('tells everybody once, and who comes late at once', () => {
    const cancellation = new Cancellation()
    const told: string[] = []
    cancellation.onCancel(() => told.push('first'))
    cancellation.onCancel(() => told.push('second'))
    expect(cancellation.is_cancelled).toBe(false)
    cancellation.cancel()
    cancellation.cancel()
    cancellation.onCancel(() => told.push('late'))
    expect(told).toEqual(['first', 'second', 'late'])
    expect(cancellation.is_cancelled).toBe(true)
  })

  it('forgets who has nothing left to cancel', () => {
    const cancellation = new Cancellation()
    const told: string[] = []
    const tell = (): void => void told.push('never')
    cancellation.onCancel(tell)
    cancellation.onCancel(() => told.push('still there'))
    cancellation.forget(tell)
    cancellation.cancel()
    expect(told).toEqual(['still there'])
  })

  it('is a signal to libraries, before and after', () => {
    const before = new Cancellation()
    const { signal } = before
    expect(signal.aborted).toBe(false)
    before.cancel()
    expect(signal.reason).toMatchObject({ name: 'AbortError' })
    const after = new Cancellation()
    after.cancel()
    expect(after.signal.aborted).toBe(true)
    expect(after.signal).toBe(after.signal)
  })

  it('follows the signal of whoever has one', () => {
    const controller = new AbortController()
    const cancellation = Cancellation.of(controller.signal)
    expect(cancellation.is_cancelled).toBe(false)
    controller.abort()
    expect(cancellation.is_cancelled).toBe(true)
    expect(Cancellation.of(AbortSignal.abort()).is_cancelled).toBe(true)
  })
})
