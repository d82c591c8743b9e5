import {
  type CallToolResult,
  Client,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
  type Tool,
  type Transport,
  fromJsonSchema,
} from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { ToolServerConfig } from '../../config/index.ts'
import { reasonOf } from '../../ports/index.ts'
import type { LaunchedProgram } from '../../sandbox/index.ts'
import { VERSION } from '../../version/index.ts'
import { limitedFetch } from './limited-fetch.ts'
import { ToolFailure } from '../failure.ts'

/** Longest wait for a server to begin to speak. */
const CONNECT_MS = 15_000
/** After a server could not be reached, others are told so without a new try for this long. */
const REST_MS = 1000
/** Beside the result's own limit: the frame of a message, and what a list of tools takes. */
const MESSAGE_BYTES_MAX = 8_388_608
const STDERR_CHARACTERS = 2000
/** Calls without an answer after which a server is started, or asked, anew. */
const TIMEOUTS_MAX = 3

export interface ServedTool {
  readonly tool: Tool
  /** What is wrong with arguments, null when nothing is. */
  check(input: Readonly<Record<string, unknown>>): Promise<string | null>
}

interface Connected {
  readonly client: Client
  readonly tools: ReadonlyMap<string, ServedTool>
}

export interface ServerOptions {
  readonly config: ToolServerConfig
  readonly environment: NodeJS.ProcessEnv
  /** The way into the sandbox of a server's program. Throws where there is none. */
  launch(config: ToolServerConfig): LaunchedProgram
  /** A line for the log. */
  note(level: 'debug' | 'warn', text: string): void
}

function served(tool: Tool): ServedTool {
  const schema = fromJsonSchema(tool.inputSchema as Parameters<typeof fromJsonSchema>[0])
  return {
    async check(input) {
      const result = await schema['~standard'].validate(input)
      return result.issues === undefined
        ? null
        : result.issues
            .map((issue) => issue.message)
            .join('; ')
            .slice(0, 1000)
    },
    tool,
  }
}

const failureOf = (error: unknown): ToolFailure => {
  const text = reasonOf(error).slice(0, 500)
  const isTimeout = error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout
  // What the server itself says of a call it would say again.
  return new ToolFailure(isTimeout ? 'timeout' : 'failed', text, !(error instanceof ProtocolError), { cause: error })
}

/** The standard input and output of a program that was launched into a sandbox. */
class HeldTransport extends StdioClientTransport {
  readonly #launch: LaunchedProgram

  constructor(launch: LaunchedProgram, maxBufferSize: number) {
    const { args, command, cwd, env } = launch
    super({ args: [...args], command, cwd, env: { ...env }, maxBufferSize, stderr: 'pipe' })
    this.#launch = launch
  }

  override async start(): Promise<void> {
    await super.start()
    if (this.pid !== null) this.#launch.started(this.pid)
  }

  override async close(): Promise<void> {
    await super.close()
    await this.end()
  }

  /** Ends what is left of the program, also of one that went away by itself. */
  end(): Promise<void> {
    return this.#launch.ended()
  }
}

/** One outside MCP server: reached when it is first needed, reached again after it went away. */
export class ToolServer {
  readonly #options: ServerOptions
  #connection: Promise<Connected> | null = null
  #client: Client | null = null
  #timeoutsInARow = 0
  #failed: { readonly at_ms: number; readonly failure: ToolFailure } | null = null
  #isClosed = false
  #lastWords = ''

  constructor(options: ServerOptions) {
    this.#options = options
  }

  get config(): ToolServerConfig {
    return this.#options.config
  }

