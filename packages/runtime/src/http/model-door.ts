import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Api, Cancellation } from '../llm-gateway/index.ts'
import { BODY_BYTES_MAX, parseBody } from './body.ts'
import { type Gate, SECURE_HEADERS, isJson } from './gate.ts'
import { type ModelAnswer, answerModelCall } from './model-calls.ts'
import type { Principal } from './principal.ts'
import { type Problem, faultOf } from './problem.ts'
import type { Direct } from './server.ts'
import type { ServiceParts } from './service.ts'

const APIS: ReadonlyMap<string, Api> = new Map([
  ['/v1/chat/completions', 'chat/completions'],
  ['/v1/embeddings', 'embeddings'],
  ['/v1/responses', 'responses'],
])

function answer(outgoing: ServerResponse, told: ModelAnswer | Problem): (() => void) | null {
  const head = { ...SECURE_HEADERS, ...told.headers }
  const body = 'document' in told ? JSON.stringify(told.document) : told.body
  if (typeof body === 'string') {
    outgoing.writeHead(told.status, { ...head, 'content-length': Buffer.byteLength(body) }).end(body)
    return null
  }
  outgoing.writeHead(told.status, head)
  const write = (bytes: Uint8Array): number => {
    outgoing.write(bytes)
    return outgoing.writableLength
  }
  return body.start({ drop: () => void outgoing.destroy(), end: () => void outgoing.end(), write })
}

/** Reads a body of a known length; done with its last byte, before the stream has said that it ended. */
function readBody(incoming: IncomingMessage, length: number, done: (text: string) => void): void {
  const chunks: Buffer[] = []
  let read = 0
  incoming.on('data', (chunk: Buffer) => {
    read += chunk.length
    if (read < length) chunks.push(chunk)
    else done(chunks.length === 0 ? chunk.toString('utf8') : Buffer.concat([...chunks, chunk]).toString('utf8'))
  })
  if (length === 0) incoming.once('end', () => done(''))
}

/**
 * A door for calls of models that leads from the socket to the gateway without the forms of requests and answers in between, which take longer than the
 * rest of the way. It answers what is in order; whatever else comes is left to the service's routes, before anything of its body is read.
 * An answer rests on an admission or a reserve that is durable, so nothing waits for a commit here.
 */
export function openModelDoor(parts: ServiceParts, gate: Gate): Direct {
  const serve = (api: Api, principal: Principal, incoming: IncomingMessage, outgoing: ServerResponse, length: number): void => {
    const gone = new Cancellation()
    let hangUp: (() => void) | null = null
    const traceparent = incoming.headers.traceparent as string | undefined
    const carryOut = async (text: string): Promise<void> => {
      let told: ModelAnswer | Problem
      try {
        told = await answerModelCall(parts, principal, api, parseBody(text), gone, traceparent)
      } catch (error) {
        // What is no JSON is told as the routes tell it.
        told = faultOf(`/v1/${api}`, 'POST', error, parts.log, undefined)
      }
      hangUp = answer(outgoing, told)
      if (outgoing.destroyed) hangUp?.()
    }
    outgoing.on('close', () => {
      if (outgoing.writableFinished) return
      hangUp?.()
      gone.cancel()
    })
    incoming.on('error', () => outgoing.destroy())
    // Nobody is there any more.
    outgoing.on('error', () => undefined)
    readBody(incoming, length, (text) => void carryOut(text).catch(() => outgoing.destroy()))
  }
  return (incoming, outgoing) => {
    if (incoming.method !== 'POST') return false
    const api = APIS.get(incoming.url ?? '')
    const { authorization, 'content-length': length, 'content-type': type } = incoming.headers
    if (api === undefined || authorization === undefined || length === undefined || Number(length) > BODY_BYTES_MAX) return false
    if (parts.gateway === undefined || (type !== undefined && !isJson(type)) || incoming.headers.expect !== undefined) return false
    const principal = gate.enter(authorization, incoming.socket)
    if ('code' in principal) return false
    serve(api, principal, incoming, outgoing, Number(length))
    return true
  }
}
