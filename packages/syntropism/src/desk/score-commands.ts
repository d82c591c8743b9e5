import { type LocalFlags, callService, print } from '../terminal/local.ts'

export interface ScoreFlags extends LocalFlags {
  readonly interesting: number
  readonly reason?: string
  readonly understandable: number
  readonly useful: number
}

/** Scores a prompt in the name of the token's human. */
export async function runScore(prompt: string, flags: ScoreFlags): Promise<void> {
  const { interesting, reason, understandable, useful } = flags
  const answer = await callService(flags, 'POST', `/attention/prompts/${encodeURIComponent(prompt)}/score`, {
    interesting,
    understandable,
    useful,
    ...(reason === undefined ? {} : { reason }),
  })
  print(flags, answer, () => `${prompt} scored: ${Number(answer.credits_awarded_micro) / 1_000_000} credits minted.`)
}

/** Passes a prompt over: its bid burns, nothing is minted. */
export async function runSkip(prompt: string, flags: LocalFlags): Promise<void> {
  print(flags, await callService(flags, 'POST', `/attention/prompts/${encodeURIComponent(prompt)}/skip`, {}), () => `${prompt} skipped.`)
}

/** Puts a former state of an agent's workspace back. */
export async function runRollBack(agent: string, state: string, flags: LocalFlags): Promise<void> {
  const answer = await callService(flags, 'POST', `/operator/agents/${encodeURIComponent(agent)}/roll-back`, { commit: state })
  print(flags, answer, () => `The workspace of ${agent} is as it was at ${state}; this is its state ${String(answer.commit)}.`)
}