  /** Tools as the server lists them. Throws ToolFailure when it cannot be reached. */
  async tools(): Promise<ReadonlyMap<string, ServedTool>> {
    return (await this.#connected()).tools
  }

  /** One try of a call. Throws ToolFailure. */
  async call(name: string, input: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<CallToolResult> {
    const connection = await this.#connected()
    try {
      const result = await connection.client.callTool({ arguments: { ...input }, name }, { timeout: timeoutMs })
      this.#timeoutsInARow = 0
      return result
    } catch (error) {
      const failure = failureOf(error)
      this.#timeoutsInARow = failure.code === 'timeout' ? this.#timeoutsInARow + 1 : 0
      // A server that was slow once is still there; one that stays silent, and any other fault of the connection, ends it.
      if (failure.may_pass && (failure.code !== 'timeout' || this.#timeoutsInARow >= TIMEOUTS_MAX)) this.#drop(connection)
      throw failure
    }
  }

  #drop({ client }: Connected): void {
    this.#forget(client)
    this.#timeoutsInARow = 0
    client.close().catch((error: unknown) => this.#options.note('debug', `closing ${this.config.id}: ${String(error)}`))
  }

  #forget(client: Client): void {
    if (this.#client !== client) return
    this.#client = null
    this.#connection = null
  }

  #connected(): Promise<Connected> {
    if (this.#isClosed) return Promise.reject(new ToolFailure('failed', 'the gateway is closed', false))
    if (this.#failed !== null && Date.now() - this.#failed.at_ms < REST_MS) return Promise.reject(this.#failed.failure)
    this.#connection ??= this.#connect().catch((error: unknown) => {
      const failure = failureOf(error)
      this.#connection = null
      this.#failed = { at_ms: Date.now(), failure }
      this.#options.note('warn', `the tool server ${this.config.id} cannot be reached: ${failure.message}`)
      throw failure
    })
    return this.#connection
  }

  #transport(): Transport {
    const { headers_env, result_bytes_max, url } = this.config
    const { environment } = this.#options
    if (url === undefined) return this.#program()
    const given = ([header, name]: [string, string]): [string, string][] => (environment[name] === undefined ? [] : [[header, environment[name]]])
    const headers = Object.fromEntries(Object.entries(headers_env).flatMap(given))
    return new StreamableHTTPClientTransport(new URL(url), { fetch: limitedFetch(MESSAGE_BYTES_MAX + result_bytes_max), requestInit: { headers } })
  }

  /** The program of a server, in its sandbox; its last words are kept for those who ask why it cannot be reached. */
  #program(): Transport {
    const launch = this.#options.launch(this.config)
    this.#lastWords = ''
    const transport = new HeldTransport(launch, MESSAGE_BYTES_MAX + this.config.result_bytes_max)
    transport.stderr?.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8').slice(0, STDERR_CHARACTERS)
      this.#lastWords = (this.#lastWords + text).slice(-STDERR_CHARACTERS)
      this.#options.note('debug', `${this.config.id}: ${text}`)
    })
    return transport
  }

  async #connect(): Promise<Connected> {
    const tools = new Map<string, ServedTool>()
    const keep = (listed: readonly Tool[]): void => {
      tools.clear()
      for (const tool of listed)
        try {
          tools.set(tool.name, served(tool))
        } catch (error) {
          this.#options.note('warn', `${this.config.id}: the schema of ${tool.name} cannot be used: ${String(error)}`)
        }
    }
    this.#lastWords = ''
    const transport = this.#transport()
    const client = new Client(
      { name: 'syntropism', version: VERSION },
      {
        listChanged: {
          tools: { onChanged: (error, listed) => (error === null ? keep(listed ?? []) : this.#options.note('warn', `${this.config.id}: ${error.message}`)) },
        },
      },
    )
    const connection: Connected = { client, tools }
    this.#client = client
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the client is no event target
    client.onclose = () => {
      this.#forget(client)
      if (transport instanceof HeldTransport)
        transport.end().catch((error: unknown) => this.#options.note('debug', `ending ${this.config.id}: ${String(error)}`))
    }
    try {
      await client.connect(transport, { timeout: CONNECT_MS })
      keep((await client.listTools(undefined, { timeout: CONNECT_MS })).tools)
    } catch (error) {
      await transport.close()
      const words = this.#lastWords.trim()
      if (words === '') throw error
      throw new Error(`${reasonOf(error)}: ${words}`, { cause: error })
    }
    this.#failed = null
    return connection
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const connection = await this.#connection?.catch(() => null)
    await connection?.client.close()
  }
}
