import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { canonicalJson } from '@syntropism/economy'
import type { Api } from './bounds.ts'
import { Refused } from '../refusal/index.ts'
import type { Transport, UpstreamAnswer } from './guard.ts'

/** Name of a request: SHA-256 of its API and canonical body. */
export const requestHash = (api: Api, body: object): string =>
  createHash('sha256')
    .update(`${api}\n${canonicalJson(body)}`)
    .digest('hex')

interface Recorded {
  readonly chunks: readonly string[]
  readonly content_type: string
  readonly status: number
}

/** Answers kept by request hash; the same request asked again is kept again, in order. */
export class Recordings {
  readonly #folder: string
  readonly #counts = new Map<string, number>()

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { mode: 0o700, recursive: true })
  }

  #next(hash: string): string {
    const number = (this.#counts.get(hash) ?? 0) + 1
    this.#counts.set(hash, number)
    return join(this.#folder, `${hash}-${number}.json`)
  }

  /** Passes an answer on and keeps it once it is complete. */
  keep(hash: string, answer: UpstreamAnswer): UpstreamAnswer {
    const path = this.#next(hash)
    const { body, content_type, status } = answer
    return {
      body: (async function* () {
        const chunks: string[] = []
        for await (const chunk of body) {
          chunks.push(Buffer.from(chunk).toString('base64'))
          yield chunk
        }
        writeFileSync(path, JSON.stringify({ chunks, content_type, status } satisfies Recorded), { mode: 0o600 })
      })(),
      content_type,
      status,
    }
  }

  /** An upstream that answers from what was kept, byte for byte. */
  transport(): Transport {
    return {
      attempts: { answers: {}, failures: 0, retries: 0 },
      close: () => Promise.resolve(),
      is_open: false,
      send: async (api, text) => {
        const path = this.#next(requestHash(api, JSON.parse(text) as object))
        if (!existsSync(path)) throw new Refused('llm_recording_missing', { api, path })
        const { chunks, content_type, status } = JSON.parse(readFileSync(path, 'utf8')) as Recorded
        return {
          body: (async function* () {
            for (const chunk of chunks) yield Buffer.from(chunk, 'base64')
          })(),
          content_type,
          status,
        }
      },
    }
  }
}
