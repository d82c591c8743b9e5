import { applyPatch } from 'diff'
import { describe, expect, it } from 'vitest'
import { adaptiveVersions, probeOf, shownBy } from '../../agents/genesis/programs/adapt.ts'
import { hunkOf } from '../../agents/genesis/programs/diff.ts'
import { type Tested, gainOf, searchVersions } from '../../agents/genesis/programs/improve.ts'
import { indexedLookups, literalChanges } from '../../agents/genesis/programs/rewrite.ts'

type Program = Record<string, (...values: never[]) => unknown>
const load = async (text: string): Promise<Program> => (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as Program

/** A list that counts how often its entries are read. */
function counted<T extends object>(list: readonly T[]): { list: readonly T[]; reads: () => number } {
  let reads = 0
  return {
    list: new Proxy(list, {
      get(target, key, receiver) {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1
        return Reflect.get(target, key, receiver) as unknown
      },
    }),
    reads: () => reads,
  }
}

const LAST_MATCH = `export function label(visits, rooms) {
  const out = []
  for (let a = 0; a < visits.length; a += 1) {
    let hit = null
    for (let b = 0; b < rooms.length; b += 1) if (rooms[b].number === visits[a].room) hit = rooms[b]
    out.push(hit === null ? 'none' : hit.name)
  }
  return out
}
`
const WITH_FIND = `export function label(visits, rooms) {
  return visits.map((visit) => rooms.find((room) => room.number === visit.room)?.name ?? 'none')
}
`
const ROOMS = Array.from({ length: 40 }, (_, index) => ({ name: `room ${index}`, number: index % 39 }))
const VISITS = Array.from({ length: 40 }, (_, index) => ({ room: (index * 7) % 45 }))

describe('rewriting programs', () => {
  it.each([
    ['a loop whose last match counts', LAST_MATCH],
    ['a search by find', WITH_FIND],
  ])('%s keeps its answers and reads the list once', async (_name, text) => {
    const [candidate] = indexedLookups(text)
    const before = counted(ROOMS)
    const after = counted(ROOMS)
    const old = (await load(text)).label as (visits: object, rooms: object) => unknown
    const made = (await load(candidate?.text ?? '')).label as typeof old
    expect(made(VISITS, after.list)).toEqual(old(VISITS, before.list))
    expect(after.reads()).toBe(ROOMS.length)
    expect(before.reads()).toBeGreaterThan(10 * after.reads())
  })

  it.each([
    ['the list changes meanwhile', LAST_MATCH.replace('let hit = null', 'let hit = null\n    rooms.push(visits[a])')],
    ['more than the key decides', LAST_MATCH.replace('visits[a].room)', 'visits[a].room && rooms[b].open)')],
    ['the key itself depends on the entry', LAST_MATCH.replace('visits[a].room)', 'visits[b].room)')],
    ['the list is no argument', LAST_MATCH.replace('visits, rooms', 'visits')],
    ['nothing is looked up', 'export function sum(a, b) {\n  return a + b\n}\n'],
  ])('is left alone when %s', (_name, text) => {
    expect(indexedLookups(text)).toEqual([])
  })

  it('changes one literal at a time', () => {
    expect(literalChanges('export const settings = { batch: 1, cache: false }').map((one) => one.text)).toEqual([
      'export const settings = { batch: 2, cache: false }',
      'export const settings = { batch: 4, cache: false }',
      'export const settings = { batch: 8, cache: false }',
      'export const settings = { batch: 1, cache: true }',
    ])
  })

  it('writes changes that apply, wherever they are', () => {
    const text = Array.from({ length: 12 }, (_, index) => `line ${index}`).join('\n')
    for (const changed of [
      `first\n${text}\n`,
      `${text}\nlast\n`,
      `${text.replace('line 5\n', '')}\n`,
      `${text.replace('line 5', 'other\nlines')}\n`,
      `${text}\n`,
    ])
      expect(changed === `${text}\n` ? hunkOf(`${text}\n`, changed) === '' : applyPatch(`${text}\n`, hunkOf(`${text}\n`, changed))).toBe(
        changed === `${text}\n` ? true : changed,
      )
  })
})

const STRATEGY = `export function offer(day) {
  return Math.min(day.purse, 90)
}
`
/** Tests of a strategy in a market of other words than the benchmark's: profit over what was spent, over the given version's. */
async function testStrategy(text: string): Promise<Tested> {
  const ratio = async (version: string): Promise<number> => {
    const program = (await load(version)).offer as (day: object) => number
    let [spent, got] = [0, 0]
    for (let day = 1; day <= 50; day++) {
      const [asked, worth] = [(day * 37) % 80, (day * 53) % 90]
      const paid = program({ asked, purse: 500, worth })
      if (paid > asked) [spent, got] = [spent + paid, got + worth]
    }
    return spent === 0 ? 0 : got / spent
  }
  try {
    return { detail: '', figures: { ratio: (await ratio(text)) / (await ratio(STRATEGY)) }, test_results: 'all_passed', tests: [] }
  } catch (error) {
    return { detail: error instanceof Error ? error.message : String(error), figures: {}, test_results: 'some_failed', tests: [] }
  }
}

describe('searching for better programs', () => {
  it('finds out by a probe what a strategy is shown, and writes one that adapts', async () => {
    expect(shownBy((await testStrategy(probeOf(STRATEGY) ?? '')).detail)).toEqual(['asked', 'purse', 'worth'])
    const versions = await searchVersions(STRATEGY, [], testStrategy)
    const best = versions.at(-1)
    expect(best?.text).toContain('day.worth > offer && offer <= day.purse')
    expect(gainOf(best?.tested as Tested)).toBeGreaterThan(2)
  })

  it('takes no version that fails its tests or makes one figure worse', async () => {
    const lies = { text: 'worse', why: 'it says so' }
    const test = async (text: string): Promise<Tested> => ({
      detail: '',
      figures: text === 'worse' ? { cost: 9, quality: 0.9 } : { cost: 1, quality: 1 },
      test_results: 'all_passed',
      tests: [],
    })
    expect((await searchVersions('given', [lies], test)).map((one) => one.text)).toEqual(['given'])
    expect(gainOf({ detail: '', figures: { speed: 5 }, test_results: 'some_failed', tests: [] })).toBe(0)
  })

  it('ends when tests always find more', async () => {
    let gain = 1
    const test = async (): Promise<Tested> => ({ detail: '', figures: { cost: (gain += 1) }, test_results: 'all_passed', tests: [] })
    expect((await searchVersions('a: 1', [], test)).length).toBeLessThanOrEqual(61)
  })

  it('writes nothing for programs of another shape', () => {
    expect([probeOf('export const settings = { a: 1 }'), adaptiveVersions('export const a = 1', ['b', 'c']), shownBy('nothing'), shownBy('shown:[')]).toEqual([
      null,
      [],
      [],
      [],
    ])
  })
})
