import { reasonOf } from '@syntropism/runtime'
import { z } from 'zod'
import type { Scenario } from '../scenario/index.ts'
import { type JudgeMessage, answerSchema } from './prompt.ts'

/** What one judge said of one world. */
export interface Verdict {
  readonly criteria: readonly { readonly criterion: string; readonly justification: string; readonly score: number }[]
  readonly feedback: string
}

/** Asks a model once; throws JudgeError when no answer came. */
export type AskModel = (model: string, messages: readonly JudgeMessage[], schema: object) => Promise<string>

/** A judge that gave no usable verdict. `final` when asking again cannot help. */
export class JudgeError extends Error {
  override readonly name = 'JudgeError'
  readonly final: boolean
  constructor(message: string, final: boolean, options?: ErrorOptions) {
    super(message, options)
    this.final = final
  }
}

const TRIES = 3
const Answer = z.object({
  criteria: z.array(z.object({ criterion: z.string(), justification: z.string(), score: z.int().min(1).max(5) })),
  feedback: z.string(),
})

/** The JSON in an answer: bare, or inside a fence of markdown. */
const jsonIn = (text: string): string => /```(?:json)?\s*([\s\S]*?)```/.exec(text)?.[1] ?? text

/** Reads an answer. Throws JudgeError that says what is wrong with it. */
export function readVerdict(item: Scenario, text: string): Verdict {
  let value: unknown
  try {
    value = JSON.parse(jsonIn(text))
  } catch (error) {
    throw new JudgeError('the answer is no JSON', false, { cause: error })
  }
  const parsed = Answer.safeParse(value)
  if (!parsed.success) throw new JudgeError(`the answer has another form: ${z.prettifyError(parsed.error)}`, false)
  const wanted = item.judge?.criteria.map(({ name }) => name) ?? []
  const got = parsed.data.criteria.map(({ criterion }) => criterion)
  const missing = wanted.filter((name) => got.filter((one) => one === name).length !== 1)
  if (missing.length > 0 || got.length !== wanted.length)
    throw new JudgeError(`each criterion must be scored once (${wanted.join(', ')}); the answer has ${got.join(', ') || 'none'}`, false)
  return parsed.data
}

/** Asks a judge until its answer can be used, three times at most. Throws the last JudgeError. */
export async function askJudge(ask: AskModel, model: string, item: Scenario, messages: readonly JudgeMessage[]): Promise<Verdict> {
  for (let attempt = 1; ; attempt++) {
    try {
      return readVerdict(item, await ask(model, messages, answerSchema(item)))
    } catch (error) {
      if (!(error instanceof JudgeError) || error.final || attempt === TRIES) throw error
    }
  }
}

const Completion = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string().nullable() }) })).min(1) })
const SPENT = new Set([401, 402, 403, 404])

/** Asks through an OpenAI-compatible address such as an economy's gateway, with a key whose budget bounds the cost. */
export const askOver =
  ({ key, temperature, timeout_ms, url }: { key: string; temperature: number; timeout_ms: number; url: string }): AskModel =>
  async (model, messages, schema) => {
    const body = {
      max_tokens: 2000,
      messages,
      model,
      response_format: { json_schema: { name: 'verdict', schema, strict: true }, type: 'json_schema' },
      temperature,
    }
    let answer: Response
    let text: string
    try {
      answer = await fetch(`${url.replace(/\/+$/, '')}/chat/completions`, {
        body: JSON.stringify(body),
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        method: 'POST',
        signal: AbortSignal.timeout(timeout_ms),
      })
      text = await answer.text()
    } catch (error) {
      throw new JudgeError(`${url} gave no answer: ${reasonOf(error)}`, false, { cause: error })
    }
    if (!answer.ok) throw new JudgeError(`${model} at ${url} answered ${answer.status}: ${text.slice(0, 300)}`, SPENT.has(answer.status))
    const completion = Completion.safeParse(JSON.parse(text))
    if (!completion.success) throw new JudgeError(`${model} at ${url} answered in another form than a chat completion`, false)
    return completion.data.choices[0]?.message.content ?? ''
  }
