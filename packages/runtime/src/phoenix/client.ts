import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { reasonOf } from '../ports/index.ts'
import type { Example, Gathered, SpanAnnotation } from './gathered.ts'

/** The client library is missing, or Phoenix refused: says what would be right. */
export class PhoenixError extends Error {
  override readonly name = 'PhoenixError'
}

const LIBRARY = '@arizeai/phoenix-client'
const VERSION = '6.14.2'
const CHUNK = 200

/** A dataset's example as the library hands it to a task. */
export interface StoredExample {
  readonly id: string
  readonly metadata?: Readonly<Record<string, unknown>> | null
}
export interface EvaluationResult {
  readonly score: number
  readonly label: string
  readonly explanation: string
}

/** What is used of the library. It is installed on demand: with what it brings along it is larger than all the rest together. */
export interface PhoenixLibrary {
  createClient(options: { options: { baseUrl: string } }): object
  getDatasetExamples(options: { client: object; dataset: { datasetName: string } }): Promise<{ examples: StoredExample[] }>
  getDatasetInfo(options: { client: object; dataset: { datasetName: string } }): Promise<{ id: string }>
  listExperiments(options: { client: object; datasetId: string }): Promise<{ id: string; metadata: Readonly<Record<string, unknown>> }[]>
  runExperiment(options: {
    client: object
    concurrency: number
    dataset: { datasetName: string }
    evaluators: readonly { name: string; kind: 'CODE' | 'LLM'; evaluate(run: { output: unknown }): EvaluationResult }[]
    experimentMetadata: Readonly<Record<string, unknown>>
    experimentName: string
    logger: Readonly<Record<'debug' | 'error' | 'info' | 'log' | 'table' | 'warn', () => void>>
    repetitions: number
    setGlobalTracerProvider: boolean
    task(example: StoredExample): Promise<object>
  }): Promise<{ id: string; failedRunCount: number; missingRunCount: number; evaluationRuns?: readonly { error: string | null }[] }>
  createDataset(options: { client: object; name: string; description: string; examples: readonly Example[] }): Promise<{ datasetId: string }>
  appendDatasetExamples(options: { client: object; dataset: { datasetName: string }; examples: readonly Example[] }): Promise<{ versionId: string }>
  logSpanAnnotations(options: { client: object; spanAnnotations: readonly SpanAnnotation[]; sync: boolean }): Promise<{ id: string }[]>
}

/** Loads the client library from a folder's node_modules. Throws PhoenixError. */
export async function loadLibrary(folder: string): Promise<PhoenixLibrary> {
  const require = createRequire(join(resolve(folder), 'package.json'))
  try {
    const parts = await Promise.all(
      ['', '/datasets', '/experiments', '/spans'].map(async (part) => (await import(pathToFileURL(require.resolve(LIBRARY + part)).href)) as PhoenixLibrary),
    )
    return Object.assign({}, ...parts) as PhoenixLibrary
  } catch (error) {
    throw new PhoenixError(
      `${LIBRARY} cannot be loaded from ${folder}: run "npm install ${LIBRARY}@${VERSION}" there, or name another folder with --client (${reasonOf(error).split('\n')[0]})`,
      { cause: error },
    )
  }
}

export interface PushOptions {
  readonly url: string
  readonly project: string
  /** Folder whose node_modules has the client library. */
  readonly client_dir: string
}

/** What was pushed; `known` counts examples that were there already. */
export interface Pushed {
  readonly annotations: number
  readonly datasets: readonly { readonly name: string; readonly added: number; readonly known: number }[]
}

/** Brings examples into a dataset: creates it, or adds what it lacks as a new version. */
export async function pushDataset(
  library: PhoenixLibrary,
  client: object,
  name: string,
  description: string,
  examples: readonly Example[],
): Promise<Pushed['datasets'][number]> {
  const dataset = { datasetName: name }
  // A name that Phoenix does not know is an error there; creating under a known name would replace what it holds.
  const known = await library.getDatasetExamples({ client, dataset }).then(
    (found) => new Set(found.examples.map((example) => example.id)),
    () => null,
  )
  const fresh = examples.filter((example) => known?.has(example.id) !== true)
  if (fresh.length > 0 && known === null) await library.createDataset({ client, description, examples: fresh, name })
  else if (fresh.length > 0) await library.appendDatasetExamples({ client, dataset, examples: fresh })
  return { added: fresh.length, known: examples.length - fresh.length, name }
}

/** Pushes datasets, a new version for what is new, and annotations onto the spans of the windows that were judged. Pushing again changes nothing. */
export async function pushToPhoenix(gathered: Gathered, { client_dir, project, url }: PushOptions): Promise<Pushed> {
  const library = await loadLibrary(client_dir)
  const client = library.createClient({ options: { baseUrl: url } })
  const { annotations, prompts, windows } = gathered
  const datasets = [
    await pushDataset(library, client, `${project}-prompts`, 'Prompts to humans and the scores they gave', prompts),
    await pushDataset(library, client, `${project}-windows`, 'Windows that agents bought, and how they ended', windows),
  ]
  for (let first = 0; first < annotations.length; first += CHUNK)
    await library.logSpanAnnotations({ client, spanAnnotations: annotations.slice(first, first + CHUNK), sync: true })
  return { annotations: annotations.length, datasets }
}
