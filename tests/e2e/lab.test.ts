import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawBook } from '@syntropism/simulation'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeDir, run, tempDir } from '../program.ts'

let dir = ''
let book = ''
beforeEach(() => {
  dir = tempDir()
  book = join(dir, 'book.json')
  writeFileSync(
    book,
    JSON.stringify({
      bids: [
        { bundle: { cpu: 6, mem: 2 }, id: 'x', price: 60 },
        { bundle: { cpu: 5, mem: 5 }, id: 'y', price: 50 },
        { bundle: { cpu: 4, mem: 6 }, id: 'z', price: 45 },
        { bundle: { cpu: 1, mem: 1 }, id: 'w', price: 25 },
      ],
      supply: { cpu: 10, mem: 10 },
    }),
  )
})
afterEach(() => removeDir(dir))

describe('the mechanism lab', () => {
  it('clears a book exactly with VCG payments', async () => {
    const { code, stdout } = await run(['clear', book, '--mechanism', 'exact', '--payments', 'vcg', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ bound: 105, gap: 0, payments: { x: 30, z: 25 }, revenue: 55, welfare: 105 })
  })

  it('sets every sound pair side by side on several books, in a table and a picture', async () => {
    const plot = join(dir, 'plot.svg')
    const { code, stdout } = await run(['compare', book, book, '--plot', plot, '--json'])
    expect(code).toBe(0)
    const results = JSON.parse(stdout) as { mechanism: string; payment_rule: string; revenue: number; welfare: number }[]
    expect(results).toHaveLength(22)
    expect(results.slice(0, 11).map(({ mechanism, payment_rule, revenue, welfare }) => [mechanism, payment_rule, welfare, revenue])).toEqual([
      ['highest-bid', 'bid', 105, 105],
      ['highest-bid', 'critical', 105, 75],
      ['density', 'bid', 85, 85],
      ['density', 'critical', 85, 50],
      ['density-sqrt', 'bid', 85, 85],
      ['density-sqrt', 'critical', 85, 66],
      ['shadow', 'bid', 105, 105],
      ['shadow', 'shadow', 105, expect.any(Number)],
      ['exact', 'bid', 105, 105],
      ['exact', 'vcg', 105, 55],
      ['drf', 'bid', 75, 75],
    ])
    expect(readFileSync(plot, 'utf8')).toContain('density-sqrt, critical')
    expect((await run(['compare', book])).stdout).toMatch(/exact +vcg .*100\.00 %/)
  })

  it('draws books of the literature that it then clears', async () => {
    const { code, stdout } = await run(['book', 'cats-regions', '--bids', '40', '--seed', '7', '--set', 'goods=25'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual(drawBook('cats-regions', 40, 7, { goods: '25' }))
    writeFileSync(book, stdout)
    expect(JSON.parse((await run(['clear', book, '--mechanism', 'exact', '--time-limit', '3600', '--json'])).stdout)).toMatchObject({ gap: 0 })
    const listed = JSON.parse((await run(['book', '--list', '--json'])).stdout) as { name: string; params: object }[]
    expect(listed.map(({ name }) => name)).toContain('sandholm-decay')
    expect(await run(['book', 'cats-regions', '--set', 'alpha=1'])).toMatchObject({ code: 2, stderr: expect.stringContaining('there are: goods'), stdout: '' })
  })

  it('measures how far from truthful each pair is', async () => {
    const { code, stdout } = await run(['regret', book, '--json'])
    expect(code).toBe(0)
    const results = JSON.parse(stdout) as { mechanism: string; mean: number; payment_rule: string }[]
    expect(results.filter(({ payment_rule }) => payment_rule === 'critical').map(({ mean }) => mean)).toEqual([0, 0, 0])
    expect(results.find(({ mechanism, payment_rule }) => mechanism === 'highest-bid' && payment_rule === 'bid')?.mean).toBeGreaterThan(0)
  })

  it('refuses an unsound pairing and a broken book with the place, and exit code 2', async () => {
    const unsound = await run(['clear', book, '--mechanism', 'density', '--payments', 'vcg'])
    expect(unsound).toMatchObject({ code: 2, stdout: '' })
    expect(unsound.stderr).toContain('not optimal')
    writeFileSync(book, '{"supply":{"cpu":1},"bids":[{"id":"a","bundle":{"cpu":0.5},"price":1}]}')
    const broken = await run(['clear', book])
    expect(broken.code).toBe(2)
    expect(broken.stderr).toContain('bids[0].bundle.cpu: must be a whole number')
    expect((await run(['clear', join(dir, 'none.json')])).code).toBe(2)
  })

  it('reads a book that begins with a byte order mark and has lines of Windows', async () => {
    writeFileSync(book, `\uFEFF${readFileSync(book, 'utf8').replaceAll(',', ',\r\n')}`)
    expect(JSON.parse((await run(['clear', book, '--json'])).stdout)).toMatchObject({ winners: ['x', 'z'] })
    expect((await run(['regret', book, '--json'])).code).toBe(0)
  })

  it('evaluates formulas with whole numbers of any size, and refuses what does not fit', async () => {
    expect((await run(['formula', 'base-fee', '--input', '{"base":2000000000,"limit":30000000,"used":22500000}', '--json'])).stdout).toBe('2125000000\n')
    expect((await run(['formula', 'fake-exponential', '--input', '{"factor":"100000000000000000","numerator":0,"denominator":1}'])).stdout).toBe(
      '"100000000000000000"\n',
    )
    const wrong = await run(['formula', 'base-fee', '--input', '{"base":1.5,"limit":2,"used":1}'])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('base')
    expect(JSON.parse((await run(['formula', '--list', '--json'])).stdout)).toHaveLength(38)
  })

  it('says what the clearing curve of a price needs, and what is of no use to the others', async () => {
    const csv = join(dir, 'share.csv')
    writeFileSync(csv, '0.5\n')
    const bookless = await run(['price', csv, '--curve', 'clearing'])
    expect([bookless.code, bookless.stderr]).toEqual([2, expect.stringContaining('--curve clearing --book book.json --resource cpu')])
    const useless = await run(['price', csv, '--curve', 'linear', '--book', 'any.json'])
    expect([useless.code, useless.stderr]).toEqual([2, expect.stringContaining('belong to --curve clearing')])
    expect((await run(['price', '--help'])).stdout).toContain('syntropism price utilisation.csv --curve clearing --book book.json --resource cpu')
  })

  it('traces a price along utilisations', async () => {
    const csv = join(dir, 'use.csv')
    writeFileSync(csv, 'time,utilisation\n0,0.85\n1,0.5\n2,0.1\n')
    expect(JSON.parse((await run(['price', csv, '--price', '2000000', '--json'])).stdout)).toMatchObject({
      price_micro_per_s: [2_000_000, 2_200_000, 2_200_000, 2_090_000],
    })
    expect(JSON.parse((await run(['price', csv, '--curve', 'base-fee', '--price', '2000000', '--json'])).stdout)).toMatchObject({
      price_micro_per_s: [2_000_000, 2_175_000, 2_175_000, 1_957_500],
    })
    expect(JSON.parse((await run(['price', csv, '--curve', 'excess', '--price', '2000000', '--json'])).stdout)).toMatchObject({
      price_micro_per_s: [2_000_000, 2_171_884, 2_171_884, 1_976_581],
    })
    // All that is left of cpu at 85 % taken fits nobody whole: the dearest bid is refused.
    expect(JSON.parse((await run(['price', csv, '--curve', 'clearing', '--book', book, '--floor', '1', '--json'])).stdout)).toMatchObject({
      price_micro_per_s: [4_000_000, 75, 75, 50],
    })
    writeFileSync(csv, '0.5\n1.5\n')
    const wrong = await run(['price', csv])
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain(':2: "1.5" is no share')
  })
})
