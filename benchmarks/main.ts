await import('./kernel.ts')
await import('./clearing.ts')
await import('./http.ts')
await import('./simulation.ts')
