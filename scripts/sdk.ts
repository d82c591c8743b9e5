// Writes what the clients take from the OpenAPI document: npm run sdk. Types in TypeScript and Python, methods in Python.
import { readFileSync, writeFileSync } from 'node:fs'
import { openApiDocument } from './openapi.ts'
import { agentOperations } from './sdk/operations.ts'
import { pythonMethods, pythonShapes } from './sdk/python.ts'
import { typescriptShapes } from './sdk/typescript.ts'

const ROOT = new URL('../', import.meta.url)

async function writtenFiles(): Promise<Record<string, string>> {
  const document = await openApiDocument()
  const operations = agentOperations(document)
  return {
    'packages/sdk/src/shapes.ts': typescriptShapes(document, operations),
    'sdk-python/src/syntropism/_async_operations.py': pythonMethods(document, operations, 'async'),
    'sdk-python/src/syntropism/_operations.py': pythonMethods(document, operations, 'sync'),
    'sdk-python/src/syntropism/shapes.py': pythonShapes(document, operations),
  }
}

/** Names of files that are not what the document says now. */
export const staleClientFiles = async (): Promise<string[]> =>
  Object.entries(await writtenFiles()).flatMap(([name, text]) => (readFileSync(new URL(name, ROOT), 'utf8') === text ? [] : [name]))

if (import.meta.main) for (const [name, text] of Object.entries(await writtenFiles())) writeFileSync(new URL(name, ROOT), text)
