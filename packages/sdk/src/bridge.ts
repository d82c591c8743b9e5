// For programs that know nothing of this economy: node --import @syntropism/sdk/bridge main.js. Inside a sandbox without network the System
// Service is a Unix socket, which clients of OpenAI's API or of MCP do not speak: this puts it on a port of the sandbox's own loopback
// and says so in the environment, in the program's own process.
import { type AddressInfo, connect, createServer } from 'node:net'
import process from 'node:process'

const socketPath = process.env.SYSTEM_SERVICE_SOCKET
if (socketPath !== undefined && socketPath !== '') {
  const server = createServer((near) => {
    const far = connect(socketPath)
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(0, '127.0.0.1', done)
  })
  server.unref()
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env.SYSTEM_SERVICE_URL = url
  process.env.OPENAI_BASE_URL = `${url}/v1`
  delete process.env.SYSTEM_SERVICE_SOCKET
}
