await import('./kernel.ts')
await import('./clearing.ts')
await import('./http.ts')
const parts: readonly { main(): Promise<void> | void }[] = [
  await import('./mechanisms.ts'),
  await import('./simulation.ts'),
  await import('./market.ts'),
  await import('./memory.ts'),
  await import('./sweep.ts'),
]
for (const part of parts) await part.main()
