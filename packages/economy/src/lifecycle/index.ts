export { checkCreateAgent, checkSpawn, closeAgent, createAgent, reconcileAgent, spawn } from './lifecycle.ts'
