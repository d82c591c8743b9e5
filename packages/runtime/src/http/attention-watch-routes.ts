import { z } from '@hono/zod-openapi'
import { fatigueOf } from '../fatigue/index.ts'
import type { Tables } from '../store/index.ts'
import { WATCHERS } from './principal.ts'
import { type App, type ServiceParts, addOperation } from './service.ts'

const MS_PER_HOUR = 3_600_000
const MS_PER_DAY = 24 * MS_PER_HOUR
/** Judgements that a human's fatigue is told from. */
const JUDGED = 41
const ENDED_MAX = 1000

type Scored = Pick<Tables['prompts'], 'ended_at_ms' | 'scores'>
/** Mean of three scores. */
function scoreOf(text: string | null): number {
  const { interesting, understandable, useful } = JSON.parse(text ?? '{}') as Record<string, number>
  return ((interesting ?? 0) + (understandable ?? 0) + (useful ?? 0)) / 3
}

/** What people gave and still can: duty, breaks, caps, what was minted today, signs of fatigue. */
async function humansNow({ host, queries }: ServiceParts): Promise<object[]> {
  const nowMs = host.now()
  const { mint_per_human_per_day_micro: limit } = host.state.params
  const shown: object[] = []
  for (const human of host.state.humans.values()) {
    const rows: Scored[] = await queries
      .selectFrom('prompts')
      .select(['ended_at_ms', 'scores'])
      .where('human_id', '=', human.human_id)
      .where('ended_at_ms', 'is not', null)
      .orderBy('ended_at_ms', 'desc')
      .limit(JUDGED)
      .execute()
    const judged = rows.reverse().map((row) => ({ at_ms: Number(row.ended_at_ms), score: scoreOf(row.scores) }))
    // Under a cap the economy itself counts, skips as well.
    const counted = human.judgements_per_hour_max == null ? judged.map((one) => one.at_ms) : (human.judged_at_ms ?? [])
    shown.push({
      back_at_ms: human.back_at_ms ?? null,
      fatigue: fatigueOf(judged),
      human_id: human.human_id,
      judged_last_hour: counted.filter((atMs) => atMs > nowMs - MS_PER_HOUR).length,
      judgements_per_hour_max: human.judgements_per_hour_max ?? null,
      minted_today_micro: human.day === Math.floor(nowMs / MS_PER_DAY) ? human.minted_micro : 0,
      mint_today_max_micro: limit,
      on_duty: human.on_duty,
    })
  }
  return shown
}

interface Share {
  judged: number
  minted_micro: number
  score: number
}
function gather(shares: Map<string, Share>, id: string, row: Tables['prompts']): void {
  const share = shares.get(id) ?? { judged: 0, minted_micro: 0, score: 0 }
  shares.set(id, share)
  share.judged += 1
  share.minted_micro += row.credits_awarded_micro ?? 0
  share.score += scoreOf(row.scores)
}
const listed = (shares: ReadonlyMap<string, Share>, name: string): object[] =>
  [...shares]
    .map(([id, { judged, minted_micro, score }]) => ({ [name]: id, judged, mean_score: score / judged, minted_micro }))
    .toSorted((one, other) => other.minted_micro - one.minted_micro)

/** What became of the prompts that ended since a time. */
async function digestSince({ queries }: ServiceParts, sinceMs: number): Promise<object> {
  const rows = await queries.selectFrom('prompts').selectAll().where('ended_at_ms', '>=', sinceMs).orderBy('ended_at_ms', 'desc').limit(ENDED_MAX).execute()
  const agents = new Map<string, Share>()
  const humans = new Map<string, Share>()
  const of = (status: string): Tables['prompts'][] => rows.filter((row) => row.status === status)
  const scored = of('scored')
  for (const row of scored) {
    gather(agents, row.agent_id, row)
    if (row.human_id !== null) gather(humans, row.human_id, row)
  }
  const unread = of('deadline')
  return {
    agents: listed(agents, 'agent_id').slice(0, 20),
    humans: listed(humans, 'human_id'),
    minted_micro: scored.reduce((sum, row) => sum + (row.credits_awarded_micro ?? 0), 0),
    returned_micro: unread.reduce((sum, row) => sum + row.bid_micro, 0),
    returned_unread: unread.length,
    scored: scored.length,
    since_ms: sinceMs,
    skipped: of('skipped').length,
    withdrawn: of('withdrawn').length,
  }
}

/** What watchers see of people’s attention. */
export function addAttentionWatchRoutes(app: App, parts: ServiceParts): void {
  const { host, queries } = parts
  addOperation(app, parts, {
    handle: async () => {
      const rows = await queries
        .selectFrom('prompts')
        .select((eb) => ['agent_id', eb.fn.countAll<number>().as('judged'), eb.fn.sum<number>('credits_awarded_micro').as('awarded_micro')])
        .where('status', 'in', ['scored', 'skipped'])
        .groupBy('agent_id')
        .execute()
      return { agents: rows.map((row) => ({ ...row, awarded_micro: Number(row.awarded_micro ?? 0), judged: Number(row.judged) })) }
    },
    method: 'get',
    path: '/attention/worth',
    roles: WATCHERS,
    summary: 'What each agent’s judged prompts were worth so far.',
    tag: 'watch',
  })
  addOperation(app, parts, {
    handle: async () => ({ humans: await humansNow(parts) }),
    method: 'get',
    path: '/attention/humans',
    roles: WATCHERS,
    summary: 'Who is on duty or on a break, caps, what was minted today, and signs of fatigue: time per item, drift and spread of scores.',
    tag: 'watch',
  })
  addOperation(app, parts, {
    handle: ({ query }) => digestSince(parts, Math.max(0, host.now() - Number(query.hours) * MS_PER_HOUR)),
    method: 'get',
    path: '/attention/digest',
    query: z.object({ hours: z.coerce.number().int().min(1).max(720).default(24) }),
    roles: WATCHERS,
    summary: 'What became of the prompts of the last hours: scored, skipped, returned unread; by agent and by human.',
    tag: 'watch',
  })
}
