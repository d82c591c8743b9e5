import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type KeptToken, createToken, hashToken } from '../http/index.ts'
import { History } from '../executor/index.ts'
import { JournalError, type TokenShelf, type WorkspaceCommit, reasonOf } from '../ports/index.ts'

export interface ServiceFile {
  readonly pid: number
  readonly started_at: string
  readonly url: string
}

/** Where one economy keeps everything. */
export const pathsOf = (data: string) => {
  const root = resolve(data)
  return {
    agents: join(root, 'agents'),
    configured_rules: join(root, 'configured-rules.json'),
    database: join(root, 'economy.sqlite'),
    lock: join(root, 'lock.sqlite'),
    root,
    runs: join(root, 'runs'),
    service: join(root, 'service.json'),
    socket: join(root, 'service.sock'),
    tokens: join(root, 'tokens.json'),
  }
}
export type Paths = ReturnType<typeof pathsOf>

/** States of an agent's workspace, newest first, from the data folder. */
export const readHistory = (paths: Paths, agentId: string, limit: number): Promise<WorkspaceCommit[]> =>
  new History(join(paths.agents, 'history')).log(agentId, limit)

/** Address and holder of the running service, or null. */
export function readServiceFile(paths: Paths): ServiceFile | null {
  return existsSync(paths.service) ? (JSON.parse(readFileSync(paths.service, 'utf8')) as ServiceFile) : null
}

/** Takes the folder for this process. The lock is the database engine's own, so it dies with the process, however that ends. */
export function lockDataDir(paths: Paths): () => void {
  try {
    mkdirSync(paths.root, { mode: 0o700, recursive: true })
    accessSync(paths.root, constants.W_OK)
  } catch (error) {
    const reason = reasonOf(error)
    throw new JournalError('unavailable', `the data folder ${paths.root} cannot be made or written: ${reason}; name another with --data`, { cause: error })
  }
  const lock = new DatabaseSync(paths.lock, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    const holder = readServiceFile(paths)
    throw new JournalError(
      'locked',
      `${paths.root} is in use${holder === null ? '' : ` by process ${holder.pid} at ${holder.url} since ${holder.started_at}`}; choose another folder with --data, or stop it first`,
      { cause: error },
    )
  }
  return () => {
    rmSync(paths.service, { force: true })
    lock.close()
  }
}

export interface NewToken {
  readonly name: string
  readonly token: string
}

/** Tokens in a file of the data folder. */
export const fileShelf = (paths: Paths): TokenShelf => ({
  read: () => (existsSync(paths.tokens) ? readFileSync(paths.tokens, 'utf8') : null),
  write: (tokens) => writeFileSync(paths.tokens, tokens, { mode: 0o600 }),
})

/** Tokens in a database, with a copy in the folder for backups. A database that has none yet takes those of the folder, as after a restore. */
export const mirroredShelf = (shelf: TokenShelf, copy: TokenShelf): TokenShelf => ({
  async read() {
    const kept = await shelf.read()
    if (kept !== null) await copy.write(kept)
    else {
      const before = await copy.read()
      if (before !== null) await shelf.write(before)
    }
    return kept ?? (await copy.read())
  },
  async write(tokens) {
    await shelf.write(tokens)
    await copy.write(tokens)
  },
})

/**
 * Long-lived tokens: made once, kept as hashes, handed out in the clear this one time. `keep` writes the hashes: once the start has come so far
 * that the tokens will be shown, or a start that fails would leave an economy whose tokens nobody has seen.
 */
export async function openTokens(
  shelf: TokenShelf,
  { humans, operators }: { readonly humans: readonly string[]; readonly operators: readonly string[] },
  renew: boolean,
): Promise<{ readonly created: NewToken[]; readonly kept: KeptToken[]; keep(): Promise<void> }> {
  const kept = (renew ? [] : JSON.parse((await shelf.read()) ?? '[]')) as KeptToken[]
  const created: NewToken[] = []
  const add = (entry: Omit<KeptToken, 'hash'>, name: string): void => {
    const token = createToken(entry.role)
    kept.push({ ...entry, hash: hashToken(token) })
    created.push({ name, token })
  }
  // A token from before operators had names is the first one's.
  const known = kept.filter((token) => token.role === 'operator').map((token) => token.operator_id ?? operators[0])
  for (const id of operators) if (!known.includes(id)) add({ operator_id: id, role: 'operator' }, id === 'operator' ? id : `operator ${id}`)
  if (!kept.some((token) => token.role === 'observer')) add({ role: 'observer' }, 'observer')
  for (const human of humans) if (!kept.some((token) => token.human_id === human)) add({ human_id: human, role: 'human' }, `human ${human}`)
  return {
    created,
    async keep() {
      if (created.length > 0) await shelf.write(JSON.stringify(kept, null, 2))
    },
    kept,
  }
}
