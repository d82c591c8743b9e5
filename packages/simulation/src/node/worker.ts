import { parentPort } from 'node:worker_threads'
import { type Model, simulate } from '../index.ts'
import { loadModel } from './load.ts'
import { requestOf } from './plan.ts'
import type { RunRequest } from './pool.ts'
import { solverFor } from './solver.ts'

const models = new Map<string, Model>()

/** What a run came to, as text that is the same wherever it ran. */
async function carryOut({ fixed, model, point, solver }: RunRequest): Promise<string> {
  try {
    const loaded = models.get(model) ?? (await loadModel(model))
    models.set(model, loaded)
    const request = requestOf({ fixed }, point)
    const solve = await solverFor(loaded, request.params, solver)
    return JSON.stringify({ index: point.index, result: simulate({ ...request, model: loaded, solve }) })
  } catch (error) {
    return JSON.stringify({ error: error instanceof Error ? error.message : String(error), index: point.index })
  }
}

parentPort?.on('message', (request: RunRequest) => void carryOut(request).then((text) => parentPort?.postMessage(text, [])))
