/** Movements of credits, until then a row each under two indexes by agent, become pages; what an agent has moves from its row to its standing. */
const MOVEMENTS_IN_PAGES = `
  CREATE TABLE movement_pages (first_number INTEGER PRIMARY KEY, movements TEXT NOT NULL);
  CREATE TABLE movement_marks (party TEXT NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL, balance_micro INTEGER NOT NULL, held_micro INTEGER NOT NULL, PRIMARY KEY (party, number)) WITHOUT ROWID;
  CREATE TABLE holdings (party TEXT PRIMARY KEY, balance_micro INTEGER NOT NULL, held_micro INTEGER NOT NULL, movements INTEGER NOT NULL, last_number INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TEMPORARY TABLE sides AS
    SELECT party, number, MAX(seq) AS seq, SUM(free) AS free, SUM(held) AS held FROM (
      SELECT from_agent AS party, number, seq, CASE WHEN from_account = 'holds' THEN 0 ELSE -amount_micro END AS free, CASE WHEN from_account = 'holds' THEN -amount_micro ELSE 0 END AS held FROM transfers
      UNION ALL
      SELECT to_agent, number, seq, CASE WHEN to_account = 'holds' THEN 0 ELSE amount_micro END, CASE WHEN to_account = 'holds' THEN amount_micro ELSE 0 END FROM transfers
    ) AS one_side GROUP BY party, number;
  CREATE TEMPORARY TABLE standings AS
    SELECT party, number, seq, COALESCE(LAG(number) OVER course, 0) AS earlier, ROW_NUMBER() OVER course AS place, SUM(free) OVER course AS free, SUM(held) OVER course AS held
    FROM sides WINDOW course AS (PARTITION BY party ORDER BY number);
  CREATE INDEX standings_place ON standings (party, number);
  INSERT INTO movement_pages
    SELECT MIN(t.number), json_group_array(json_array(t.seq, t.at_ms, t.from_agent, t.from_account, t.to_agent, t.to_account, t.amount_micro, t.purpose, t.entry_id, t.hold_id, giver.earlier, getter.earlier) ORDER BY t.number)
    FROM transfers t
    JOIN standings giver ON giver.party = t.from_agent AND giver.number = t.number
    JOIN standings getter ON getter.party = t.to_agent AND getter.number = t.number
    GROUP BY t.number / 64;
  INSERT INTO movement_marks SELECT party, number, seq, free, held FROM standings WHERE place % 64 = 0;
  INSERT INTO holdings
    SELECT party, SUM(free), SUM(held), COUNT(*), MAX(number) FROM sides GROUP BY party
    UNION ALL SELECT agent_id, 0, 0, 0, 0 FROM agents WHERE agent_id NOT IN (SELECT party FROM sides);
  DROP TABLE standings;
  DROP TABLE sides;
  DROP TABLE transfers;
  ALTER TABLE agents DROP COLUMN balance_micro;
  ALTER TABLE agents DROP COLUMN held_micro;
`

