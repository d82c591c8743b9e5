// A local upstream that answers at once: one completion, or a stream of 20 parts, with usage. Prints its address. Whoever sends no body gets the same.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const STREAM_PARTS = 20
const USAGE = { completion_tokens: STREAM_PARTS, prompt_tokens: 30, total_tokens: 30 + STREAM_PARTS }
const common = { created: 1_700_000_000, id: 'chatcmpl-stub', model: 'stub' }
const whole = JSON.stringify({
  ...common,
  choices: [{ finish_reason: 'stop', index: 0, message: { content: 'word '.repeat(STREAM_PARTS), role: 'assistant' } }],
  object: 'chat.completion',
  usage: USAGE,
})
const chunk = (more: object): string => `data: ${JSON.stringify({ ...common, object: 'chat.completion.chunk', ...more })}\n\n`
const part = chunk({ choices: [{ delta: { content: 'word ' }, finish_reason: null, index: 0 }] })
const stop = chunk({ choices: [{ delta: {}, finish_reason: 'stop', index: 0 }] })
const usage = chunk({ choices: [], usage: USAGE })

if (import.meta.main) {
  const server = createServer((incoming, answer) => {
    let text = ''
    incoming.on('data', (data: Buffer) => (text += data.toString('utf8')))
    incoming.on('end', () => {
      const body = JSON.parse(text === '' ? '{}' : text) as { stream?: boolean; stream_options?: { include_usage?: boolean } }
      if (body.stream !== true) {
        answer.writeHead(200, { 'content-length': whole.length, 'content-type': 'application/json' })
        answer.end(whole)
        return
      }
      answer.writeHead(200, { 'content-type': 'text/event-stream' })
      for (let index = 0; index < STREAM_PARTS; index++) answer.write(part)
      answer.write(stop)
      if (body.stream_options?.include_usage === true) answer.write(usage)
      answer.end('data: [DONE]\n\n')
    })
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })))
}
