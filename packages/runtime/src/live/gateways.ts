import type { Config } from '../config/index.ts'
import type { WorkQueue } from '../ports/index.ts'
import { type LiveLlm, openLlm } from './llm.ts'
import { type LiveTools, openTools } from './tools.ts'

/** What stands between agents and the world outside: models and tools. */
export interface Gateways extends Pick<LiveLlm, 'findKey'> {
  /** What the service is given. */
  forService(): ReturnType<LiveLlm['forService']> & ReturnType<LiveTools['forService']>
  /** Settles what a former process left open, and begins to carry out calls of tools: through the durable queue where there is one. */
  start(durable: (() => Promise<WorkQueue>) | undefined): Promise<void>
  close(): Promise<void>
}

type Around = Omit<Parameters<typeof openLlm>[2], 'alarm'> & Parameters<typeof openTools>[2]

export async function openGateways(config: Config, root: string, around: Around): Promise<Gateways> {
  const llm = openLlm(config, root, { ...around, alarm: (text) => around.log.error(text, {}) })
  const tools = await openTools(config, root, around)
  return {
    async close() {
      await tools.close()
      await llm.close()
    },
    findKey: (hash) => llm.findKey(hash),
    forService: () => ({ ...llm.forService(), ...tools.forService() }),
    async start(durable) {
      await llm.start()
      await tools.start(durable)
    },
  }
}
