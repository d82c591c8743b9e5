import { type Client, ServiceError } from '@syntropism/sdk/node'

/** One option of a task; amounts in credits (docs/guide/benchmark.md, Options). */
export interface Option {
  readonly calls: readonly { readonly body: Record<string, never>; readonly method: string; readonly path: string }[]
  readonly cost?: number
  readonly costs?: readonly { readonly cost: number; readonly probability: number }[]
  readonly customers_per_cycle?: number
  readonly income_per_cycle?: number
  readonly kind?: string
  readonly loss?: number
  readonly option: string
  readonly price?: number
  readonly recurring?: readonly { readonly cost: number; readonly every_cycles: number }[]
  readonly redo_cost?: number
  readonly success_probability?: number
  readonly takes_cycles?: number
  readonly value?: number
}

export interface Figures {
  readonly balance: number
  readonly capacities: { readonly cpu_cores: number; readonly memory_mb: number; readonly tokens_per_s: number }
  readonly change_probability?: number
  readonly deadline_cycles?: number
  readonly document?: string
  readonly file?: string
  readonly horizon_cycles?: number
  readonly output_history?: readonly { readonly kind: string; readonly reward: number }[]
  readonly services?: readonly string[]
  readonly token_budget?: number
  readonly unit_prices: { readonly cpu_second: number; readonly memory_mb: number; readonly token: number }
  readonly wanted?: Wanted
  readonly window_ms: number
}
export interface Wanted {
  readonly cpu_seconds: number
  readonly memory_mb: number
  readonly tokens: number
}

/** The answer of `GET /task`. */
export interface Task {
  readonly agent_id: string
  readonly figures: Figures
  readonly files: readonly string[]
  readonly goal: string
  readonly options: readonly Option[]
  readonly task: string
}

/** The task of this world; null where nobody sets one, as in a live economy. */
export async function readTask(client: Client): Promise<Task | null> {
  try {
    return (await client.call('GET', '/task')) as unknown as Task
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404) return null
    throw error
  }
}

/** The name under which a task wants its decision reported, as its text says it; else the given one. */
export function decisionNamed({ task }: Task, otherwise: string): string {
  const found = /\bdecision\s+(\w+_\w+)|\b(\w+_\w+)\s+as your decision/u.exec(task)
  return found?.[1] ?? found?.[2] ?? otherwise
}

/** How a task went, in words; what it is expected to bring, in credits, where that can be reckoned. */
export interface TaskDone {
  readonly did: string
  readonly expected_net: number | null
  readonly failed: string | null
}
export const taskDone = (did: string, expected_net: number | null = null, failed: string | null = null): TaskDone => ({ did, expected_net, failed })
