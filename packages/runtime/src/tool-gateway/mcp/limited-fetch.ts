import type { FetchLike } from '@modelcontextprotocol/client'

/** A fetch whose answers break off after a number of bytes, so that no server can fill the memory. */
export const limitedFetch =
  (bytesMax: number): FetchLike =>
  async (url, init) => {
    const answer = await fetch(url, init)
    if (answer.body === null) return answer
    let bytes = 0
    const limit = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength
        if (bytes > bytesMax) controller.error(new RangeError(`the answer has more than ${bytesMax} bytes`))
        else controller.enqueue(chunk)
      },
    })
    return new Response(answer.body.pipeThrough(limit), { headers: answer.headers, status: answer.status, statusText: answer.statusText })
  }
