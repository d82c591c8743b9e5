import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { removeDir, run, tempDir } from '../program.ts'

const GENESIS = resolve(import.meta.dirname, '../../agents/genesis')
/** Limits that no machine reaches. */
const UNHURRIED = ['--wall-limit', '3600', '--item-limit', '86400']

describe('syntropism benchmark run', () => {
  it('runs an agent from a folder as a process of its own, and writes log, JUnit XML, report and comparison', async () => {
    const folder = tempDir()
    const [a, b, junit, html] = ['a', 'b', 'junit.xml', 'report.html'].map((name) => join(folder, name)) as [string, string, string, string]
    const first = await run([
      'benchmark',
      'run',
      'ER-3',
      'SI-1',
      'SI-4',
      '--agent',
      GENESIS,
      '--sandbox',
      'node',
      ...UNHURRIED,
      '--out',
      a,
      '--junit',
      junit,
      '--json',
    ])
    expect([first.code, first.stderr]).toEqual([0, ''])
    expect(JSON.parse(first.stdout)).toMatchObject({
      agent: 'genesis',
      items: [
        { item: 'ER-3', judge: { judged: 0, mean_score: null, passes: 0 }, passes: 1 },
        { item: 'SI-1', passes: 1 },
        { item: 'SI-4', passes: 1 },
      ],
      stopped: null,
    })
    expect(readFileSync(junit, 'utf8')).toContain('<testsuite name="ER-3" tests="1" failures="0" errors="0">')
    const second = await run(['benchmark', 'run', 'ER-3', '--agent', 'greedy', '--out', b])
    expect(second.stdout).toMatch(/ER-3 {2}0\/1/)
    expect(await run(['benchmark', 'report', b, '--out', html])).toMatchObject({ code: 0 })
    expect(readFileSync(html, 'utf8')).toMatch(/World 0, “(buying|building) pays”[\s\S]*expected the decision/)
    expect((await run(['benchmark', 'compare', a, b, '--out', html])).stdout).toContain('Is genesis better than greedy? Not shown')
    expect(readFileSync(html, 'utf8')).toContain('<h1>Is genesis better than greedy?</h1>')
    expect(await run(['benchmark', 'rescore', a])).toMatchObject({ code: 0, stdout: expect.stringContaining('0 of 3 verdicts are others than those kept.') })
    const items = join(folder, 'items')
    mkdirSync(items)
    const item = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../scenarios/er-3.json'), 'utf8')) as { rules: object }
    for (const name of ['si-1.json', 'si-4.json']) cpSync(resolve(import.meta.dirname, '../../scenarios', name), join(items, name))
    writeFileSync(join(items, 'er-3.json'), JSON.stringify({ ...item, rules: { ...item.rules, limits: { calls: { '<': 1 } } } }))
    expect(await run(['benchmark', 'rescore', a, '--scenarios', items])).toMatchObject({ code: 1, stdout: expect.stringContaining('ER-3, seed 1: fails now') })
    removeDir(folder)
  })

  it('refuses an unknown agent and a folder of another run with exit code 2', async () => {
    expect(await run(['benchmark', 'run', '--agent', 'nobody'])).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no agent "nobody"') })
    const folder = tempDir()
    writeFileSync(join(folder, 'agent.json'), '{"name": "x"}')
    expect(await run(['benchmark', 'run', 'FC-1', '--agent', folder])).toMatchObject({ code: 2, stderr: expect.stringContaining('is no agent') })
    expect(await run(['benchmark', 'compare', folder, folder])).toMatchObject({ code: 2, stderr: expect.stringContaining('holds no run') })
    removeDir(folder)
  })

  it('proves an item', async () => {
    expect(await run(['benchmark', 'prove', 'ER-8', '--seeds', '2', '--random-seeds', '3'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ER-8 {2}0\/2 {6}0\/3 {5}2\/2 {5}accepted/),
    })
  })
})
