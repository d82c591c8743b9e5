// Stands in for a provider, in the form of OpenAI's API: answers after a moment, with usage.
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

async function answer(request, response) {
  for await (const _ of request);
  await pause(20)
  response.setHeader('content-type', 'application/json')
  response.end(
    JSON.stringify({
      choices: [{ finish_reason: 'stop', index: 0, message: { content: 'Done.', role: 'assistant' } }],
      id: 'answer',
      model: 'small',
      object: 'chat.completion',
      usage: { completion_tokens: 100, prompt_tokens: 50, total_tokens: 150 },
    }),
  )
}

createServer((request, response) => void answer(request, response)).listen(9000, '127.0.0.1', () => console.log('model ready'))
