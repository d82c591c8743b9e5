import { createHash } from 'node:crypto'

/** Hash of a record over the previous record's hash and its own bytes. */
export const batchHash = (previousHash: string, commandsJson: string, eventsJson: string): string =>
  createHash('sha256').update(`${previousHash}\n${commandsJson}\n${eventsJson}`).digest('hex')

/** What the first record names as its predecessor's. */
export const GENESIS_HASH: string = '0'.repeat(64)
