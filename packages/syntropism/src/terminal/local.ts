import { ConfigError, type Paths, type Queries, loadConfig, pathsOf, readServiceFile, readStore } from '@syntropism/runtime'

/** Nobody answers where the economy should be: not running, or not there right now. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

export interface LocalFlags {
  readonly data?: string
  readonly json?: boolean
}

export interface Local {
  readonly paths: Paths
  readonly queries: Queries
  close(): Promise<void>
}

/** An economy, running or not, opened for reading: from its database, or the file in its data folder. */
export async function openLocal(flags: LocalFlags): Promise<Local> {
  const config = loadConfig({ data: flags.data }, process.env)
  const paths = pathsOf(config.data)
  const store = await readStore(config, paths)
  if (store === null) {
    const place = config.database_url === undefined ? paths.root : 'the database of DATABASE_URL'
    throw new ConfigError(`there is no economy in ${place}; start one with "syntropism live", or name its folder with --data`)
  }
  return { ...store, paths }
}

/** Calls the running service with the token of SYNTROPISM_TOKEN. Throws with the code and sentence of a refusal. */
export async function callService(flags: LocalFlags, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const paths = pathsOf(loadConfig({ data: flags.data }, process.env).data)
  const service = readServiceFile(paths)
  if (service === null) throw new Unreachable(`no economy runs on ${paths.root}; start it with "syntropism live"`)
  const token = process.env.SYNTROPISM_TOKEN
  if (token === undefined || token === '')
    throw new ConfigError('set SYNTROPISM_TOKEN to the token that "live" showed at its first start (live --new-tokens makes new ones)')
  const answer = await fetch(`${service.url}${path}`, {
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    method,
  }).catch((error: unknown) => {
    throw new Unreachable(`the economy at ${service.url} does not answer`, { cause: error })
  })
  const value = (await answer.json()) as Record<string, unknown>
  if (answer.status >= 400) {
    // Who reads results as JSON reads a refusal as its problem document.
    if (flags.json === true) console.log(JSON.stringify(value, null, 2))
    throw new Error(`${String(value.code)}: ${String(value.detail)}`)
  }
  return value
}

export const print = (flags: LocalFlags, value: unknown, text: () => string): void => console.log(flags.json === true ? JSON.stringify(value, null, 2) : text())
