import { hostname } from 'node:os'
import type pg from 'pg'
import { JournalError } from '../../ports/index.ts'
import { unavailable } from '../unavailable.ts'

/** Silence of a leader after which another may take over, by the database's clock. */
export const LEASE_MS = 3000
const RENEW_MS = 1000

/** Who leads, as the database has it. */
export interface Leader {
  readonly epoch: number
  readonly holder: string
  /** Whether its session is there and it has renewed in time. */
  readonly alive: boolean
}

// The start of a session that belongs to another role is not shown: then its process alone counts.
const GONE = `NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = session_pid AND COALESCE(backend_start = session_started_at, true))`
const LAPSED = `renewed_at < clock_timestamp() - make_interval(secs => $1)`

export async function readLeader(client: pg.ClientBase): Promise<Leader> {
  const { rows } = await client.query<{ epoch: number; holder: string; over: boolean }>(
    `SELECT epoch, holder, (${GONE} OR ${LAPSED}) AS over FROM leadership`,
    [LEASE_MS / 1000],
  )
  const [row] = rows
  if (row === undefined) throw new JournalError('corrupt', 'the table leadership has no row')
  return { alive: !row.over, epoch: row.epoch, holder: row.holder }
}

/** Takes the lead for a session when nobody alive has it: the next epoch, from which on every writer before is refused. Null when another leads. */
export async function takeLead(client: pg.ClientBase): Promise<number | null> {
  const { rows } = await client.query<{ epoch: number }>(
    `UPDATE leadership SET epoch = epoch + 1, holder = $2, session_pid = pg_backend_pid(), renewed_at = clock_timestamp(),
       session_started_at = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
     WHERE ${GONE} OR ${LAPSED} RETURNING epoch`,
    [LEASE_MS / 1000, `process ${process.pid} on ${hostname()}`],
  )
  const [row] = rows
  if (row === undefined) return null
  await client.query(`SELECT set_config('syntropism.epoch', $1, false)`, [String(row.epoch)])
  return row.epoch
}

/** Renews the lead of an epoch until it is over; says once when another has taken over, or when nobody could be asked in time. */
export class Lead {
  readonly #pool: pg.Pool
  readonly #timer: NodeJS.Timeout
  readonly epoch: number
  #over = false
  #renewed = performance.now()

  constructor(pool: pg.Pool, epoch: number, onLost: (error: JournalError) => void) {
    this.#pool = pool
    this.epoch = epoch
    this.#timer = setInterval(() => {
      this.#renew().then(
        (held) => {
          if (!held) this.#lose(onLost, new JournalError('unavailable', `another process leads this economy: epoch ${epoch} is over`))
        },
        (error: unknown) => {
          // A lead that could not be renewed may have gone to another: nothing more is answered from what this process holds.
          if (performance.now() - this.#renewed > LEASE_MS) this.#lose(onLost, unavailable('the lead could not be renewed', error))
        },
      )
    }, RENEW_MS)
  }

  #lose(onLost: (error: JournalError) => void, error: JournalError): void {
    if (this.#over) return
    this.#over = true
    clearInterval(this.#timer)
    onLost(error)
  }

  async #renew(): Promise<boolean> {
    const asked = performance.now()
    const { rowCount } = await this.#pool.query('UPDATE leadership SET renewed_at = clock_timestamp() WHERE epoch = $1', [this.epoch])
    if (rowCount === 1) this.#renewed = asked
    return rowCount === 1
  }

  /** Gives the lead up, so that the next one need not wait. */
  async resign(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#over) return
    this.#over = true
    await this.#pool.query(`UPDATE leadership SET renewed_at = '-infinity' WHERE epoch = $1`, [this.epoch])
  }
}
