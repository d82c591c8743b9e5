import type { Config } from '../config/index.ts'
import type { Traces } from '../telemetry/index.ts'

/** The economy's traces when they have somewhere to go. Their libraries are loaded only then. */
export async function openTraces({ telemetry }: Config): Promise<Traces | null> {
  const { endpoint, file, ...options } = telemetry
  const to = endpoint !== undefined ? { endpoint } : file !== undefined ? { file } : null
  if (to === null) return null
  const { Traces } = await import('../telemetry/index.ts')
  return new Traces({ ...options, onError: (error) => console.error('syntropism: an event could not be traced:', error), to })
}
