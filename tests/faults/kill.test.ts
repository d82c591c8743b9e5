import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { GENESIS_HASH, SqliteJournal, batchHash, openDatabase, verify } from '@syntropism/runtime'
import { assertConserved } from '@syntropism/economy'
import { recover } from '../../packages/runtime/src/host/index.ts'
import { removeDir, tempDir } from '../program.ts'

const WORKER = join(import.meta.dirname, 'worker.ts')
const SEED = 20_261_124

interface Acknowledged {
  readonly id?: string
  readonly result: Record<string, unknown>
}

const runWorker = (path: string, step: string, at: number) => {
  const ended = spawnSync(
    process.execPath,
    ['--conditions=@syntropism/source', '--disable-warning=ExperimentalWarning', WORKER, path, step, String(at), String(SEED)],
    { encoding: 'utf8' },
  )
  return {
    acknowledged: ended.stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Acknowledged),
    signal: ended.signal,
    stderr: ended.stderr,
  }
}

describe(`killed at a journal step (seed ${SEED})`, () => {
  for (const step of ['before', 'inside', 'after'])
    it.each([1, 2, 5, 6, 17, 40])(`${step} commit %i: nothing acknowledged is lost, a retry takes effect once, no credit appears or vanishes`, async (at) => {
      const folder = tempDir()
      try {
        const path = join(folder, 'economy.sqlite')
        const first = runWorker(path, step, at)
        expect(first.signal).toBe('SIGKILL')
        const journal = new SqliteJournal(openDatabase(path))
        const state = await recover(journal)
        assertConserved(state.ledger)
        for (const { id, result } of first.acknowledged) if (id !== undefined) expect(state.remembered.get(`test ${id}`)?.result).toEqual(result)
        journal.close()
        // The same load again: what took effect before answers as before, the rest happens now.
        const second = runWorker(path, 'never', 0)
        expect(second.stderr).toBe('')
        for (const { id, result } of first.acknowledged)
          if (id?.startsWith('k-') === true) expect(second.acknowledged.find((one) => one.id === id)?.result).toEqual(result)
        const again = new SqliteJournal(openDatabase(path))
        expect(await verify(again, batchHash, GENESIS_HASH)).toMatchObject({ ok: true })
        const after = await recover(again)
        assertConserved(after.ledger)
        expect(after.ledger.granted_micro).toBe(3_000_000_000)
        again.close()
      } finally {
        removeDir(folder)
      }
    })
})
