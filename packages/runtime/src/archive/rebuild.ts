import type { Journal } from '../ports/index.ts'
import { carryOver } from './carry-over.ts'

/**
 * Makes the read models of a journal anew by re-executing it from its first record, chain and events checked on the way. In one transaction:
 * when anything is not as it was recorded, the old ones stay. Returns the number of records. Throws JournalError.
 */
export async function rebuild(journal: Pick<Journal, 'read' | 'rewriteReadModels'>): Promise<number> {
  const rewrite = journal.rewriteReadModels()
  await rewrite.begin()
  try {
    const { record } = await carryOver(journal, { commit: (batch, state) => rewrite.write(batch, state) }, null)
    await rewrite.finish()
    return record
  } catch (error) {
    await rewrite.abandon()
    throw error
  }
}
