import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DEFAULT_PARAMS, BURN, balanceOf } from '@syntropism/economy'
import { type Draft, Host, SqliteJournal, createMemoryBus, exportEconomy, fork, openDatabase, pathsOf, stateAt } from '@syntropism/runtime'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeDir, tempDir } from '../program.ts'
import { START_MS, sequences } from '../properties/commands.ts'
import { type Stage, openStage } from './stage.ts'

const VERIFIER = resolve(import.meta.dirname, '../../verifier')
const PYTHON = process.env.PYTHON ?? 'python3'
const SEED = 20_261_128
const FILES = ['accounts', 'events', 'holds', 'journal', 'ledger', 'prices', 'receipts'].map((name) => `${name}.jsonl`)

interface Answer {
  readonly code: number
  readonly ok: boolean
  readonly findings: readonly { readonly name: string; readonly where: string }[]
  readonly figures: Readonly<Record<string, number | string>>
}

const python = (args: readonly string[], cwd = VERIFIER): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((done, fail) =>
    execFile(PYTHON, args, { cwd, env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1' }, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') fail(new Error(`${PYTHON} cannot be run, it is needed here: ${error.message}`))
      else done({ code: Number(error?.code ?? 0), stderr, stdout })
    }),
  )

async function verifyFolder(folder: string, ...args: string[]): Promise<Answer> {
  const { code, stderr, stdout } = await python([join(VERIFIER, 'verify_export.py'), folder, '--json', ...args], dirname(folder))
  expect(stderr).toBe('')
  return { code, ...(JSON.parse(stdout) as Omit<Answer, 'code'>) }
}

/** The manifest as a forger would write it: sizes and hashes of the files as they are now. */
function forgeManifest(folder: string): void {
  const path = join(folder, 'export.json')
  const about = JSON.parse(readFileSync(path, 'utf8')) as { files: Record<string, { bytes: number; sha256: string }> }
  for (const name of Object.keys(about.files)) {
    const bytes = readFileSync(join(folder, name))
    about.files[name] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  }
  writeFileSync(path, JSON.stringify(about))
}

let stage: Stage
let folder = ''
const exportOf = (journal: SqliteJournal, to: string) =>
  exportEconomy({ formats: ['jsonl'], journal, tables: ['events', 'ledger', 'prices', 'receipts'], through_record: journal.last_number, to })
const reading = (data: string): SqliteJournal => new SqliteJournal(openDatabase(pathsOf(data).database, true))

beforeAll(async () => {
  stage = await openStage()
  folder = join(dirname(stage.data), 'export')
  await exportOf(reading(stage.data), folder)
})
afterAll(async () => {
  await stage.host.stop()
  stage.remove()
})

describe('the verifier', () => {
  it('passes its own tests, on an export that no code of the project made', async () => {
    const { code, stderr } = await python(['-m', 'unittest', 'discover', '-s', VERIFIER])
    expect([code, stderr]).toEqual([0, expect.stringMatching(/Ran 1\d tests[^]*OK/)])
  })

  it('verifies an export, with the figures that the economy had at any sequence number', async () => {
    const whole = await verifyFolder(folder)
    expect([whole.code, whole.findings]).toEqual([0, []])
    let last = ''
    for await (const { hash } of reading(stage.data).read(0)) last = hash
    expect(whole.figures.head_hash).toBe(last)
    const seqs = [...stage.hashes.keys()]
    for (const seq of seqs.filter((_seq, index) => index % Math.ceil(seqs.length / 6) === 0)) {
      const { state } = await stateAt(reading(stage.data), { seq })
      const { ledger } = state
      const { figures, findings } = await verifyFolder(folder, '--at', String(seq))
      expect(findings).toEqual([])
      expect(figures).toMatchObject({
        balances_micro: ledger.agents_micro,
        burned_micro: balanceOf(ledger, BURN),
        granted_micro: ledger.granted_micro,
        rewarded_micro: ledger.rewarded_micro,
      })
    }
  })

  it('verifies the export of a fork', async () => {
    const data = join(dirname(stage.data), 'fork')
    const at = { seq: [...stage.hashes.keys()][20] as number }
    const changes = { curves: { cpu: { floor_micro_per_s: 6_000_000 } } }
    await fork({ at, changes, from: pathsOf(stage.data), journal: reading(stage.data), to: { folder: data }, with_inputs: true })
    await exportOf(reading(data), join(data, 'export'))
    expect(await verifyFolder(join(data, 'export'))).toMatchObject({ code: 0, findings: [] })
  })

  it(`finds any single character that was changed, although the manifest is forged (seed ${SEED})`, async () => {
    const forged = join(dirname(stage.data), 'forged')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...FILES),
        fc.double({ max: 1, maxExcluded: true, min: 0, noNaN: true }),
        fc.constantFrom(...'0123456789abz'),
        async (name, place, letter) => {
          rmSync(forged, { force: true, recursive: true })
          cpSync(folder, forged, { recursive: true })
          const text = readFileSync(join(forged, name), 'utf8')
          // Not the end of a line: two lines in one are found too, but a space more is no falsification.
          const at = Math.floor(place * text.length)
          fc.pre(text[at] !== letter && text[at] !== '\n')
          writeFileSync(join(forged, name), text.slice(0, at) + letter + text.slice(at + 1))
          forgeManifest(forged)
          const { code, findings } = await verifyFolder(forged)
          expect([code, findings.length > 0], `${name} at ${at}: ${text.slice(at - 30, at + 30)}`).toEqual([1, true])
        },
      ),
      { numRuns: 60, seed: SEED },
    )
  })

  it(`verifies random economies: reversals, linked payments, estates, refusals (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(sequences(120), async (sequence) => {
        const root = tempDir()
        let now = START_MS
        const fail = (error: unknown): never => {
          throw error
        }
        const journal = new SqliteJournal(openDatabase(':memory:'))
        const host = await Host.open({ bus: createMemoryBus(fail), createClock: () => ({ now: () => now }), journal, onFatal: fail })
        const send = (draft: object) =>
          host.submit({ owner: 'test', ...Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined)) } as Draft)
        try {
          await send({ economy_id: 'p', params: { ...DEFAULT_PARAMS, starvation_ms: 0 }, rules_version: 1, type: 'genesis' })
          await send({ cpu_millicores: 2000, executor_id: 'x', incarnation: 'i1', memory_mb: 2048, reports: true, type: 'register_executor' })
          await send({ human_id: 'h', on_duty: true, type: 'set_duty' })
          for (const agent_id of ['a', 'b', 'c']) await send({ agent_id, grant_micro: 1_000_000_000, name: agent_id, type: 'create_agent' })
          for (const { command, elapsed_ms } of sequence) {
            now = Math.max(now, now + elapsed_ms)
            await send(command)
          }
          await exportOf(journal, join(root, 'export'))
          expect((await verifyFolder(join(root, 'export'))).findings).toEqual([])
        } finally {
          await host.stop()
          removeDir(root)
        }
      }),
      { numRuns: 25, seed: SEED },
    )
  })

  it('refuses a folder that is none', async () => {
    const { code, stderr } = await python([join(VERIFIER, 'verify_export.py'), join(folder, 'nowhere')])
    expect([code, stderr]).toEqual([2, expect.stringContaining('is no folder')])
  })
})
