import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startHostileModel } from '../agents/hostile-model.ts'
import { removeDir, run, tempDir } from '../program.ts'

const GENESIS = resolve(import.meta.dirname, '../../agents/genesis')
const trialsIn = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(join(folder, 'trials')).map((name) => [name, readFileSync(join(folder, 'trials', name), 'utf8')]))

describe('an agent that thinks with a model in the worlds of the benchmark', () => {
  it('is led astray by nothing that a hostile model says, and a run with kept answers has the same bytes', async () => {
    const folder = tempDir()
    const [llm, kept, first, again, broken] = ['llm.json', 'kept', 'first', 'again', 'broken'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
      string,
    ]
    const model = await startHostileModel()
    writeFileSync(
      llm,
      JSON.stringify({
        models: { hostile: { output_tokens_max: 200, upstreams: [{ model: 'h', upstream: 'h' }] } },
        upstreams: [{ base_url: model.url, id: 'h', retries: 0 }],
        usd_per_minute: 1,
      }),
    )
    const benchmark = (...more: string[]): ReturnType<typeof run> =>
      run(['benchmark', 'run', 'ER-3', '--agent', GENESIS, '--sandbox', 'node', '--wall-limit', '3600', '--item-limit', '86400', '--llm', llm, ...more])
    const recorded = await benchmark('--record', kept, '--out', first, '--json')
    expect([recorded.code, recorded.stderr]).toEqual([0, ''])
    expect(JSON.parse(recorded.stdout)).toMatchObject({
      agent: 'genesis with hostile',
      items: [{ item: 'ER-3', passes: 1 }],
    })
    expect(model.asked()).toBeGreaterThan(12)
    await model.close()
    expect(await benchmark('--replay', kept, '--out', again)).toMatchObject({ code: 0 })
    expect(trialsIn(again)).toEqual(trialsIn(first))
    rmSync(join(kept, 'ER-3.1.0.0'), { recursive: true })
    const missing = await benchmark('--replay', kept, '--out', broken)
    expect([missing.code, missing.stdout]).toEqual([1, expect.stringContaining('ER-3, seed 1, was not judged: an answer of the model was not kept')])
    removeDir(folder)
  })

  it('says what is wrong with its flags', async () => {
    expect(await run(['benchmark', 'run', 'FC-1', '--agent', 'rule', '--replay', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('need --llm'),
    })
    expect(await run(['benchmark', 'run', 'FC-1', '--agent', 'rule', '--llm', join(GENESIS, 'agent.json')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is no configuration of models'),
    })
  })
})
