import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RunsError, openRuns } from './index.ts'

let outside = ''
let root = ''
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'syntropism-runs-'))
  root = join(outside, 'runs')
})
afterEach(() => rmSync(outside, { force: true, recursive: true }))

function write(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
}

describe('the folder of runs', () => {
  it('need not be there', () => {
    expect(openRuns(root).list()).toEqual([])
  })

  it('shows what lies in it by its files, also a level deeper', () => {
    write('rule/run.json', '{"agent":"rule"}')
    write('rule/trials/ER-1.1.0.json', '{"item":"ER-1","pass":true,"spend_micro_usd":2000000}')
    write('market/series.csv', 'run,step\n0,1\n')
    write('market/report.html', '<p>plots</p>')
    write('sweeps/fee/results.csv', 'run,gini\n0,0.1\n')
    write('a-b.html', '<p>side by side</p>')
    write('empty/notes.txt', '')
    const runs = openRuns(root).list()
    expect(runs.map(({ kind, path, title }) => `${kind} ${path} ${title}`).toSorted()).toEqual([
      'benchmark rule rule: rule',
      'comparison a-b.html a-b',
      'simulation market market',
      'sweep sweeps/fee sweeps/fee',
    ])
    expect(runs.find((run) => run.path === 'market')?.reports).toEqual(['market/report.html'])
  })

  it('tells the figures of a run', () => {
    const runs = openRuns(root)
    write('rule/run.json', '{"agent":"rule"}')
    write('rule/trials/ER-1.1.0.json', '{"item":"ER-1","pass":true,"spend_micro_usd":2000000}')
    write('rule/trials/ER-1.2.0.json', '{"item":"ER-1","pass":false,"spend_micro_usd":0}')
    write('rule/trials/ER-2.1.0.json', '{"item":"ER-2","pa')
    expect(runs.figures('rule').rows).toEqual([{ cells: [0.5, 1, 2, 2], name: 'ER-1' }])
    write('market/series.csv', 'run,step,gini,kind\n0,1,0.5,a\n0,2,0.25,a\n')
    expect(runs.figures('market').rows).toEqual([
      { cells: [0], name: 'run' },
      { cells: [2], name: 'step' },
      { cells: [0.25], name: 'gini' },
    ])
    write('fee/results.csv', 'run,gini\n0,0.2\n1,0.4\n')
    expect(runs.figures('fee').rows[1]).toEqual({ cells: [expect.closeTo(0.3), 0.2, 0.4, 2], name: 'gini' })
    expect(() => runs.figures('nowhere')).toThrow(RunsError)
  })

  it('hands out reports, and nothing from outside it', () => {
    const runs = openRuns(root)
    write('one/report.html', '<p>here</p>')
    writeFileSync(join(outside, 'secret.html'), 'no')
    writeFileSync(join(outside, 'secret.json'), 'no')
    symlinkSync(join(outside, 'secret.html'), join(root, 'link.html'))
    mkdirSync(join(root, 'folder.html'))
    expect(new TextDecoder().decode(runs.file('one/report.html').body)).toBe('<p>here</p>')
    expect(runs.file('one/report.html').type).toContain('text/html')
    for (const path of ['../secret.html', '/etc/passwd', `${outside}/secret.json`, 'link.html', 'one', 'one/report.txt', 'folder.html', 'gone.html'])
      expect(() => runs.file(path), path).toThrow(RunsError)
  })
})
