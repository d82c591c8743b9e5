import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { finish, removeDir, run, start, tempDir } from '../program.ts'

const folder = tempDir()
afterAll(() => removeDir(folder))

const BROKEN = `export const model = {
  activations: ['sequential'], agents: { default: 4, min: 1 }, name: 'broken', params: {}, source: '', steps: 5, times: ['scheduled'], title: 'broken',
  setup(world) {
    const population = world.population('trader', world.agents)
    for (let member = 0; member < world.agents; member++) world.mint(population, member, 10)
    const step = (turn) => { for (let index = 0; index < turn.length; index++) world.transfer(population, index, (index + 1) % 4, turn.step === 3 && index === 2 ? NaN : 1) }
    return { observe: () => ({}), stages: [{ population, step }] }
  },
}`

describe('syntropism simulate', () => {
  it('gives the same bytes for the same seed, and figures with their course for people', async () => {
    const args = ['simulate', 'boltzmann', '--agents', '50', '--steps', '20', '--seed', '7', '--set', 'start_units=3']
    const [one, other, text] = await Promise.all([run([...args, '--json']), run([...args, '--json']), run(args)])
    expect(one.stdout).toBe(other.stdout)
    expect(JSON.parse(one.stdout)).toMatchObject({
      agents: 50,
      figures: { circulating_micro: 150_000_000, step: 20 },
      model: 'boltzmann',
      params: { start_units: 3 },
      seed: 7,
    })
    expect(text.stdout).toMatch(/gini +0 +0\.\d+ +▁/)
  })

  it('describes a model, and refuses what it does not know with exit code 2', async () => {
    const [shown, model, value, agents] = await Promise.all([
      run(['simulate', 'boltzmann', '--describe']),
      run(['simulate', 'nonesuch']),
      run(['simulate', 'boltzmann', '--set', 'saving_ppm=lots']),
      run(['simulate', 'boltzmann', '--agents', 'many']),
    ])
    expect(shown.stdout).toContain('start_units')
    expect([shown.code, model.code, value.code, agents.code]).toEqual([0, 2, 2, 2])
    expect(model.stderr).toContain('there is no model "nonesuch": name one of')
    expect(value.stderr).toContain('parameter saving_ppm is a whole number from 0 to 999999, not "lots"')
  })

  it('refuses a folder that cannot hold results before it computes anything', async () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    for (const out of [file, join(file, 'below')]) {
      const refused = await run(['simulate', 'boltzmann', '--steps', '9007199254740991', '--out', out])
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`${out} cannot hold results`)])
    }
    const swept = await run(['sweep', 'boltzmann', '--steps', '9007199254740991', '--out', file])
    expect([swept.code, swept.stderr]).toEqual([2, expect.stringContaining('cannot hold results')])
  })

  it.runIf(process.platform === 'linux')('does not try for ever where the file system makes no folders', async () => {
    const refused = await run(['simulate', 'boltzmann', '--agents', '10', '--steps', '2', '--out', '/proc/syntropism'])
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('/proc/syntropism cannot hold results')])
  })

  it('a model anywhere on the disk imports the packages of the program that runs it', async () => {
    const path = join(folder, 'importing.ts')
    writeFileSync(
      path,
      `import { actEach, type Model } from '@syntropism/simulation'\n${BROKEN.replace('= {', ': Model = {').replace('const step = (turn) =>', 'void actEach; const step = (turn) =>')}`,
    )
    expect(await run(['simulate', path, '--steps', '2'])).toMatchObject({ code: 0, stderr: '' })
    expect((await run(['sweep', path, '--steps', '2', '--seeds', '1', '--out', join(folder, 'importing')])).code).toBe(0)
  })

  it("runs a module's model, and names agent, step and value when it misbehaves", async () => {
    const path = join(folder, 'broken.js')
    writeFileSync(path, BROKEN)
    const result = await run(['simulate', path])
    expect(result.code).toBe(1)
    expect(result.stderr.trim()).toBe('syntropism: trader 2, step 3: an amount is a positive whole number of micro-credits, not NaN')
    expect((await run(['simulate', path, '--steps', '2', '--json'])).code).toBe(0)
  })
})

describe('syntropism sweep', () => {
  it('stops on Ctrl-C with what is done kept, and goes on to the bytes of a sweep that was never stopped', async () => {
    const [stopped, whole, path, sign] = ['stopped', 'whole', 'waiting.ts', 'go-on'].map((name) => join(folder, name)) as [string, string, string, string]
    // The second half of the runs waits for a sign.
    writeFileSync(
      path,
      `import { existsSync } from 'node:fs'
import { MODELS } from '@syntropism/simulation'
const own = MODELS.boltzmann
const wait = () => { while (!existsSync(${JSON.stringify(sign)})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10) }
export const model = { ...own, setup: (world) => ({ ...own.setup(world), begin: (step) => step === 1 && world.number('start_units') === 10 && wait() }) }`,
    )
    const args = (out: string): string[] => {
      const size = ['--agents', '200', '--steps', '40', '--grid', 'start_units=5,10', '--seeds', '1..5', '--workers', '1']
      return ['sweep', path, ...size, '--out', out]
    }
    const child = start(args(stopped))
    const ended = finish(child)
    while (!existsSync(join(stopped, 'runs')) || readdirSync(join(stopped, 'runs')).length < 5) await new Promise((done) => setTimeout(done, 20))
    child.kill('SIGINT')
    child.kill('SIGINT')
    writeFileSync(sign, '')
    const first = await ended
    expect(first.code).toBe(130)
    expect(first.stderr).toContain('the same command with --resume goes on')
    const [rest, all] = await Promise.all([run([...args(stopped), '--resume']), run(args(whole))])
    expect([rest.code, all.code]).toEqual([0, 0])
    expect(all.stdout).toContain('10 of 10 runs done, 0 failed')
    for (const name of ['results.csv', 'results.parquet', 'series.parquet', 'report.html'])
      expect(readFileSync(join(stopped, name)).equals(readFileSync(join(whole, name))), name).toBe(true)
  })

  it('refuses a key that is in the grid and the same for all runs', async () => {
    const twice = await run(['sweep', 'boltzmann', '--grid', 'saving_ppm=1,2', '--set', 'saving_ppm=3', '--out', join(folder, 'twice')])
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('saving_ppm is in the grid')])
  })

  it('ends with exit code 1 when a run failed, and says which', async () => {
    const path = join(folder, 'fragile.js')
    writeFileSync(
      path,
      BROKEN.replace('params: {}', "params: { bad: { kind: 'integer', default: 0, min: 0, max: 1, description: '' } }").replace(
        'turn.step === 3',
        "turn.step === 3 && world.number('bad') === 1",
      ),
    )
    const result = await run(['sweep', path, '--grid', 'bad=0,1', '--seeds', '1', '--out', join(folder, 'fragile'), '--json'])
    expect(result.code).toBe(1)
    expect(JSON.parse(result.stdout)).toMatchObject({
      done: 1,
      failed: 1,
      failures: [{ chosen: { bad: '1' }, error: expect.stringContaining('trader 2, step 3') as string }],
      missing: 0,
    })
  })
})
