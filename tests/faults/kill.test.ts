import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { GENESIS_HASH, batchHash, openSqlite, verify } from '@syntropism/runtime'
import { assertConserved } from '@syntropism/economy'
import { recover } from '../../packages/runtime/src/host/index.ts'
import { removeDir, tempDir } from '../program.ts'
import { runWriter } from './writer.ts'

const SEED = 20_261_124

describe(`killed at a journal step (seed ${SEED})`, () => {
  for (const step of ['before', 'inside', 'after'] as const)
    it.each([1, 2, 5, 6, 17, 40])(`${step} commit %i: nothing acknowledged is lost, a retry takes effect once, no credit appears or vanishes`, async (at) => {
      const folder = tempDir()
      try {
        const path = join(folder, 'economy.sqlite')
        const first = runWriter(path, step, at, SEED)
        expect(first.signal).toBe('SIGKILL')
        const journal = openSqlite(path).journal
        const state = await recover(journal)
        assertConserved(state.ledger)
        for (const { id, result } of first.acknowledged) expect(state.remembered.get(`test ${id}`)?.result).toEqual(result)
        await journal.close()
        // The same load again: what took effect before answers as before, the rest happens now.
        const second = runWriter(path, 'never', 0, SEED)
        expect(second.stderr).toBe('')
        for (const { id, result } of first.acknowledged) expect(second.acknowledged.find((one) => one.id === id)?.result).toEqual(result)
        const again = openSqlite(path).journal
        expect(await verify(again, batchHash, GENESIS_HASH)).toMatchObject({ ok: true })
        const after = await recover(again)
        assertConserved(after.ledger)
        expect(after.ledger.granted_micro).toBe(3_000_000_000)
        await again.close()
      } finally {
        removeDir(folder)
      }
    })
})
