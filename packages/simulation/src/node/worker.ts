import { parentPort, workerData } from 'node:worker_threads'
import { type Model, simulate } from '../index.ts'
import { loadModel } from './load.ts'
import { type Point, type SweepSpec, requestOf } from './plan.ts'

const { spec } = workerData as { readonly spec: SweepSpec }
let model: Model | null = null

/** What a run came to, as text that is the same wherever it ran. */
async function carryOut(point: Point): Promise<string> {
  try {
    model ??= await loadModel(spec.model)
    return JSON.stringify({ index: point.index, result: simulate({ ...requestOf(spec, point), model }) })
  } catch (error) {
    return JSON.stringify({ error: error instanceof Error ? error.message : String(error), index: point.index })
  }
}

parentPort?.on('message', (point: Point) => void carryOut(point).then((text) => parentPort?.postMessage(text, [])))