/** Forward-only migrations; the database's user_version counts those applied. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE batches (number INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, commands TEXT NOT NULL, events TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL);
  CREATE INDEX batches_seq ON batches (last_seq);
  CREATE TABLE snapshots (number INTEGER PRIMARY KEY, state TEXT NOT NULL);
  CREATE TABLE command_ids (owner TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (owner, id)) WITHOUT ROWID;
  CREATE TABLE postings (entry_id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, asset TEXT NOT NULL, debit TEXT NOT NULL, credit TEXT NOT NULL, amount INTEGER NOT NULL, purpose TEXT NOT NULL, cause_id TEXT NOT NULL, transfer_id TEXT NOT NULL);
  CREATE TABLE transfers (number INTEGER PRIMARY KEY, transfer_id TEXT NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, from_agent TEXT NOT NULL, from_account TEXT NOT NULL, to_agent TEXT NOT NULL, to_account TEXT NOT NULL, amount_micro INTEGER NOT NULL, purpose TEXT NOT NULL, entry_id INTEGER NOT NULL, hold_id TEXT);
  CREATE INDEX transfers_from ON transfers (from_agent, seq);
  CREATE INDEX transfers_to ON transfers (to_agent, seq);
  CREATE TABLE agents (agent_id TEXT PRIMARY KEY, name TEXT NOT NULL, parent_id TEXT, lineage TEXT NOT NULL, status TEXT NOT NULL, status_reason TEXT NOT NULL, created_at_ms INTEGER NOT NULL, balance_micro INTEGER NOT NULL, held_micro INTEGER NOT NULL, windows INTEGER NOT NULL, earned_micro INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE prices (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, resource TEXT NOT NULL, old_price_micro_per_s INTEGER NOT NULL, new_price_micro_per_s INTEGER NOT NULL, utilisation_ppm INTEGER NOT NULL, reason TEXT NOT NULL);
  CREATE TABLE clearings (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, clearing_id TEXT NOT NULL, certificate TEXT NOT NULL);
  CREATE TABLE receipts (lease_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, agent_id TEXT NOT NULL, receipt TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX receipts_agent ON receipts (agent_id, seq);
  CREATE TABLE prompts (prompt_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, agent_id TEXT NOT NULL, content TEXT NOT NULL, bid_micro INTEGER NOT NULL, filed_at_ms INTEGER NOT NULL, deadline_at_ms INTEGER NOT NULL, status TEXT NOT NULL, scores TEXT, reason TEXT, credits_awarded_micro INTEGER, human_id TEXT) WITHOUT ROWID;
  CREATE TABLE messages (message_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, from_agent TEXT NOT NULL, to_agent TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE invocations (invocation_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, body TEXT NOT NULL, result TEXT) WITHOUT ROWID;
  CREATE TABLE services (agent_id TEXT NOT NULL, service_name TEXT NOT NULL, cost_micro INTEGER NOT NULL, payment TEXT NOT NULL, specification TEXT NOT NULL, PRIMARY KEY (agent_id, service_name)) WITHOUT ROWID;
  `,
  `ALTER TABLE postings ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';`,
  `
  CREATE TABLE llm_calls (number INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, minute INTEGER NOT NULL, agent_id TEXT NOT NULL, key_id TEXT, lease_id TEXT, model TEXT NOT NULL, upstream_id TEXT NOT NULL, price TEXT NOT NULL, bound_micro_usd INTEGER NOT NULL, cost_micro_usd INTEGER, overrun_micro_usd INTEGER NOT NULL, estimated INTEGER NOT NULL, finish TEXT, input_tokens INTEGER, output_tokens INTEGER);
  `,
  `
  CREATE TABLE orders (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, ordered_by TEXT NOT NULL, action TEXT NOT NULL, agent_id TEXT, reason TEXT NOT NULL, details TEXT NOT NULL);
  `,
  `
  CREATE TABLE tool_calls (call_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, agent_id TEXT NOT NULL, server_id TEXT NOT NULL, tool_name TEXT NOT NULL, arguments TEXT NOT NULL, price_micro INTEGER NOT NULL, charged_micro INTEGER, elapsed_ms INTEGER, outcome TEXT, reason TEXT, result TEXT) WITHOUT ROWID;
  CREATE INDEX tool_calls_agent ON tool_calls (agent_id, seq);
  `,
  `
  ALTER TABLE prompts ADD COLUMN ended_at_ms INTEGER;
  CREATE INDEX prompts_status ON prompts (status, bid_micro);
  CREATE INDEX prompts_human ON prompts (human_id, ended_at_ms);
  CREATE INDEX prompts_ended ON prompts (ended_at_ms);
  CREATE INDEX agents_parent ON agents (parent_id, created_at_ms);
  CREATE INDEX llm_calls_agent ON llm_calls (agent_id, minute);
  CREATE INDEX llm_calls_minute ON llm_calls (minute);
  CREATE TABLE turns (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, agent_id TEXT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL);
  CREATE INDEX turns_agent ON turns (agent_id, seq);
  `,
  MOVEMENTS_IN_PAGES,
  `CREATE INDEX agents_age ON agents (created_at_ms, agent_id);`,
]

export interface Tables {
  tool_calls: {
    call_id: string
    seq: number
    at_ms: number
    agent_id: string
    server_id: string
    tool_name: string
    arguments: string
    price_micro: number
    charged_micro: number | null
    elapsed_ms: number | null
    outcome: 'answered' | 'failed' | null
    reason: string | null
    result: string | null
  }
  orders: { seq: number; at_ms: number; ordered_by: string; action: string; agent_id: string | null; reason: string; details: string }
  batches: { number: number; first_seq: number; last_seq: number; at_ms: number; commands: string; events: string; previous_hash: string; hash: string }
  snapshots: { number: number; state: string }
  command_ids: { owner: string; id: string; number: number }
  postings: {
    entry_id: number
    seq: number
    at_ms: number
    asset: string
    debit: string
    credit: string
    amount: number
    purpose: string
    cause_id: string
    transfer_id: string
    traceparent: string
  }
  /** Movements of credits in the order of their numbers; see PageLine. */
  movement_pages: { first_number: number; movements: string }
  /** Where a party stood after some of its movements. */
  movement_marks: { party: string; number: number; seq: number; balance_micro: number; held_micro: number }
  /** What a party (an agent, `mint`, `burn`) has, how many movements it was in, and the number of the last. */
  holdings: { party: string; balance_micro: number; held_micro: number; movements: number; last_number: number }
  agents: {
    agent_id: string
    name: string
    parent_id: string | null
    lineage: string
    status: string
    status_reason: string
    created_at_ms: number
    windows: number
    earned_micro: number
  }
  prices: {
    seq: number
    at_ms: number
    resource: string
    old_price_micro_per_s: number
    new_price_micro_per_s: number
    utilisation_ppm: number
    reason: string
  }
  clearings: { seq: number; at_ms: number; clearing_id: string; certificate: string }
  receipts: { lease_id: string; seq: number; at_ms: number; agent_id: string; receipt: string }
  prompts: {
    prompt_id: string
    seq: number
    agent_id: string
    content: string
    bid_micro: number
    filed_at_ms: number
    deadline_at_ms: number
    /** Null while it is open, and for one that ended before this was kept. */
    ended_at_ms: number | null
    status: string
    scores: string | null
    reason: string | null
    credits_awarded_micro: number | null
    human_id: string | null
  }
  messages: { message_id: string; seq: number; at_ms: number; kind: string; from_agent: string; to_agent: string; body: string }
  invocations: { invocation_id: string; seq: number; body: string; result: string | null }
  llm_calls: {
    number: number
    seq: number
    at_ms: number
    minute: number
    agent_id: string
    key_id: string | null
    lease_id: string | null
    model: string
    upstream_id: string
    price: string
    bound_micro_usd: number
    cost_micro_usd: number | null
    overrun_micro_usd: number
    estimated: number
    finish: string | null
    input_tokens: number | null
    output_tokens: number | null
  }
  /** Turns in the lives of agents, and bids that came to nothing: what answers “why”. */
  turns: { seq: number; at_ms: number; agent_id: string; type: string; data: string }
  services: { agent_id: string; service_name: string; cost_micro: number; payment: string; specification: string }
}
