// An outside MCP server that misbehaves as its tools say. Every call is a line in the file that its argument names, so that a test can count them.
// A slow one answers once a file says so: see `letGo`.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { Server } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'

const CALLS = process.argv[2]
const schema = { additionalProperties: false, properties: { n: { type: 'integer' } }, required: ['n'], type: 'object' }
const TOOLS = ['add-one', 'crash', 'crash-once', 'deep', 'hang', 'hang-once', 'huge', 'junk', 'slow', 'refuse', 'secret']
const text = (value) => ({ content: [{ text: String(value), type: 'text' }] })
const callsOf = (name) =>
  readFileSync(CALLS, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${name} `)).length

const server = new Server({ name: 'bad', version: '1' }, { capabilities: { tools: {} } })
server.setRequestHandler('tools/list', () => ({ tools: TOOLS.map((name) => ({ description: `tool ${name}`, inputSchema: schema, name })) }))
server.setRequestHandler('tools/call', async ({ params }) => {
  const { n } = params.arguments
  appendFileSync(CALLS, `${params.name} ${n}\n`)
  switch (params.name) {
    case 'crash':
      return process.exit(1)
    case 'crash-once':
      return callsOf('crash-once') === 1 ? process.exit(1) : text(n)
    case 'hang':
      return new Promise(() => undefined)
    case 'hang-once':
      return callsOf('hang-once') === 1 ? new Promise(() => undefined) : text(n)
    case 'deep': {
      let nested = 1
      for (let level = 0; level < n; level++) nested = [nested]
      return { ...text('deep'), structuredContent: { nested } }
    }
    case 'junk':
      process.stdout.write('not JSON\n{"jsonrpc":"2.0"\n[]\n\u0000\n{"jsonrpc":"2.0","id":999,"result":{}}\n')
      return text(n)
    case 'huge':
      return text('x'.repeat(n))
    case 'slow':
      while (!existsSync(`${CALLS}-${n}`)) await new Promise((done) => setTimeout(done, 10))
      return text(n)
    case 'refuse':
      return { ...text('no'), isError: true }
    case 'secret':
      return text(JSON.stringify(process.env))
    default:
      return { ...text(n + 1), structuredContent: { n: n + 1 } }
  }
})
await server.connect(new StdioServerTransport())
