import { describe, expect, it } from 'vitest'
import { LlmConfig } from '../config/index.ts'
import { type Api, boundRequest, maximumFor } from './bounds.ts'

const { models, upstreams } = LlmConfig.parse({
  models: {
    m: {
      image_tokens_max: 1000,
      output_tokens_max: 100,
      prompt_tokens_overhead: 0,
      request_members: ['chat_template_kwargs', 'video_url'],
      upstreams: [{ model: 'm', upstream: 'a' }],
    },
    plain: { output_tokens_max: 100, prompt_tokens_overhead: 0, upstreams: [{ model: 'm', upstream: 'a' }] },
  },
  upstreams: [
    { base_url: 'https://api.openai.com/v1', id: 'a' },
    { base_url: 'http://localhost/v1', id: 'b' },
    { base_url: 'http://localhost/v1', id: 'c', max_tokens_member: 'max_completion_tokens' },
    { base_url: 'https://openai.com.example.org/v1', id: 'd' },
  ],
  usd_per_minute: 1,
})
const bound = (api: Api, body: object, model: 'm' | 'plain' = 'plain') => boundRequest(api, { model, ...body }, models[model] as never)
const chat = (body: object, model: 'm' | 'plain' = 'plain') => bound('chat/completions', { messages: [{ content: 'hi', role: 'user' }], ...body }, model)
const user = (...content: readonly object[]) => ({ messages: [{ content, role: 'user' }] })
const image = { image_url: { url: 'https://example.org/a.png' }, type: 'image_url' }

