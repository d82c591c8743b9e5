import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finish, removeDir, run, start, tempDir } from '../program.ts'

let folder = ''
beforeAll(() => void (folder = tempDir()))
afterAll(() => removeDir(folder))

const test = (dir: string, ...more: string[]) => run(['agent', 'test', dir, '--sandbox', 'node', '--json', ...more])
/** Windows are so long that none is over before its program, on any machine. */
const STANDING = { bundle: { cpu_millicores: 400, memory_mb: 96 }, duration_ms: 30_000, limit_micro: 600_000_000, margin_ppm: 250_000, pause_ms: 100 }

/** Gives an agent windows in which it has time on a slow machine, too. */
function lengthen(dir: string): void {
  const manifest = JSON.parse(readFileSync(join(dir, 'agent.json'), 'utf8')) as { standing_bid: object }
  writeFileSync(
    join(dir, 'agent.json'),
    JSON.stringify({ ...manifest, standing_bid: { ...manifest.standing_bid, duration_ms: 30_000, limit_micro: 600_000_000 } }),
  )
}

/** An agent whose program is this text. */
function agentOf(name: string, program: string, more: object = {}): string {
  const dir = join(folder, name)
  mkdirSync(dir)
  writeFileSync(join(dir, 'agent.json'), JSON.stringify({ command: ['node', 'main.mjs'], name, standing_bid: STANDING, ...more }))
  writeFileSync(join(dir, 'main.mjs'), program)
  return dir
}

describe('syntropism init agent', () => {
  it.each(['rule', 'llm'])('makes an agent from the template %s that is ready at once, by its own tests and in a simulated economy', async (template) => {
    const name = `mine-${template}`
    const made = await finish(start(['init', 'agent', name, '--template', template, '--json'], {}, folder))
    expect([made.code, made.stderr]).toEqual([0, ''])
    const { files } = JSON.parse(made.stdout) as { files: string[] }
    expect(files).toEqual(expect.arrayContaining(['README.md', 'agent.json', 'main.mjs', 'package.json']))
    for (const file of readdirSync(join(folder, name))) expect(readFileSync(join(folder, name, file), 'utf8'), file).not.toContain('my-agent')
    const own = await finish(start([], {}, join(folder, name), ([node = '']) => [node, '--test']))
    expect(own.code, own.stdout).toBe(0)
    lengthen(join(folder, name))
    const report = JSON.parse((await test(join(folder, name), '--windows', '3')).stdout) as { llm_micro_usd: number }
    expect(report).toMatchObject({
      agent: name,
      errors: [],
      prompts: { filed: 3, scored: 3 },
      verdict: 'ready',
      windows: [{ cause: 'completed', exit_code: 0 }, {}, {}],
    })
    expect(report.llm_micro_usd > 0).toBe(template === 'llm')
  })

  it('refuses what exists, what is no name and what is no template, and writes nothing', async () => {
    mkdirSync(join(folder, 'there'))
    const refused = await finish(start(['init', 'agent', 'there'], {}, folder))
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('there exists already; name a folder that does not') })
    writeFileSync(join(folder, 'a-file'), '')
    const below = await run(['init', 'agent', join(folder, 'a-file', 'mine')])
    expect(below).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be made') })
    expect(readdirSync(join(folder, 'there'))).toEqual([])
    expect(await finish(start(['init', 'agent', 'no name'], {}, folder))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot be the name of an agent'),
    })
    expect(await finish(start(['init', 'agent', 'other', '--template', 'magic'], {}, folder))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there are: llm, python, rule'),
    })
    expect(await run(['init', 'agent'])).toMatchObject({ code: 2, stderr: expect.stringContaining('name a folder') })
    expect(existsSync(join(folder, 'other'))).toBe(false)
    const listed = JSON.parse((await run(['init', 'agent', '--list', '--json'])).stdout) as { name: string }[]
    expect(listed.map((one) => one.name)).toEqual(['llm', 'python', 'rule'])
  })
})

describe('syntropism agent test', () => {
  it('gives the same figures each time', async () => {
    const dir = agentOf('same', `import { connect } from '@syntropism/sdk/node'\nawait connect().message('neighbour', 'hello')`)
    const figures = async (): Promise<object> => {
      const { balance, bids, errors, messages_sent, spent_micro } = JSON.parse((await test(dir)).stdout) as Record<string, unknown>
      return { balance, bids, errors, messages_sent, spent_micro }
    }
    const first = await figures()
    expect(await figures()).toEqual(first)
    expect(first).toMatchObject({ errors: [], messages_sent: 5 })
  })

  it('says that a program which crashes or outlives its window is not ready, and shows its last words', async () => {
    const crashing = await test(agentOf('crashing', 'throw new Error("nobody caught this")'), '--windows', '2')
    expect(crashing.code).toBe(1)
    expect(JSON.parse(crashing.stdout)).toMatchObject({
      reasons: ['2 of 2 windows ended with crashed'],
      verdict: 'not_ready',
      windows: [{ cause: 'crashed', detail: expect.stringContaining('nobody caught this'), exit_code: 1 }, {}],
    })
    const slow = await test(agentOf('slow', 'setTimeout(() => undefined, 600_000)', { standing_bid: { ...STANDING, duration_ms: 1000 } }), '--windows', '1')
    expect(JSON.parse(slow.stdout)).toMatchObject({ reasons: ['1 of 1 windows ended with wall_limit'] })
    const text = await run(['agent', 'test', join(folder, 'crashing'), '--sandbox', 'node', '--windows', '1'])
    expect(text.stdout).toMatch(/last words in lease-\d+:[\s\S]*nobody caught this[\s\S]*Verdict: not ready\. 1 of 1 windows ended with crashed\./)
  })

  it('counts refused calls by tool and code, and windows that could not be paid', async () => {
    const dir = agentOf(
      'poor',
      `import { connect } from '@syntropism/sdk/node'\nawait connect().transfer('neighbour', 10 ** 12, 'all').catch(() => undefined)`,
      {
        start_credits_micro: 240_000_000,
      },
    )
    const { code, stdout } = await test(dir, '--windows', '10')
    const report = JSON.parse(stdout) as { reasons: string[]; windows: object[] }
    expect(report).toMatchObject({ errors: [{ code: 'credits_insufficient', tool: 'economic.transfer' }] })
    // A window that a busy machine cut short stands there too.
    expect([code, report.reasons.at(-1)]).toEqual([1, `it held ${report.windows.length} of 10 windows within the time: it stopped bidding, or could not pay`])
  })

  it('buys the windows of an agent without a standing bid, and notes a program that calls nothing', async () => {
    const { code, stdout } = await test(agentOf('woken', '', { standing_bid: null }), '--windows', '2')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      notes: ['it called no operation of the System Service', 'it has no standing bid: its windows were bought for it'],
      windows: [{ calls: 0 }, {}],
    })
  })

  it('refuses a folder that is no agent, with exit code 2', async () => {
    expect(await test(folder)).toMatchObject({ code: 2, stderr: expect.stringContaining('agent.json is no agent') })
  })
})
