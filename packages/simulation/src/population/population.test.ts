import { createLedger } from '@syntropism/economy'
import { describe, expect, it } from 'vitest'
import { streamOf } from '../random/index.ts'
import { Population } from './index.ts'

const random = streamOf(1, 'activation')
const orderOf = (population: Population): number[] => [...population.order.subarray(0, population.living)]

describe('a population', () => {
  it('acts in sequence, or shuffled with everyone once', () => {
    const population = new Population(createLedger(), 'agent', 20)
    population.arrange('sequential', random)
    expect(orderOf(population)).toEqual(Array.from({ length: 20 }, (_, member) => member))
    population.arrange('random', random)
    expect(orderOf(population)).not.toEqual(Array.from({ length: 20 }, (_, member) => member))
    expect(orderOf(population).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, member) => member))
  })

  it('lets members be born into room and die, and uses their places again with columns of zero', () => {
    const population = new Population(createLedger(), 'agent', 2, 3)
    const age = population.i32()
    age.fill(9)
    expect(population.spawn()).toBe(2)
    expect(population.spawn()).toBe(-1)
    population.kill(0)
    population.arrange('sequential', random)
    expect(orderOf(population)).toEqual([1, 2])
    expect(population.spawn()).toBe(0)
    expect([...age]).toEqual([0, 9, 0])
    expect([population.count(), population.births, population.deaths]).toEqual([3, 2, 1])
    expect(() => {
      population.kill(1)
      population.kill(1)
    }).toThrow('only a living member')
  })

  it('refuses a capacity below its members', () => {
    expect(() => new Population(createLedger(), 'agent', 3, 2)).toThrow('do not fit')
    expect(() => new Population(createLedger(), 'agent', 1.5)).toThrow('do not fit')
  })
})
