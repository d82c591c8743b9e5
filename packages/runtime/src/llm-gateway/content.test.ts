import { describe, expect, it } from 'vitest'
import { answerContent, requestContent } from './content.ts'

const TOOL = { function: { name: 'weigh', parameters: {} }, type: 'function' }
const stream = (...events: readonly object[]): string => [...events.map((event) => `data: ${JSON.stringify(event)}\n\n`), 'data: [DONE]\n\n'].join('')
const delta = (piece: object): object => ({ choices: [{ delta: piece, index: 0 }] })

describe('what a request says', () => {
  it('of a chat: messages with parts and calls of tools, parameters, tools', () => {
    const messages = [
      { content: 'be brief', role: 'system' },
      {
        content: [
          { text: 'what is this?', type: 'text' },
          { image_url: { url: 'data:…' }, type: 'image_url' },
        ],
        role: 'user',
      },
      { content: null, role: 'assistant', tool_calls: [{ function: { arguments: '{"kg":1}', name: 'weigh' }, id: 'one' }] },
    ]
    expect(requestContent('chat/completions', { max_tokens: 5, messages, model: 'm', stream: true, temperature: 0, tools: [TOOL] })).toEqual({
      input_messages: [
        { content: 'be brief', role: 'system' },
        { content: 'what is this?\n[image_url]', role: 'user' },
        { content: '', role: 'assistant', tool_calls: [{ arguments_json: '{"kg":1}', id: 'one', name: 'weigh' }] },
      ],
      invocation_parameters: { max_tokens: 5, temperature: 0 },
      tools: [TOOL],
    })
  })

  it('of a response: instructions, and input as a text or as items', () => {
    expect(requestContent('responses', { input: 'hello', instructions: 'be brief', model: 'm' }).input_messages).toEqual([
      { content: 'be brief', role: 'system' },
      { content: 'hello', role: 'user' },
    ])
    const items = [
      { content: [{ text: 'hello', type: 'input_text' }], role: 'user' },
      { arguments: '{}', call_id: 'one', name: 'weigh', type: 'function_call' },
      { call_id: 'one', output: '1 kg', type: 'function_call_output' },
    ]
    expect(requestContent('responses', { input: items, model: 'm' }).input_messages).toEqual([
      { content: 'hello', role: 'user' },
      { content: '', role: 'assistant', tool_calls: [{ arguments_json: '{}', id: 'one', name: 'weigh' }] },
      { content: '1 kg', role: 'tool' },
    ])
  })

  it('of embeddings: their texts', () => {
    expect(requestContent('embeddings', { input: ['a', 'b'], model: 'm' }).input_messages).toEqual([{ content: 'a\nb', role: 'user' }])
  })

  it('is cut where it is longer than a tracer keeps', () => {
    const [message] = requestContent('chat/completions', { messages: [{ content: 'x'.repeat(100_000), role: 'user' }], model: 'm' }).input_messages ?? []
    expect(message?.content.length).toBe(16_385)
  })
})

describe('what an answer says', () => {
  it('whole', () => {
    const text = JSON.stringify({ choices: [{ message: { content: 'hi', role: 'assistant' } }], usage: {} })
    expect(answerContent('chat/completions', text)).toEqual({ output_messages: [{ content: 'hi', role: 'assistant' }] })
  })

  it('in the pieces of a stream, calls of tools too', () => {
    const text = stream(
      delta({ content: 'he', role: 'assistant' }),
      delta({ content: 'llo' }),
      delta({ tool_calls: [{ function: { arguments: '{"a"', name: 'weigh' }, id: 'one', index: 0 }] }),
      delta({ tool_calls: [{ function: { arguments: ':1}' }, index: 0 }] }),
      { choices: [], usage: {} },
    )
    expect(answerContent('chat/completions', text)).toEqual({
      output_messages: [{ content: 'hello', role: 'assistant', tool_calls: [{ arguments_json: '{"a":1}', id: 'one', name: 'weigh' }] }],
    })
  })

  it('as a response, whole or at the end of its stream', () => {
    const response = {
      output: [
        { summary: [], type: 'reasoning' },
        { content: [{ text: 'hi', type: 'output_text' }], role: 'assistant', type: 'message' },
      ],
    }
    const said = { output_messages: [{ content: 'hi', role: 'assistant' }] }
    expect(answerContent('responses', JSON.stringify(response))).toEqual(said)
    expect(answerContent('responses', stream({ delta: 'h', type: 'response.output_text.delta' }, { response, type: 'response.completed' }))).toEqual(said)
  })

  it.each(['', 'no json', 'data: {broken', '[1]', 'null', stream({ choices: 7 }, { choices: [null] }, delta({ tool_calls: [{ index: 1e9 }, { index: -1 }] }))])(
    'is nothing in %j',
    (text) => {
      expect(answerContent('chat/completions', text)).toEqual({ output_messages: [] })
      expect(answerContent('responses', text)).toEqual({ output_messages: [] })
      expect(answerContent('embeddings', text)).toEqual({})
    },
  )
})
