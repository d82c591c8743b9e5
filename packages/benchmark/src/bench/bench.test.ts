import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Scenario, type Variant, drawVariants, loadScenarios } from '../scenario/index.ts'
import { measurementsOf, testVersion } from './index.ts'

const ITEMS = loadScenarios(resolve(import.meta.dirname, '../../../../scenarios'))
const withBench = async (bench: string): Promise<Variant> => {
  for (const item of ITEMS) {
    const [variant] = await drawVariants(item as Scenario, 3)
    if (variant?.world.workload?.bench === bench) return variant
  }
  throw new Error(`no item has the bench ${bench}`)
}
const HONEST = `
const byKey = new Map()
for (const customer of customers) { const { key } = customer; if (!byKey.has(key)) byKey.set(key, customer.name) }
return orders.map((order) => { const { key } = order; return byKey.has(key) ? { amount: order.amount, name: byKey.get(key) } : null })`
const program = (body: string, before = ''): string => `${before}\nexport function process(orders, customers) {${body}\n}`
const ratioOf = async (variant: Variant, source: string): Promise<number | string> => {
  const { detail, figures, test_results } = await testVersion(variant, source)
  return test_results === 'all_passed' ? (figures.operations as number) : detail
}

describe('a program that is measured', () => {
  it('is worth more the less it reads', async () => {
    const variant = await withBench('operations')
    const ratio = await ratioOf(variant, program(HONEST))
    expect(ratio).toBeGreaterThan(2)
    expect(await measurementsOf(variant, program(HONEST))).toMatchObject({ operations: { length: 10 } })
  })

  it.each([
    ['empties what the answer is reckoned from', program('orders.length = 0; return []')],
    ['changes its inputs so that any answer fits', program('for (const order of orders) order.key = 0; return orders.map(() => null)')],
    ['replaces what is used to compare', program('return []', 'JSON.stringify = () => "x"; Array.prototype.map = () => []')],
    ['replaces what is used to count', program('return []', 'globalThis.Proxy = function (one) { return one }; Map.prototype.get = () => 1')],
    ['replaces members that are shared by all objects', program('return []', 'Object.prototype.toJSON = () => 1')],
    ['prints its own figures', program('return []', 'process.stdout.write(\'{"rows":[]}\'); process.exit()')],
    ['imports what it should not', `import process from 'node:process'\n${program('return []', 'process.exit()')}`],
    ['imports it later', program('return []', "import('node:process').then((one) => one.exit())")],
    ['makes code from text', program('return []', "const host = (0, eval)('globalThis.process'); host.exit()")],
    ['makes code from text by a constructor', program('return []', "(() => {}).constructor('return process')().exit()")],
    ['takes the trace of an error apart', program('return []', 'Error.prepareStackTrace = (_, trace) => trace; new Error().stack[0].getThis().process.exit()')],
    ['throws something that cannot be told', program('throw { get message() { throw 1 } }')],
  ])('that %s is worth nothing', async (_, source) => {
    const variant = await withBench('operations')
    expect(await testVersion(variant, source)).toMatchObject({ test_results: 'some_failed' })
    const { operations = [] } = await measurementsOf(variant, source)
    expect(operations.filter(({ after }) => after > 0)).toEqual([])
  })

  it('that never ends is stopped, and worth nothing', async () => {
    const [variant, source] = [await withBench('operations'), program('for (;;);')]
    expect(await testVersion(variant, source, 1000)).toMatchObject({ detail: expect.stringContaining('within 1000 ms'), test_results: 'some_failed' })
    expect(await measurementsOf(variant, source)).toEqual({})
  })

  it('that reads by the back door pays for it', async () => {
    const variant = await withBench('operations')
    const honest = await ratioOf(variant, program(HONEST))
    const sly = `
      const plain = (list) => Object.values(Object.getOwnPropertyDescriptors(list)).map(({ value }) => value).filter((one) => typeof one === 'object')
        .map((one) => Object.fromEntries(Object.entries(Object.getOwnPropertyDescriptors(one)).map(([name, { value }]) => [name, value])));
      [orders, customers] = [plain(orders), plain(customers)]`
    const ratio = await ratioOf(variant, program(`${sly}\n${HONEST}`))
    expect(ratio).toBeGreaterThan(1)
    expect(ratio).toBeLessThan(2 * (honest as number))
  })

  it.each(['auction', 'pipeline'])('the given version of %s is as good as itself', async (bench) => {
    const variant = await withBench(bench)
    const given = variant.world.files[variant.world.workload?.file ?? ''] as string
    expect(await testVersion(variant, `${given}\n`)).toMatchObject({ test_results: 'all_passed' })
  })
})
