import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { reasonOf } from '../../ports/index.ts'
import { Refused } from '../../refusal/index.ts'

/** The part of node-llama-cpp that is used; it is an optional dependency, so its own types may be missing. */
export interface Library {
  getLlama(options: { build: 'never'; gpu: false; skipDownload: true; logLevel: 'error' }): Promise<Llama>
  readonly LlamaChat: new (options: { contextSequence: Sequence }) => Chat
}
interface Llama {
  loadModel(options: { modelPath: string }): Promise<Model>
  createGrammarForJsonSchema(schema: object): Promise<Grammar>
  getGrammarFor(type: 'json'): Promise<Grammar>
  dispose(): Promise<void>
}
interface Grammar {
  readonly grammar?: string
}
interface Model {
  createContext(options: { contextSize: number; sequences: number; threads: number }): Promise<{ getSequence(): Sequence }>
}
interface Sequence {
  readonly tokenMeter: { readonly usedInputTokens: number; readonly usedOutputTokens: number }
  clearHistory(): Promise<void>
}
export type HistoryItem = { readonly type: 'system' | 'user'; readonly text: string } | { readonly type: 'model'; readonly response: readonly string[] }
interface Chat {
  generateResponse(
    history: readonly HistoryItem[],
    options: {
      customStopTriggers?: readonly string[]
      grammar?: Grammar
      maxTokens?: number
      onTextChunk(text: string): void
      seed?: number
      signal: AbortSignal
      stopOnAbortSignal: false
      temperature?: number
      topP?: number
    },
  ): Promise<{ readonly response: string; readonly metadata: { readonly stopReason: string } }>
}

/** A model that is loaded, with its one place to think in. */
export interface Loaded {
  readonly library: Library
  readonly llama: Llama
  readonly sequence: Sequence
  readonly chat: Chat
}

const advice = 'run "syntropism model install", or name the folder as models_dir'

/** Loads a model file of a folder, with the library that was installed beside it. */
export async function loadModel(
  folder: string,
  file: string,
  { context_tokens, threads }: { readonly context_tokens: number; readonly threads: number },
): Promise<Loaded> {
  let library: Library
  try {
    const entry = createRequire(join(folder, 'package.json')).resolve('node-llama-cpp')
    library = (await import(pathToFileURL(entry).href)) as Library
  } catch (error) {
    throw new Refused('llm_model_not_installed', { advice, folder, reason: reasonOf(error).slice(0, 300) })
  }
  const llama = await library.getLlama({ build: 'never', gpu: false, logLevel: 'error', skipDownload: true })
  try {
    const model = await llama.loadModel({ modelPath: join(folder, file) })
    const context = await model.createContext({ contextSize: context_tokens, sequences: 1, threads })
    const sequence = context.getSequence()
    return { chat: new library.LlamaChat({ contextSequence: sequence }), library, llama, sequence }
  } catch (error) {
    await llama.dispose()
    throw new Refused('llm_model_not_installed', { advice, file, folder, reason: reasonOf(error).slice(0, 300) })
  }
}
