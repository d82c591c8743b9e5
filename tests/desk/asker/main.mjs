// Asks the human one question, once.
import { connect } from '@syntropism/sdk/node'

const client = connect()
const { agent_id } = await client.self()
if ((await client.prompts()).length === 0)
  await client.prompt({ report: 'A report of one line.', title: `Question of ${agent_id}` }, agent_id === 'rich' ? 50_000_000 : 5_000_000)
