await import('./kernel.ts')
await import('./clearing.ts')
