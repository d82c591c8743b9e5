import { describe, expect, it } from 'vitest'
import { MODELS } from '../models/index.ts'
import { streamOf } from '../random/index.ts'
import { type Model, Run, type Turn, actEach, decideEach, paramSchema, readParams, simulate } from './index.ts'
import { EventQueue } from './queue.ts'

const boltzmann = MODELS.boltzmann as Model

/** A model of one population whose strategy is handed in. */
const modelOf = (decide: (member: number, step: number) => number): Model => ({
  activations: ['sequential'],
  agents: { default: 5, min: 1 },
  name: 'test',
  params: {},
  setup(world) {
    const population = world.population('trader', world.agents)
    const wanted = population.f64()
    return {
      observe: () => ({ wanted: wanted[0] as number }),
      stages: [{ population, step: (turn) => decideEach(world, population, turn, (member) => decide(member, turn.step), wanted) }],
    }
  },
  source: 'test',
  steps: 10,
  times: ['scheduled'],
  title: 'test',
})

describe('a run', () => {
  it('is the same for the same seed, and another for another', () => {
    const once = JSON.stringify(simulate({ model: boltzmann, seed: 1, steps: 20 }))
    expect(JSON.stringify(simulate({ model: boltzmann, seed: 1, steps: 20 }))).toBe(once)
    expect(JSON.stringify(simulate({ model: boltzmann, seed: 2, steps: 20 }))).not.toBe(once)
  })

  it('observes the start, every so many steps, and the last', () => {
    const { series } = simulate({ model: boltzmann, observe_every: 3, seed: 1, steps: 7 })
    expect(series.rows.map((row) => row[0])).toEqual([0, 3, 6, 7])
  })

  it('may be looked at before it ends', () => {
    const run = new Run({ model: boltzmann, seed: 1, steps: 50 })
    for (let step = 0; step < 10; step++) expect(run.step()).toBe(true)
    expect(run.result().steps).toBe(10)
  })

  it.each([
    [{ agents: 1 }, 'agents of boltzmann is a whole number of at least 2, not 1'],
    [{ steps: 0 }, 'steps is a whole number of at least 1'],
    [{ seed: -1 }, 'a seed is'],
    [{ seed: Number.NaN }, 'a seed is'],
    [{ activation: 'staged' }, 'activation of boltzmann is one of random, sequential, simultaneous, not "staged"'],
    [{ time: 'soon' }, 'time of boltzmann is one of'],
    [{ params: { start: 1 } }, 'there is no parameter "start"; there are: rule, saving_ppm, start_units, unit_micro'],
    [{ params: { start_units: 'ten' } }, 'parameter start_units is a whole number from 1 to 1000000, not "ten"'],
    [{ params: { start_units: 1.5 } }, 'not 1.5'],
    [{ params: { saving_ppm: -1 } }, 'from 0 to 999999, not -1'],
    [{ params: { rule: 'gift' } }, 'parameter rule is one of unit, split, not "gift"'],
  ])('refuses %j', (wrong, message) => {
    expect(() => new Run({ model: boltzmann, seed: 1, ...wrong })).toThrow(message)
  })

  it.each([Number.NaN, Infinity, undefined as never, '7' as never])('names agent, step and value when a strategy returns %s', (value) => {
    expect(() => simulate({ model: modelOf((member, step) => (member === 3 && step === 4 ? value : 1)), seed: 1 })).toThrow(
      `trader 3, step 4: the strategy returned ${typeof value === 'string' ? '"7"' : String(value)} where a finite number is needed`,
    )
  })

  it('names agent and step when a strategy throws', () => {
    const broken = modelOf((member) => {
      if (member === 2) throw new Error('no idea')
      return 1
    })
    expect(() => simulate({ model: broken, seed: 1 })).toThrow('trader 2, step 1: no idea')
  })

  it('refuses an amount that is none, with agent and step', () => {
    const model: Model = {
      ...modelOf(() => 0),
      setup(world) {
        const population = world.population('payer', world.agents)
        for (let member = 0; member < world.agents; member++) world.mint(population, member, 10)
        return {
          observe: () => ({}),
          stages: [
            {
              population,
              step: (turn) => actEach(world, population, turn, (member) => world.transfer(population, member, (member + 1) % 5, member === 4 ? 0.5 : 1)),
            },
          ],
        }
      },
    }
    expect(() => simulate({ model, seed: 1 })).toThrow('payer 4, step 1: an amount is a positive whole number of micro-credits, not 0.5')
  })
})

describe('many members in random order', () => {
  const agents = 20_000
  const manyOf = (act: (member: number) => void, seen: number[]): Model => ({
    ...modelOf(() => 0),
    activations: ['random'],
    setup(world) {
      const population = world.population('trader', agents)
      const own = population.i32()
      for (let member = 0; member < agents; member++) own[member] = member
      const besides: number[] = []
      population.alsoReadAhead((order, from, end) => {
        for (let index = from; index < end; index++) besides.push(order[index] as number)
        return 0
      })
      const step = (turn: Turn): void => {
        actEach(world, population, turn, (member) => {
          // What belongs to a member is read before it acts.
          expect(besides[seen.length]).toBe(member)
          seen.push(member)
          act(member)
        })
      }
      return { observe: () => ({}), stages: [{ population, step }] }
    },
    steps: 1,
  })

  it('act once each, in the order of the shuffle, after what belongs to them was read', () => {
    const seen: number[] = []
    simulate({ agents, model: manyOf(() => undefined, seen), seed: 3 })
    const order = Int32Array.from({ length: agents }, (_, index) => index)
    streamOf(3, 'activation').shuffle(order, agents)
    expect(seen).toEqual([...order])
  })

  it('are named when they throw', () => {
    const seen: number[] = []
    const fail = (member: number): void => {
      if (seen.length === 12_345) throw new Error(`${member} will not`)
    }
    expect(() => simulate({ agents, model: manyOf(fail, seen), seed: 3 })).toThrow(/trader (\d+), step 1: \1 will not/)
  })
})

describe('the event queue', () => {
  it('gives events by instant, then by when they were put in', () => {
    const queue = new EventQueue()
    const random = streamOf(5, 'queue')
    const put = Array.from({ length: 500 }, (_, index) => ({ at_ms: random.below(50), kind: index, subject: 1000 - index }))
    for (const one of put) queue.push(one.at_ms, one.kind, one.subject)
    const sorted = put.toSorted((a, b) => a.at_ms - b.at_ms || a.kind - b.kind)
    expect(Array.from({ length: 500 }, () => queue.pop())).toEqual(sorted)
    expect(queue.nextMs()).toBe(Infinity)
    expect(() => queue.pop()).toThrow('no event')
    for (const wrong of [-1, 0.5, Number.NaN]) expect(() => queue.push(wrong, 0, 0)).toThrow('whole number')
  })
})

describe('parameters', () => {
  it('come as numbers or text and have a JSON Schema', () => {
    expect(readParams(boltzmann.params, { start_units: '7' }).start_units).toBe(7)
    expect(paramSchema(boltzmann.params)).toMatchObject({ properties: { rule: { enum: ['unit', 'split'] }, start_units: { minimum: 1, type: 'integer' } } })
  })
})