describe('what has no bound is refused, with the member that it hangs on', () => {
  it.each<[string, Api, object, string]>([
    ['more choices than are returned', 'chat/completions', { best_of: 20 }, 'best_of'],
    ['other models to fall back on', 'chat/completions', { models: ['dear'] }, 'models'],
    ['searches', 'chat/completions', { web_search_options: {} }, 'web_search_options'],
    ['plugins', 'chat/completions', { plugins: [{ id: 'web' }] }, 'plugins'],
    ['a template of the prompt', 'chat/completions', { chat_template: '{{ x }}' }, 'chat_template'],
    ['sound', 'chat/completions', { audio: { voice: 'x' } }, 'audio'],
    ['sound as a modality', 'chat/completions', { modalities: ['text', 'audio'] }, 'modalities'],
    ['a dearer tier', 'chat/completions', { service_tier: 'priority' }, 'service_tier'],
    ['sound kept by the upstream', 'chat/completions', { messages: [{ audio: { id: 'a' }, role: 'assistant' }] }, 'messages[0].audio'],
    ['a film', 'chat/completions', user({ type: 'video_url', video_url: { url: 'https://x/y' } }), 'messages[0].content[0].type'],
    ['a file', 'chat/completions', user({ file: { file_id: 'f' }, type: 'file' }), 'messages[0].content[0].type'],
    ['a part without a kind', 'chat/completions', user({ image_url: { url: 'https://x/y' } }), 'messages[0].content[0].type'],
    ['a content that is no list', 'chat/completions', { messages: [{ content: { type: 'image_url' }, role: 'user' }] }, 'messages[0].content'],
    ['an image where none has a bound', 'chat/completions', user(image), 'image'],
    ['no messages', 'chat/completions', { messages: undefined }, 'messages'],
    ['a tool of the upstream', 'chat/completions', { tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    ['a tool without a kind', 'chat/completions', { tools: [{ google_search: {} }] }, 'tools[0].type'],
    ['a chat that goes on from one that is kept', 'responses', { input: 'x', previous_response_id: 'r' }, 'previous_response_id'],
    ['work behind the scenes', 'responses', { background: true, input: 'x' }, 'background'],
    ['a stored prompt', 'responses', { input: 'x', prompt: { id: 'p' } }, 'prompt'],
    ['a reference to something kept', 'responses', { input: [{ id: 'msg_1' }] }, 'input[0].type'],
    ['a named reference', 'responses', { input: [{ id: 'msg_1', type: 'item_reference' }] }, 'input[0].type'],
    ['a picture of a screen', 'responses', { input: [{ call_id: 'c', output: { file_id: 'f' }, type: 'computer_call_output' }] }, 'input[0].type'],
    [
      'a file in a result',
      'responses',
      { input: [{ call_id: 'c', output: [{ file_id: 'f', type: 'input_file' }], type: 'function_call_output' }] },
      'input[0].output[0].type',
    ],
    ['images to embed', 'embeddings', { input: [{ image: 'x' }] }, 'input'],
    ['more tokens than anybody counts', 'chat/completions', { max_tokens: Number.MAX_SAFE_INTEGER }, 'max_tokens'],
    ['more tokens in all choices', 'chat/completions', { max_tokens: 900_000_000, n: 2 }, 'n'],
    ['fewer than none', 'chat/completions', { max_tokens: -1 }, 'max_tokens'],
    ['half a token', 'chat/completions', { max_completion_tokens: 1.5 }, 'max_completion_tokens'],
    ['reasoning that the upstream keeps', 'responses', { input: [{ id: 'rs_1', summary: [], type: 'reasoning' }] }, 'input[0]'],
    ['sound by another form of its name', 'chat/completions', { modalities: 'audio' }, 'modalities'],
    ['a number as text', 'responses', { input: 'x', max_output_tokens: '5' }, 'max_output_tokens'],
  ])('%s', (_name, api, body, field) => {
    const messages = api === 'chat/completions' && !('messages' in body) ? { messages: [{ content: 'hi', role: 'user' }] } : {}
    expect(() => bound(api, { ...messages, ...body })).toThrow(
      expect.objectContaining({ code: 'llm_request_unbounded', figures: expect.objectContaining({ field }) }),
    )
  })
})

describe('what has a bound passes as it came', () => {
  it.each<[string, Api, object]>([
    [
      'all that a chat of OpenAI’s has',
      'chat/completions',
      {
        frequency_penalty: 0,
        logit_bias: { 5: 1 },
        logprobs: true,
        messages: [
          { content: [{ text: 'a', type: 'text' }], name: 'n', role: 'user' },
          {
            annotations: [],
            audio: null,
            content: null,
            refusal: null,
            role: 'assistant',
            tool_calls: [{ function: { arguments: '{}', name: 'f' }, id: 't', type: 'function' }],
          },
          { content: 'r', role: 'tool', tool_call_id: 't' },
        ],
        metadata: {},
        n: 2,
        parallel_tool_calls: true,
        prediction: null,
        reasoning_effort: 'high',
        response_format: { type: 'json_object' },
        seed: 1,
        stop: ['x'],
        store: false,
        temperature: 1,
        tool_choice: 'auto',
        tools: [{ function: { name: 'f', parameters: { type: 'file' } }, type: 'function' }],
        top_logprobs: 2,
        top_p: 1,
        user: 'u',
      },
    ],
    [
      'a response',
      'responses',
      {
        include: [],
        input: [
          { content: 'a', role: 'user' },
          { content: [{ text: 'b', type: 'output_text' }], role: 'assistant', type: 'message' },
          { encrypted_content: 'xyz', id: 'rs_1', summary: [], type: 'reasoning' },
          { content: [{ text: 't', type: 'reasoning_text' }], summary: [], type: 'reasoning' },
          { arguments: '{}', call_id: 'c', name: 'f', type: 'function_call' },
          { call_id: 'c', output: 'r', type: 'function_call_output' },
        ],
        instructions: 'i',
        max_output_tokens: 50,
        reasoning: { effort: 'low' },
        store: true,
        text: { format: { type: 'text' } },
        truncation: 'auto',
      },
    ],
    ['texts to embed', 'embeddings', { dimensions: 5, encoding_format: 'base64', input: ['a', 'b'] }],
    ['tokens to embed', 'embeddings', { input: [[1, 2, 3], [4]] }],
  ])('%s', (_name, api, body) => {
    expect(bound(api, body).body).toMatchObject(body)
  })

  it('and what the operator names', () => {
    const film = user({ type: 'video_url', video_url: { url: 'x' } })
    expect(chat({ ...film, chat_template_kwargs: { thinks: true } }, 'm').body).toMatchObject({ chat_template_kwargs: { thinks: true } })
  })
})

describe('the bound', () => {
  it('of output is the larger of two maxima, for every choice', () => {
    expect(chat({ max_completion_tokens: 5, max_tokens: 70, n: 3 }).output_tokens_max).toBe(210)
    expect(chat({ max_completion_tokens: 5, max_tokens: 70, n: 3 })).toMatchObject({ output_max: 70 })
    expect(chat({ n: 2 })).toMatchObject({ output_max: 100, output_tokens_max: 200 })
    expect(bound('embeddings', { input: 'x' })).toMatchObject({ output_max: null, output_tokens_max: 0 })
  })

  it('of a prompt counts every byte that is not an image, wherever it stands', () => {
    const bytes = (body: object) => chat(body, 'm').prompt_tokens_max
    const long = 'x'.repeat(50_000)
    expect(bytes(user(image))).toBeLessThan(1300)
    expect(bytes(user({ ...image, image_url: { url: `data:image/png;base64,${long}` } }))).toBeLessThan(1300)
    expect(bytes(user({ ...image, text: long }))).toBeGreaterThan(51_000)
    expect(bytes({ tools: [{ function: { name: 'f', parameters: { description: long, type: 'image_url' } }, type: 'function' }] })).toBeGreaterThan(50_000)
    expect(bytes({ messages: [{ content: '漢'.repeat(1000), role: 'user' }] })).toBeGreaterThan(3000)
    expect(bytes(user(image, image, image)) - bytes(user(image))).toBeGreaterThan(2000)
    // One sign of three bytes, which tokenizers that bring texts into the compatibility form read as eighteen letters.
    expect(bound('embeddings', { input: '\ufdfa'.repeat(1000) }).prompt_tokens_max).toBeGreaterThan(18_000)
    expect(bound('embeddings', { input: [Array.from({ length: 500 }).fill(7)] }).prompt_tokens_max).toBeGreaterThan(500)
  })

  it('of output goes out under one name, whichever the request uses', () => {
    for (const named of [{ max_completion_tokens: 7 }, { max_tokens: 7 }, { max_completion_tokens: 7, max_tokens: 3 }]) {
      const { body, output_max } = chat(named)
      expect(Object.keys(body).filter((name) => name.startsWith('max_'))).toEqual([])
      expect(maximumFor('chat/completions', output_max, upstreams[1] as never)).toEqual({ max_tokens: 7 })
    }
  })

  it('is written into a chat by the name that its upstream knows', () => {
    const names = upstreams.map((upstream) => Object.keys(maximumFor('chat/completions', 100, upstream)))
    expect(names).toEqual([['max_completion_tokens'], ['max_tokens'], ['max_completion_tokens'], ['max_tokens']])
    expect(maximumFor('responses', 100, upstreams[0] as never)).toEqual({ max_output_tokens: 100 })
    expect(maximumFor('chat/completions', null, upstreams[0] as never)).toEqual({})
  })
})
