import { mkdtempSync } from 'node:fs'
import { closeClient, inTurn, latencyOf } from './client.ts'
import { startGateway, startScript, stop } from './servers.ts'
const folder = mkdtempSync('/dev/shm/dbg-')
const stub = await startScript('stub.ts')
const gateway = await startGateway(folder, stub.url)
for (const stream of [false, true]) {
  await inTurn([gateway.target], stream, 500)
  console.log(stream, latencyOf((await inTurn([gateway.target], stream, 4000))[0]!))
}
closeClient()
await stop(gateway)
await stop(stub)
