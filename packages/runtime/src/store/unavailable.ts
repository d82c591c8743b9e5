import { JournalError, reasonOf } from '../ports/index.ts'

/** What a database said, as an error of the journal; one that is that already stays as it is. */
export const unavailable = (what: string, error: unknown): JournalError =>
  error instanceof JournalError ? error : new JournalError('unavailable', `${what}: ${reasonOf(error) || String(error)}`, { cause: error })
