import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Tokens of the scripted model: words and marks. */
export const tokensIn = (text: string): number => (text.match(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu) ?? []).length

/** The sentences of a text that fit, from the first; at least one word. */
function extract(text: string, tokensMax: number): string {
  const kept: string[] = []
  let left = tokensMax
  for (const sentence of text.match(/[^.!?]+[.!?]?/gu) ?? []) {
    const cost = tokensIn(sentence)
    if (cost > left) break
    kept.push(sentence.trim())
    left -= cost
  }
  return kept.length > 0 ? kept.join(' ') : text.split(/\s+/u).slice(0, Math.max(1, tokensMax)).join(' ')
}

interface Chat {
  readonly max_completion_tokens?: number
  readonly max_tokens?: number
  readonly messages?: readonly { readonly content?: unknown }[]
}

function answerTo(body: Chat): object {
  const contents = (body.messages ?? []).map((message) => (typeof message.content === 'string' ? message.content : ''))
  const content = extract(contents.at(-1) ?? '', body.max_completion_tokens ?? body.max_tokens ?? 64)
  const [input, output] = [contents.reduce((sum, text) => sum + tokensIn(text), 0), tokensIn(content)]
  return {
    choices: [{ finish_reason: 'stop', index: 0, message: { content, role: 'assistant' } }],
    created: 0,
    id: 'scripted',
    model: 'scripted',
    object: 'chat.completion',
    usage: { completion_tokens: output, prompt_tokens: input, total_tokens: input + output },
  }
}

/** A scripted model on a port of this machine: answers a chat with the first sentences of its last message that fit into the maximum. The same question always has the same answer. */
export async function openScriptedModel(): Promise<{ close(): Promise<void>; readonly url: string }> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      let answer: object
      try {
        answer = answerTo(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Chat)
      } catch {
        response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"no JSON"}}')
        return
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(0, '127.0.0.1', done)
  })
  server.unref()
  return {
    async close() {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
  }
}
