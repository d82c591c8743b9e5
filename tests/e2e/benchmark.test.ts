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

  it('scores a recorded log, and says which event is wrong', async () => {
    const folder = tempDir()
    const log = join(folder, 'events.jsonl')
    const event = (seq: number, type: string, data: object): string => JSON.stringify({ agent_id: 'agent', at_ms: seq, data, seq, type })
    const lines = (cost: number): string[] => [
      event(1, 'tool_call_initiated', { tool_name: 'economic.get_balance' }),
      event(2, 'balance_queried', { balance: 200 }),
      event(3, 'tool_call_initiated', { tool_name: 'market.bid' }),
      event(4, 'bid_placed', { bid_id: 'bid-1', payer_id: 'agent', total_cost: cost }),
      event(5, 'resources_allocated', { bid_id: 'bid-1' }),
    ]
    writeFileSync(log, lines(150).join('\n'))
    expect(await run(['benchmark', 'score', log, '--item', 'FC-1'])).toMatchObject({ code: 0, stdout: expect.stringContaining('all rules hold') })
    writeFileSync(log, lines(250).join('\n'))
    const wrong = await run(['benchmark', 'score', log, '--item', 'FC-1'])
    expect(wrong.code).toBe(1)
    expect(wrong.stdout).toContain('sequence at event 4: expected step 4: bid_placed (bid) with data.total_cost <= 200; got data.total_cost 250')
    expect(await run(['benchmark', 'score', log, '--item', 'SI-3'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot be judged from a log by this version: statistics'),
    })
    removeDir(folder)
  })
})
