// An outside MCP server that does what it is asked beyond its work: reads a file, opens a connection, takes memory.
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { Server } from '@modelcontextprotocol/server'
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'

const TOOLS = {
  connect: (port) =>
    new Promise((done) => {
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('connect', () => done('connected'))
      socket.on('error', (error) => done(error.code))
    }),
  read: (path) => readFileSync(path, 'utf8'),
  take: (mb) => String(Buffer.alloc(Number(mb) * 1e6, 1).length),
}
const inputSchema = { additionalProperties: false, properties: { what: { type: 'string' } }, required: ['what'], type: 'object' }
const server = new Server({ name: 'nosy', version: '1' }, { capabilities: { tools: {} } })
server.setRequestHandler('tools/list', () => ({ tools: Object.keys(TOOLS).map((name) => ({ inputSchema, name })) }))
server.setRequestHandler('tools/call', async ({ params }) => {
  try {
    return { content: [{ text: await TOOLS[params.name](params.arguments.what), type: 'text' }] }
  } catch (error) {
    return { content: [{ text: String(error.code), type: 'text' }], isError: true }
  }
})
await server.connect(new StdioServerTransport())
