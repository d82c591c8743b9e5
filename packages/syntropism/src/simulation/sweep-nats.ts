import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { UsageError } from '@syntropism/simulation'
import type { CarryOut } from '@syntropism/simulation/node'
import { z } from 'zod'

/** What a worker needs for one run: a model that ships by its name, or the module that comes along. */
export const SentRun = z.strictObject({
  fixed: z.record(z.string(), z.string()),
  model: z.string(),
  /** Text of the module, null for a model that ships. */
  module: z.string().nullable(),
  point: z.strictObject({ chosen: z.record(z.string(), z.string()), index: z.int(), seed: z.int() }),
})
export type SentRun = z.infer<typeof SentRun>

const IMPORT = /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g

/** The text of a model's module when it can go to another host: one file that needs nothing but Node and the simulation. Throws UsageError. */
function moduleText(path: string): string {
  const text = readFileSync(path, 'utf8')
  const foreign = [...text.matchAll(IMPORT)].flatMap(([, from = '']) => (from.startsWith('node:') || from === '@syntropism/simulation' ? [] : [from]))
  if (foreign.length > 0)
    throw new UsageError(
      `${path} imports ${foreign.join(', ')}: a model that is carried out on other hosts is one file that imports nothing but node: modules and @syntropism/simulation; bundle it, or run the sweep without --nats`,
    )
  return text
}

/** Carries out a sweep's runs on whatever workers take them from NATS. */
export const onWorkers =
  (nats: { readonly nats_url: string; readonly nats_credentials?: string | undefined }, tell: (text: string) => void): CarryOut =>
  async ({ fixed, model }, points, signal, keep) => {
    const isModule = /\.[cm]?[jt]s$/.test(model)
    const module = isModule ? moduleText(model) : null
    const { VERSION, connectNats, fanOut } = await import('@syntropism/runtime/remote')
    const connection = await connectNats({
      credentials_file: nats.nats_credentials,
      name: 'syntropism sweep',
      url: nats.nats_url,
    })
    const byIndex = new Map(points.map((point) => [point.index, point]))
    try {
      await fanOut(connection, {
        keep: (index, text) => {
          const point = byIndex.get(index)
          if (point !== undefined) keep(point, text)
        },
        kind: { module: isModule, version: VERSION },
        onError: (error) => tell(`syntropism: ${error instanceof Error ? error.message : String(error)}`),
        onIdle: () =>
          tell(
            `no worker has a run of this sweep: start some with "syntropism worker --nats ${nats.nats_url}${isModule ? ' --allow-modules' : ''}" (version ${VERSION})`,
          ),
        runs: points.map((point) => ({ index: point.index, request: { fixed, model: isModule ? basename(model) : model, module, point } satisfies SentRun })),
        signal,
      })
    } finally {
      await connection.close()
    }
  }
