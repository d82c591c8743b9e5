import type pg from 'pg'
import type { TokenShelf } from '../../ports/index.ts'
import { unavailable } from '../unavailable.ts'

/** The hashes of the long-lived tokens in the database, where the leader and every standby see them. Written by the session that leads alone. */
export const createTokenShelf = (client: pg.Client): TokenShelf => ({
  async read() {
    try {
      const [row] = (await client.query<{ tokens: string }>('SELECT tokens FROM kept_tokens')).rows
      return row?.tokens ?? null
    } catch (error) {
      throw unavailable('the tokens could not be read', error)
    }
  },
  async write(tokens) {
    try {
      await client.query('INSERT INTO kept_tokens (id, tokens) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET tokens = EXCLUDED.tokens', [tokens])
    } catch (error) {
      throw unavailable('the tokens could not be written', error)
    }
  },
})
