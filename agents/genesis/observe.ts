import type { BookBid, Client, Neighbour, PricePoint, PromptView, Resource, Self, Transfer } from '@syntropism/sdk/node'

/** Everything one window looks at before it decides. */
export interface Observation {
  readonly self: Self
  readonly market: readonly Resource[]
  readonly cpu_prices: readonly PricePoint[]
  readonly book: readonly BookBid[]
  readonly neighbours: readonly Neighbour[]
  readonly history: readonly Transfer[]
  readonly prompts: readonly PromptView[]
}

export async function observe(client: Client): Promise<Observation> {
  const self = await client.self()
  await client.balance(self.agent_id)
  const [market, prices, book, neighbours, history, prompts] = await Promise.all([
    client.market(),
    client.prices({ limit: 60, resource: 'cpu' }),
    client.book(),
    client.directory(),
    client.history(self.agent_id, 100),
    client.prompts(),
  ])
  return { book, cpu_prices: prices, history, market, neighbours, prompts, self }
}
