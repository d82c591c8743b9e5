import { Id, ToolName } from '@syntropism/contract'
import { creditsToMicro } from '@syntropism/economy'
import { z } from 'zod'

/** First parts of the names of the System Service's own tools. */
const OWN = ['economic', 'economy', 'events', 'execution', 'human', 'intelligence', 'llm', 'market', 'mcp', 'operator', 'output', 'service', 'services']
const RESERVED: ReadonlySet<string> = new Set([...OWN, 'social', 'task', 'test', 'tests', 'tool', 'tools', 'watch', 'workspaces'])

/** Credits with at most six decimal places, as micro-credits. */
const Price = z
  .number()
  .nonnegative()
  .max(1_000_000_000)
  .transform((credits, context) => {
    const micro = creditsToMicro(String(credits))
    if (micro === null) context.addIssue({ code: 'custom', message: 'at most six decimal places: a micro-credit is the smallest amount' })
    return micro ?? 0
  })

const terms = {
  cache_ttl_ms: z.int().nonnegative().max(86_400_000).describe('How long an answer serves again for the same arguments, to whoever asks; 0 never'),
  price: Price.describe('Credits for one call that was answered'),
  retries: z.int().min(0).max(10).describe('Tries after one that failed. 0 also means: never called twice, whatever becomes of the process that called it'),
  timeout_ms: z.int().min(10).max(600_000).describe('Longest wait for one try'),
} as const

const Server = z
  .strictObject({
    allow: z
      .array(z.union([z.literal('*'), ToolName]))
      .min(1)
      .describe('Tools that may be called; "*" is all of them'),
    cache_ttl_ms: terms.cache_ttl_ms.default(0),
    command: z.array(z.string().min(1)).min(1).optional().describe('Program and arguments of a server that speaks over its standard input and output'),
    cpu_millicores: z.int().min(50).max(1_000_000).default(1000).describe('CPU of its program, in thousandths of a core'),
    cwd: z.string().optional().describe('Where its program runs; in the first folder that it may read, else where the service runs, when left out'),
    env: z.array(z.string()).default([]).describe('Environment variables that its program is given, beside HOME, LANG and PATH'),
    headers_env: z
      .record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string())
      .default({})
      .describe('Headers of requests to its address, each with the environment variable that holds its value'),
    id: Id,
    memory_mb: z.int().min(32).max(1_048_576).default(512).describe('Memory of its program'),
    network: z.boolean().default(false).describe('Whether its program reaches the network'),
    parallel_max: z.int().positive().max(1000).default(8).describe('Calls at the same time; more wait'),
    price: terms.price,
    processes_max: z.int().min(1).max(1024).default(32).describe('Processes of its program'),
    read: z.array(z.string().min(1)).optional().describe('Folders that its program may read, beside where it runs; that alone when left out'),
    result_bytes_max: z.int().positive().max(524_288).default(65_536).describe('Largest result that is passed on, as JSON'),
    retries: terms.retries.default(0),
    sandbox: z
      .enum(['auto', 'bubblewrap', 'node', 'process'], {
        error: ({ input }) =>
          input === 'container'
            ? 'programs of tools have no such rung: let the engine’s client start the program in a container, with "process" for the client; the guide to tools shows how'
            : undefined,
      })
      .default('auto')
      .describe('What holds its program: the strongest that works here, or one of the ladder; "process" is no wall'),
    timeout_ms: terms.timeout_ms.default(30_000),
    /** Other terms of single tools. */
    tools: z
      .record(
        ToolName,
        z.strictObject({
          cache_ttl_ms: terms.cache_ttl_ms.optional(),
          price: terms.price.optional(),
          retries: terms.retries.optional(),
          timeout_ms: terms.timeout_ms.optional(),
        }),
      )
      .default({}),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Address of a server that speaks Streamable HTTP'),
    write: z.array(z.string().min(1)).default([]).describe('Folders that its program may read and write'),
  })
  .superRefine((server, context) => {
    if ((server.command === undefined) === (server.url === undefined))
      context.addIssue({ code: 'custom', message: 'name exactly one of command and url', path: ['command'] })
    if (RESERVED.has(server.id)) context.addIssue({ code: 'custom', message: 'is the beginning of names of own tools; take another', path: ['id'] })
  })
export type ToolServerConfig = z.infer<typeof Server>

/** Outside tools that agents may call, each on its server. */
export const ToolsConfig = z
  .strictObject({
    cache_bytes_max: z.int().positive().max(1_073_741_824).default(16_777_216).describe('Answers kept for `cache_ttl_ms`, all together'),
    servers: z.array(Server).min(1).max(100),
  })
  .refine(({ servers }) => new Set(servers.map((one) => one.id)).size === servers.length, { message: 'two servers have the same id', path: ['servers'] })
export type ToolsConfig = z.infer<typeof ToolsConfig>

/** What one tool costs and how it is called. Price in micro-credits. */
export interface ToolTerms {
  readonly cache_ttl_ms: number
  readonly price_micro: number
  readonly retries: number
  readonly timeout_ms: number
}

export function termsOf(server: ToolServerConfig, toolName: string): ToolTerms {
  const own = server.tools[toolName] ?? {}
  return {
    cache_ttl_ms: own.cache_ttl_ms ?? server.cache_ttl_ms,
    price_micro: own.price ?? server.price,
    retries: own.retries ?? server.retries,
    timeout_ms: own.timeout_ms ?? server.timeout_ms,
  }
}

export const isAllowed = ({ allow }: ToolServerConfig, toolName: string): boolean => allow.includes('*') || allow.includes(toolName)
