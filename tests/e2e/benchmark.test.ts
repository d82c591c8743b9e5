import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { removeDir, run, tempDir } from '../program.ts'

const ITEMS = resolve(import.meta.dirname, '../../scenarios')

describe('syntropism benchmark', () => {
  it('lists the 25 items', async () => {
    const { code, stdout } = await run(['benchmark', 'list', '--json'])
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as object[]).length).toBe(25)
  })

  it('validates a folder outside the project, and names the world in which an item accepts the wrong answer', async () => {
    const folder = tempDir()
    cpSync(join(ITEMS, 'er-3.json'), join(folder, 'er-3.json'))
    expect(await run(['benchmark', 'validate', '--scenarios', folder, '--seeds', '5'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 of 1 items are sound'),
    })
    const item = JSON.parse(readFileSync(join(folder, 'er-3.json'), 'utf8')) as { conditions: { accept: string[] }[] }
    const [first] = item.conditions
    if (first !== undefined) first.accept = ['build']
    writeFileSync(join(folder, 'er-3.json'), JSON.stringify(item))
    const wrong = await run(['benchmark', 'validate', '--scenarios', folder, '--seeds', '5'])
    expect(wrong.code).toBe(1)
    expect(wrong.stdout).toMatch(/ER-3: \d+ unsound, first: seed \d+, variant \d .*"build" is accepted first, but "buy" has the best net gain/)
    removeDir(folder)
  })

  it('refuses an unknown item and a folder without items with exit code 2', async () => {
    expect(await run(['benchmark', 'validate', 'ER-99'])).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no item "ER-99"') })
    expect(await run(['benchmark', 'list', '--scenarios', '/nowhere'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('/nowhere is no folder of scenarios'),
    })
  })
})
