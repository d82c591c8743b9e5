// Stands in for a coding model, in the form of OpenAI's API: it knows three common mistakes and mends the first it sees.
import { createServer } from 'node:http'

const MENDS = [
  [/i <= (\w+)\.length/, 'i < $1.length'],
  [/\.sort\(\)/, '.sort((a, b) => a - b)'],
  [/ == null\b/, ' === undefined'],
]
const tokens = (text) => Math.ceil(text.length / 4)

function mend(prompt) {
  const code = /```js\n([\s\S]*?)```/.exec(prompt)?.[1] ?? ''
  const known = MENDS.find(([mistake]) => mistake.test(code))
  return known === undefined ? code : code.replace(known[0], known[1])
}

async function answer(request, response) {
  let body = ''
  for await (const part of request) body += part
  const prompt = JSON.parse(body)
    .messages.map(({ content }) => content)
    .join('\n')
  const content = `\`\`\`js\n${mend(prompt)}\`\`\``
  const usage = { completion_tokens: tokens(content), prompt_tokens: tokens(prompt), total_tokens: tokens(content) + tokens(prompt) }
  response.setHeader('content-type', 'application/json')
  response.end(
    JSON.stringify({
      choices: [{ finish_reason: 'stop', index: 0, message: { content, role: 'assistant' } }],
      id: 'answer',
      model: 'coder',
      object: 'chat.completion',
      usage,
    }),
  )
}

createServer((request, response) => void answer(request, response)).listen(9000, '127.0.0.1', () => console.log('model ready'))
