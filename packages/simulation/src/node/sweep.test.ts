import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, describe, expect, it } from 'vitest'
import { type SweepRequest, sweep } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'syntropism-sweep-'))
afterAll(() => rmSync(root, { force: true, recursive: true }))
let folders = 0

const spec = { fixed: { agents: '40', rule: 'split', steps: '30' }, grid: { saving_ppm: ['0', '500000'] }, model: 'boltzmann', seeds: [1, 2, 3] }
const request = (change: Partial<SweepRequest> = {}): SweepRequest => ({
  folder: join(root, String(folders++)),
  resume: false,
  signal: new AbortController().signal,
  spec,
  workers: 1,
  ...change,
})
const bytesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name)).toString('base64')]),
  )

/** Fails for one parameter value, in the middle of a run. */
const FRAGILE = `export const model = {
  activations: ['sequential'], agents: { default: 3, min: 1 }, name: 'fragile', steps: 4, times: ['scheduled'], title: 'fragile', source: '',
  params: { trouble: { kind: 'integer', default: 0, min: 0, max: 9, description: '' } },
  setup(world) {
    const population = world.population('trader', world.agents)
    const step = (turn) => { if (turn.step === 3 && world.number('trouble') === 1) world.fail(population, 2, 'returned NaN') }
    return { observe: () => ({ luck: world.random('luck').below(1000) }), stages: [{ population, step }] }
  },
}`

describe('a sweep', () => {
  it('writes the same bytes with one worker and with three', async () => {
    const [one, three] = [request(), request({ workers: 3 })]
    await sweep(one)
    await sweep(three)
    const bytes = bytesIn(one.folder)
    expect(Object.keys(bytes).toSorted()).toEqual([
      '000000.json',
      '000001.json',
      '000002.json',
      '000003.json',
      '000004.json',
      '000005.json',
      'report.html',
      'results.csv',
      'results.parquet',
      'series.csv',
      'series.parquet',
      'sweep.json',
    ])
    expect(bytesIn(three.folder)).toEqual(bytes)
  })

  it.each([
    ['market', { share_ppm: ['100000'] }],
    ['attention', { rule: ['auction', 'flat'] }],
    ['evolution', { start_ppm: ['600000'] }],
  ])('writes the same bytes with one worker and with three when agents live in the economy: %s', async (model, grid) => {
    const own = { fixed: { agents: '20', steps: '20' }, grid, model, seeds: [1, 2] }
    const [one, three] = [request({ spec: own }), request({ spec: own, workers: 3 })]
    const [first] = await Promise.all([sweep(one), sweep(three)])
    expect(first.outcomes.every((outcome) => outcome.status === 'done')).toBe(true)
    expect(bytesIn(three.folder)).toEqual(bytesIn(one.folder))
  })

  it('says in Parquet what it says in CSV', async () => {
    const asked = request()
    const { groups } = await sweep(asked)
    const lines = readFileSync(join(asked.folder, 'results.csv'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(','))
    const file = readFileSync(join(asked.folder, 'results.parquet'))
    const rows = await parquetReadObjects({ file: file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer })
    expect(rows.map((row) => lines[0]?.map((name) => String(row[name] ?? '')))).toEqual(lines.slice(1))
    expect(rows).toHaveLength(6)
    // What counts is whole in the file, what is observed is a double even where it happens to be whole.
    expect([rows[0]?.['seed'], rows[0]?.['saving_ppm'], rows[0]?.['births']].map((cell) => typeof cell)).toEqual(['bigint', 'bigint', 'number'])
    expect(groups.map((group) => group.label)).toEqual(['saving_ppm=0', 'saving_ppm=500000'])
    expect(groups[0]?.figures.gini?.mean).toBeGreaterThan(groups[1]?.figures.gini?.mean as number)
  })

  it('goes on after it was stopped, to the same bytes', async () => {
    const whole = request()
    await sweep(whole)
    const stopping = new AbortController()
    const part = request({ progress: (done) => done === 2 && stopping.abort(), signal: stopping.signal })
    const stopped = await sweep(part)
    const done = stopped.outcomes.filter((outcome) => outcome.status === 'done').length
    expect(done).toBe(2)
    await expect(sweep({ ...part, signal: new AbortController().signal })).rejects.toThrow('go on with --resume')
    const rest = await sweep({ ...part, resume: true, signal: new AbortController().signal })
    expect(rest.carried_out).toBe(4)
    expect(bytesIn(part.folder)).toEqual(bytesIn(whole.folder))
  })

  it('marks a failed run, keeps the others, and tries it again when resumed', async () => {
    const model = join(root, 'fragile.js')
    writeFileSync(model, FRAGILE)
    const asked = request({ spec: { fixed: {}, grid: { trouble: ['0', '1', '2'] }, model, seeds: [5] } })
    const { outcomes } = await sweep(asked)
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['done', 'failed', 'done'])
    expect(outcomes[1]?.error).toBe('trader 2, step 3: returned NaN')
    expect(readFileSync(join(asked.folder, 'results.csv'), 'utf8')).toContain('failed')
    expect(readFileSync(join(asked.folder, 'report.html'), 'utf8')).toContain('1 failed')
    expect((await sweep({ ...asked, resume: true })).carried_out).toBe(1)
  })

  it('keeps the others when a worker dies', async () => {
    const model = join(root, 'deadly.js')
    writeFileSync(model, FRAGILE.replace("world.fail(population, 2, 'returned NaN')", 'process.exit(3)'))
    const { outcomes } = await sweep(request({ spec: { fixed: {}, grid: { trouble: ['0', '1', '2'] }, model, seeds: [5] } }))
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['done', 'failed', 'done'])
    expect(outcomes[1]?.error).toBe('the worker ended before its run')
  })

  it('refuses what the model refuses before anything runs, and a folder of another sweep', async () => {
    await expect(sweep(request({ spec: { ...spec, grid: { saving_ppm: ['0', '2000000'] } } }))).rejects.toThrow('from 0 to 999999, not 2000000')
    const used = request()
    await sweep(used)
    await expect(sweep({ ...used, spec: { ...spec, seeds: [9] } })).rejects.toThrow('holds another sweep')
    await expect(sweep(request({ spec: { ...spec, seeds: [] } }))).rejects.toThrow('at least one seed')
  })
})
