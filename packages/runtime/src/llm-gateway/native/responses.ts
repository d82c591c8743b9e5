import type { Attempt } from '../guard.ts'
import { readWhole } from '../receive.ts'
import { jsonAnswer, streamAnswer, unsupportedAnswer } from './providers.ts'
import { RequestUnsupported } from './request.ts'
import { type ChatCompletion, toResponse, toResponseEvents } from './response-answer.ts'
import { type ResponseRequest, chatFor, readResponseRequest } from './response-request.ts'

/** Requests for responses, asked as chat completions of an upstream that has those alone. What a chat completion has nothing for is refused and not sent. */
export const withResponses =
  (attempt: Attempt): Attempt =>
  async (api, body, cancellation) => {
    if (api !== 'responses') return attempt(api, body, cancellation)
    let request: ResponseRequest
    try {
      request = readResponseRequest(body)
    } catch (error) {
      if (error instanceof RequestUnsupported) return unsupportedAnswer(error)
      throw error
    }
    const answer = await attempt('chat/completions', JSON.stringify(chatFor(request)), cancellation)
    if (answer.status !== 200) return answer
    if (request.stream === true) return streamAnswer(toResponseEvents(request, answer.body))
    return jsonAnswer(toResponse(request, JSON.parse(await readWhole(answer.body)) as ChatCompletion))
  }
