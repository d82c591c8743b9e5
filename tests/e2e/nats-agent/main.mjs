import { renameSync, writeFileSync } from 'node:fs'

const token = process.env.SYSTEM_SERVICE_TOKEN
const answer = await fetch(`${process.env.SYSTEM_SERVICE_URL}/execution/nats`, { headers: { authorization: `Bearer ${token}` }, method: 'POST' })
writeFileSync('left.tmp', JSON.stringify({ nats: await answer.json(), token }))
renameSync('left.tmp', 'left.json')
await new Promise((done) => setTimeout(done, 600_000))
